import { Agent, fetch } from 'undici';
import type { Fetch } from './directory.js';

/** A fetch that trusts this certificate authority (PEM) in place of the system's; for directories with a certificate of their own. */
export function fetchTrusting(ca: string | undefined): Fetch {
  const dispatcher = new Agent({ connect: ca === undefined ? {} : { ca } });
  return (url, init = {}) => fetch(url, { ...init, dispatcher });
}
