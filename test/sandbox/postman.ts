import { randomUUID } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import type { Misbehaviour, Outcome } from './behaviour.js';
import {
  receiptAuthorization,
  receiptBody,
  statusesOf,
  type Signer,
  type Status,
  type TakenMessage,
} from './receipt.js';

export interface RetryPlan {
  /** Milliseconds before the second attempt; doubled for each further one. */
  readonly firstMs: number;
  readonly longestMs: number;
  readonly attempts: number;
}

interface PostmanOptions {
  readonly signer: Signer;
  readonly misbehaviour: Misbehaviour;
  readonly retry: RetryPlan;
  readonly clock: () => number;
  /** PEM; who certifies the receiver's TLS key. The system's own list when absent. */
  readonly ca?: string | undefined;
}

/** A receiver that has not answered by then is tried again. */
const answerWithin = 5_000;
/** Receipts under way at once; more are dropped, as a test that makes so many looks at none. */
const mostReceipts = 50_000;

/** Posts delivery receipts, and posts each again until it is answered with 2xx. */
export class Postman {
  private readonly stopping = new AbortController();
  private underway = 0;

  constructor(private readonly options: PostmanOptions) {}

  /** Reports what becomes of a message. First attempts keep their order; a receipt that has to be repeated does not hold up the next. */
  report(message: TakenMessage, outcome: Outcome, url: string): void {
    const { reverse, duplicate } = this.options.misbehaviour.now.receipts;
    const statuses = reverse ? [...statusesOf(outcome)].reverse() : statusesOf(outcome);
    if (this.underway + statuses.length > mostReceipts) return;
    void this.whileRunning(async () => {
      for (const status of statuses) {
        const body = receiptBody(message, status satisfies Status, this.options.clock());
        for (let copy = 0; copy < (duplicate ? 2 : 1); copy += 1) {
          await this.waitMs(this.options.misbehaviour.now.receipts.delayMs);
          if (!(await this.post(url, body))) void this.whileRunning(() => this.repeat(url, body));
        }
      }
    });
  }

  /** Forgets every receipt that has not arrived. */
  stop(): void {
    this.stopping.abort();
  }

  private async repeat(url: string, body: string): Promise<void> {
    const { attempts, firstMs, longestMs } = this.options.retry;
    for (let attempt = 1; attempt < attempts; attempt += 1) {
      await this.waitMs(Math.min(firstMs * 2 ** (attempt - 1), longestMs));
      if (await this.post(url, body)) return;
    }
  }

  /** A stop ends the work wherever it waits. */
  private async whileRunning(work: () => Promise<void>): Promise<void> {
    this.underway += 1;
    try {
      await work();
    } catch (error) {
      if (!this.stopping.signal.aborted) throw error;
    } finally {
      this.underway -= 1;
    }
  }

  private async waitMs(milliseconds: number): Promise<void> {
    if (milliseconds > 0) await pause(milliseconds, undefined, { signal: this.stopping.signal });
    this.stopping.signal.throwIfAborted();
  }

  private async post(url: string, body: string): Promise<boolean> {
    const { signer, misbehaviour, clock, ca } = this.options;
    const { signature } = misbehaviour.now.receipts;
    const authorization = await receiptAuthorization(body, signer, signature, clock(), randomUUID());
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'Callbook-sandbox',
      ...(authorization !== undefined && { authorization }),
    };
    const status = await statusOfPost(url, headers, body, ca, this.stopping.signal);
    return status >= 200 && status < 300;
  }
}

/** The answer's status; 0 when there was none. Redirects are not followed. */
const statusOfPost = (
  url: string,
  headers: Readonly<Record<string, string | number>>,
  body: string,
  ca: string | undefined,
  signal: AbortSignal,
): Promise<number> =>
  new Promise((resolve) => {
    const options = { method: 'POST', headers, signal, timeout: answerWithin };
    const request = url.startsWith('https:')
      ? requestHttps(url, { ...options, ...(ca !== undefined && { ca }) })
      : requestHttp(url, options);
    request.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(0));
    request.on('close', () => resolve(0));
    request.end(body);
  });
