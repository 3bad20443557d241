import { Agent, fetch } from 'undici';
import type { Fetch } from './directory.js';

/** Milliseconds. A directory may keep a request waiting for ten seconds (`Prefer: wait`), and for the time of a few remote calls. */
const answerWithin = 30_000;
const connectWithin = 5_000;

/** A fetch that trusts this certificate authority (PEM) in place of the system's; for directories with a certificate of their own. Gives up after half a minute. */
export function fetchTrusting(ca: string | undefined): Fetch {
  const dispatcher = new Agent({
    connect: { timeout: connectWithin, ...(ca !== undefined && { ca }) },
    headersTimeout: answerWithin,
    bodyTimeout: answerWithin,
  });
  return (url, init = {}) => fetch(url, { ...init, dispatcher });
}
