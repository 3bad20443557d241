import { randomUUID } from 'node:crypto';

/** What a handler answers; how it is sent, or not sent, is for `answering.ts`. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface InvalidParameter {
  readonly name: string;
  readonly reason: string;
}

/** Where Vonage documents its error codes: generic ones by name, those of the Messages API by number. */
const documentation = 'https://developer.vonage.com/api-errors';

/** RFC 7807 as Vonage writes it: without a `status` member, `instance` being a trace id. */
const problem = (
  status: number,
  code: string,
  title: string,
  detail: string,
  more: Readonly<Record<string, unknown>> = {},
): Answer => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: {
    type: documentation + code,
    title,
    detail,
    instance: randomUUID().replaceAll('-', ''),
    ...more,
  },
});

export const unauthorized = (): Answer =>
  problem(401, '#unauthorized', 'Unauthorized', 'You did not provide correct credentials.');

export const invalidParameters = (invalid: readonly InvalidParameter[]): Answer =>
  problem(422, '/messages#1150', 'Invalid params', 'The value of one or more parameters is invalid.', {
    invalid_parameters: invalid,
  });

export const invalidJson = (): Answer =>
  problem(400, '#invalid-json', 'Invalid JSON', 'Your request body could not be parsed as JSON.');

export const refusedNumber = (): Answer =>
  problem(422, '/messages#1170', 'Invalid or Missing MSISDN Param', 'The phone number is missing or invalid.');

export const throttled = (retryAfter?: number): Answer =>
  withRetryAfter(
    problem(
      429,
      '/messages#1000',
      'Throttled',
      'You have exceeded the submission capacity allowed on this account. Please wait and retry.',
    ),
    retryAfter,
  );

export const platformError = (status: number, retryAfter?: number): Answer =>
  withRetryAfter(
    problem(status, '/messages#1030', 'Internal error', 'There was an error processing your request in the platform.'),
    retryAfter,
  );

const withRetryAfter = (answer: Answer, seconds: number | undefined): Answer =>
  seconds === undefined ? answer : { ...answer, headers: { ...answer.headers, 'retry-after': String(seconds) } };

/** The `error` member of a delivery receipt. */
export const receiptError = (code: number, detail: string) => ({
  type: `${documentation}/messages#${code}`,
  title: String(code),
  detail,
  instance: randomUUID().replaceAll('-', ''),
});
