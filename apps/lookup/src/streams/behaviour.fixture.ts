import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StreamLimits } from './connections.js';
import type { ConversationDeps } from './conversation.js';
import type { StreamTransport } from './listener.js';
import { framed, query, repeatingResponder, type RecordedResponder, type StreamClient } from './stream.fixture.js';
import type { Transfer } from './transfers.js';

/** What is the same on TCP and TLS. */
export interface StreamKind {
  readonly carrier: 'tcp' | 'tls';
  readonly start: (deps: ConversationDeps, limits: StreamLimits) => StreamTransport;
  readonly open: (port: number) => Promise<StreamClient>;
}

const roomy: StreamLimits = { connections: 100, connectionsPerClient: 100, idle: 20_000 };
const id = (message: Uint8Array) => (message[0]! << 8) | message[1]!;
const many = (count: number, name = 'name.callbook.example') =>
  Array.from({ length: count }, (_, i) => framed(query(i, name)));

export const streamBehaviour = ({ carrier, start, open }: StreamKind) =>
  describe(`DNS over ${carrier}`, () => {
    let responder: RecordedResponder;
    let transport: StreamTransport;
    let clients: StreamClient[];

    beforeEach(() => {
      responder = repeatingResponder();
      clients = [];
    });
    afterEach(async () => {
      for (const client of clients) client.socket.destroy();
      await transport.stop();
    });
    const serve = async (limits: Partial<StreamLimits> = {}, transfer?: Transfer) => {
      transport = start({ responder, transfer }, { ...roomy, ...limits });
      await transport.start();
    };
    const client = async () => {
      const opened = await open(transport.port);
      clients.push(opened);
      return opened;
    };

    it('answers a query, and knows who asked', async () => {
      await serve();
      const asker = await client();
      asker.send(framed(query(7, 'name.callbook.example')));
      const [answer] = await asker.answers(1);
      expect(id(answer!)).toBe(7);
      expect(responder.client).toEqual({ carrier, address: '7f000001' });
    });

    it('answers thousands of queries of one connection, each once and in turn', async () => {
      await serve();
      const asker = await client();
      asker.send(...many(5_000));
      expect((await asker.answers(5_000)).map(id)).toEqual(Array.from({ length: 5_000 }, (_, i) => i));
    });

    it('reads the same however the octets are cut', async () => {
      await serve();
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 }),
          fc.array(fc.constantFrom('a', 'name.callbook.example', 'x'.repeat(60)), { minLength: 1, maxLength: 8 }),
          async (cuts, names) => {
            const asker = await client();
            const stream = Buffer.concat(names.map((name, i) => framed(query(i, name))));
            let at = 0;
            for (let i = 0; at < stream.length; i++) {
              const end = at + cuts[i % cuts.length]!;
              await new Promise((written) => asker.socket.write(stream.subarray(at, end), written));
              at = end;
            }
            expect((await asker.answers(names.length)).map(id)).toEqual(names.map((_, i) => i));
            asker.socket.destroy();
          },
        ),
        { numRuns: 15 },
      );
    });

    it('takes a query of 65,535 octets that comes in small pieces', async () => {
      await serve();
      const asker = await client();
      const largest = framed(
        Buffer.concat([query(9, 'name.callbook.example'), Buffer.alloc(65_535)]).subarray(0, 65_535),
      );
      for (let at = 0; at < largest.length; at += 500) asker.socket.write(largest.subarray(at, at + 500));
      const [answer] = await asker.answers(1);
      expect([id(answer!), answer!.length]).toEqual([9, 65_535]);
    });

    it('says nothing to messages of no length, too short ones and answers, and goes on', async () => {
      await serve();
      const asker = await client();
      const answer = query(2, 'name.callbook.example');
      answer[2] = 0x80;
      asker.send(framed(Buffer.alloc(0)), framed(Buffer.alloc(11)), framed(answer), Buffer.alloc(20));
      asker.send(framed(query(3, 'name.callbook.example')));
      expect((await asker.answers(1)).map(id)).toEqual([3]);
    });

    it('still answers a client that has said all it asks, also when that takes more than a turn', async () => {
      await serve();
      responder.takes = 0.1;
      const asker = await client();
      asker.send(...many(300));
      asker.socket.end();
      await asker.until(() => asker.ended);
      expect(asker.messages.length).toBe(300);
    });

    it('does not answer further ahead than a client reads, and goes on when it does', async () => {
      await serve();
      const asker = await client();
      asker.socket.pause();
      const total = 1_000; // 60 MB of answers: more than the buffers of any system take
      asker.send(...many(total, 'large.callbook.example'));
      await settled(() => responder.answered);
      expect(responder.answered).toBeLessThan(total);
      const other = await client();
      other.send(framed(query(1, 'name.callbook.example')));
      await other.answers(1);
      asker.socket.resume();
      expect((await asker.answers(total)).map(id)).toEqual(Array.from({ length: total }, (_, i) => i));
    });

    it('lets others have their turn while one asks without end', async () => {
      await serve();
      responder.takes = 0.5;
      const greedy = await client();
      const polite = await client();
      greedy.send(...many(2_000));
      await greedy.answers(1);
      polite.send(framed(query(1, 'name.callbook.example')));
      await polite.answers(1);
      expect(greedy.messages.length).toBeLessThan(2_000);
    });

    it('closes a connection that asks nothing whole in its time, whatever it dribbles', async () => {
      await serve({ idle: 200 });
      const silent = await client();
      const slow = await client();
      const dribble = setInterval(() => slow.socket.write(Buffer.from([0])), 20);
      await Promise.all([silent.untilClosed(), slow.untilClosed()]);
      clearInterval(dribble);
    });

    it('closes a connection whose client does not take its answers', async () => {
      await serve({ idle: 300 });
      const asker = await client();
      asker.socket.pause();
      asker.send(...many(2_000, 'large.callbook.example'));
      await settled(() => responder.answered);
      // Nothing is read here, so that only a further write tells: it fails on a connection that is gone.
      const knock = setInterval(() => asker.socket.write(Buffer.from([0])), 20);
      await asker.untilClosed();
      clearInterval(knock);
      expect(responder.answered).toBeLessThan(2_000);
    });

    it('makes room by closing the one that was idle longest', async () => {
      await serve({ connections: 3 });
      const [first, second, third] = [await client(), await client(), await client()];
      for (const each of [second, first, third]) {
        each!.send(framed(query(1, 'name.callbook.example')));
        await each!.answers(1);
      }
      const fourth = await client();
      fourth.send(framed(query(4, 'name.callbook.example')));
      await fourth.answers(1);
      await second!.untilClosed();
      first!.send(framed(query(5, 'name.callbook.example')));
      await first!.answers(2);
      expect([first!.ended, third!.ended]).toEqual([false, false]);
    });

    it('gives one client no more than its share, and makes room among its own', async () => {
      await serve({ connectionsPerClient: 2 });
      const [first, second] = [await client(), await client()];
      first.send(framed(query(1, 'name.callbook.example')));
      await first.answers(1);
      const third = await client();
      await second.untilClosed();
      third.send(framed(query(3, 'name.callbook.example')));
      await third.answers(1);
    });

    it('lives on when clients are gone in the middle of anything', async () => {
      await serve();
      for (let i = 0; i < 50; i++) {
        const gone = await client();
        gone.send(...many(20, 'large.callbook.example'), Buffer.from([0, 90, 1]).subarray(0, i % 4));
        gone.reset();
      }
      const asker = await client();
      asker.send(framed(query(1, 'name.callbook.example')));
      await asker.answers(1);
    });

    it('closes every connection when it stops', async () => {
      await serve();
      const asker = await client();
      asker.send(framed(query(1, 'name.callbook.example')));
      await asker.answers(1);
      await transport.stop();
      await asker.untilClosed();
      await transport.start();
    });

    describe('a transfer', () => {
      const typeAxfr = 252;
      const part = (at: number) => {
        const message = query(at, 'part.callbook.example');
        message[2] = 0x80;
        return message;
      };

      it('is told message by message, between the answers to what was asked before and behind it', async () => {
        await serve({}, () =>
          (async function* () {
            for (let i = 100; i < 103; i++) {
              await new Promise((resolve) => setImmediate(resolve));
              yield part(i);
            }
          })(),
        );
        const asker = await client();
        asker.send(framed(query(1, 'a')), framed(query(2, 'zone.example', typeAxfr)), framed(query(3, 'b')));
        expect((await asker.answers(5)).map(id)).toEqual([1, 100, 101, 102, 3]);
      });

      it('is asked for by its type, by an opcode that is not QUERY, and by a signature; nothing else is handed on', async () => {
        const asked: number[] = [];
        await serve({}, (octets) => void asked.push(id(octets)));
        const notify = query(4, 'zone.example');
        notify[2] = 0x20;
        const withOpt = Buffer.concat([query(5, 'a'), Buffer.from([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0])]);
        withOpt[11] = 1;
        const signed = Buffer.concat([
          query(6, 'a'),
          Buffer.from([3, 107, 101, 121, 0, 0, 250, 0, 255, 0, 0, 0, 0, 0, 0]),
        ]);
        signed[11] = 1;
        const asker = await client();
        const queries = [query(1, 'a'), query(2, 'a', typeAxfr), query(3, 'a', 251), notify, withOpt, signed];
        asker.send(...queries.map(framed));
        expect((await asker.answers(6)).map(id)).toEqual([1, 2, 3, 4, 5, 6]);
        expect(asked).toEqual([2, 3, 4, 6]);
      });

      it('goes no faster than the client takes it, and ends with the client', async () => {
        let made = 0;
        let over = false;
        let signal: AbortSignal | undefined;
        await serve({}, (_query, _client, session) => {
          signal = session.signal;
          return (async function* () {
            try {
              for (; ; made++) yield Buffer.alloc(60_000);
            } finally {
              over = true;
            }
          })();
        });
        const asker = await client();
        asker.socket.pause();
        asker.send(framed(query(2, 'zone.example', typeAxfr)));
        await settled(() => made);
        asker.socket.destroy();
        await reached(() => over && signal?.aborted === true);
      });

      it('that cannot be told to its end is cut, so that nobody takes it for whole', async () => {
        await serve({}, () =>
          (async function* () {
            yield part(1);
            throw new Error('a fault');
          })(),
        );
        const asker = await client();
        asker.send(framed(query(2, 'zone.example', typeAxfr)));
        await asker.untilClosed();
        expect(asker.messages.length).toBeLessThanOrEqual(1);
      });

      it('knows whether it is encrypted, and how', async () => {
        const sessions: unknown[] = [];
        await serve({}, (_query, _client, { encrypted, tlsVersion }) => void sessions.push({ encrypted, tlsVersion }));
        const asker = await client();
        asker.send(framed(query(2, 'zone.example', typeAxfr)));
        await asker.answers(1);
        expect(sessions).toEqual([
          carrier === 'tls' ? { encrypted: true, tlsVersion: 'TLSv1.3' } : { encrypted: false },
        ]);
      });
    });
  });

/** Until a number has not changed for a while: what is held back by somebody has come to a stop. */
export async function settled(read: () => number): Promise<void> {
  for (let last = -1, since = performance.now(); performance.now() - since < 250 || last <= 0;) {
    if (read() !== last) [last, since] = [read(), performance.now()];
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Until it is so; the test's own time ends the wait. */
export async function reached(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
