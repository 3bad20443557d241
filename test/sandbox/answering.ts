import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Fault, Misbehaviour } from './behaviour.js';
import { platformError, throttled, type Answer } from './problems.js';

/** Answers as the handler says, unless a fault is due: then instead of the handler, or instead of its answer. */
export const answeringWith =
  (misbehaviour: Misbehaviour, handler: (request: FastifyRequest) => Promise<Answer>) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const fault = misbehaviour.takeFault();
    if (fault?.when === 'before') return misbehave(fault, request, reply);
    const answer = await handler(request);
    const { delayMs } = misbehaviour.now;
    if (delayMs > 0) await pause(delayMs, undefined, { ref: false });
    return fault ? misbehave(fault, request, reply) : send(reply, answer);
  };

function misbehave(fault: Fault, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  switch (fault.answer) {
    case 'timeout':
      // The socket stays open and silent; the client closes it, or the sandbox does when it stops.
      return reply.hijack();
    case 'reset':
      reply.hijack();
      request.raw.socket.resetAndDestroy();
      return reply;
    case 429:
      return send(reply, throttled(fault.retryAfter));
    default:
      return send(reply, platformError(fault.answer, fault.retryAfter));
  }
}

export const send = (reply: FastifyReply, answer: Answer): FastifyReply =>
  reply
    .code(answer.status)
    .headers({ 'content-type': 'application/json', ...answer.headers })
    .send(JSON.stringify(answer.body));
