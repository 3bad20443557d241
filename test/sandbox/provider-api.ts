import type { FastifyInstance, FastifyRequest } from 'fastify';
import { answeringWith } from './answering.js';
import { isAuthorized, isKeyAndSecret, type Account } from './credentials.js';
import { readMessagesApi, readSmsApi, type MessageRequest } from './message-request.js';
import { sendMessage, type NetworkDeps } from './network.js';
import { invalidParameters, refusedNumber, unauthorized, type Answer } from './problems.js';

export interface ProviderDeps extends NetworkDeps {
  readonly account: Account;
}

/** The two ways in which Vonage takes an SMS: the Messages API and the older SMS API. */
export function serveProvider(app: FastifyInstance, deps: ProviderDeps): void {
  const answering = (handler: (deps: ProviderDeps, request: FastifyRequest) => Promise<Answer>) =>
    answeringWith(deps.misbehaviour, (request) => handler(deps, request));
  app.post('/v1/messages', answering(messagesApi));
  app.post('/sms/json', answering(smsApi));
}

async function messagesApi(deps: ProviderDeps, request: FastifyRequest): Promise<Answer> {
  if (!(await isAuthorized(request.headers.authorization, deps.account))) return unauthorized();
  const read = readMessagesApi(request.body);
  if ('invalid' in read) return invalidParameters(read.invalid);
  const sent = sendMessage(deps, read.request);
  return sent === 'refused' ? refusedNumber() : { status: 202, body: { message_uuid: sent.id } };
}

/** Status codes of the SMS API, which come with HTTP status 200. */
const smsStatus = { invalidParameters: '3', invalidCredentials: '4', invalidMessage: '6' } as const;

async function smsApi(deps: ProviderDeps, request: FastifyRequest): Promise<Answer> {
  if (!(await mayUseSmsApi(request, deps.account))) return smsFailure(smsStatus.invalidCredentials, 'Bad Credentials');
  const read = readSmsApi(request.body);
  if ('invalid' in read)
    return smsFailure(
      smsStatus.invalidParameters,
      `Invalid value for ${read.invalid.map(({ name }) => name).join(', ')}`,
    );
  const sent = sendMessage(deps, read.request);
  if (sent === 'refused') return smsFailure(smsStatus.invalidMessage, 'Unroutable message - rejected');
  return smsSuccess(read.request, sent.id, sent.segments);
}

async function mayUseSmsApi(request: FastifyRequest, account: Account): Promise<boolean> {
  if (request.headers.authorization !== undefined) return isAuthorized(request.headers.authorization, account);
  const { api_key: key, api_secret: secret } = (request.body ?? {}) as Readonly<Record<string, unknown>>;
  return isKeyAndSecret(`${String(key)}:${String(secret)}`, account);
}

const smsFailure = (status: string, text: string): Answer => ({
  status: 200,
  body: { 'message-count': '1', messages: [{ status, 'error-text': text }] },
});

/** One entry per segment, as each is a message of its own to the SMS API; the first has the id that was made here. */
const smsSuccess = ({ to, clientRef }: MessageRequest, id: string, segments: number): Answer => ({
  status: 200,
  body: {
    'message-count': String(segments),
    messages: Array.from({ length: segments }, (_, index) => ({
      to,
      'message-id': index === 0 ? id : `${id}-${index + 1}`,
      status: '0',
      'remaining-balance': '100.00000000',
      'message-price': '0.03330000',
      network: '00101',
      ...(clientRef !== undefined && { 'client-ref': clientRef }),
    })),
  },
});
