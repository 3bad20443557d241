import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addressOctets, clientAt } from './client.js';
import { Connections } from './connections.js';

const at = (address: string) => addressOctets(address);

describe('connections', () => {
  let time = 0;
  let closed: string[];
  let connections: Connections;

  beforeEach(() => {
    vi.useFakeTimers();
    time = 0;
    closed = [];
  });
  afterEach(() => {
    connections.closeAll();
    vi.useRealTimers();
  });
  const limited = (limits: { connections?: number; connectionsPerClient?: number; idle?: number }) => {
    connections = new Connections({ connections: 10, connectionsPerClient: 10, idle: 100, ...limits }, () => time);
  };
  const admit = (name: string, address = '192.0.2.1') => connections.admit(at(address), () => closed.push(name));
  const pass = (milliseconds: number) => {
    for (; milliseconds > 0; milliseconds--) {
      time += 1;
      vi.advanceTimersByTime(1);
    }
  };

  it('are closed when they were idle for so long, and not before', () => {
    limited({ idle: 100 });
    admit('a');
    pass(60);
    admit('b');
    pass(39);
    expect(closed).toEqual([]);
    pass(1);
    expect(closed).toEqual(['a']);
    pass(60);
    expect(closed).toEqual(['a', 'b']);
    expect(connections.size).toBe(0);
  });

  it('stay open for as long as they are used', () => {
    limited({ idle: 100 });
    const a = admit('a');
    admit('b');
    for (let i = 0; i < 20; i++) {
      pass(99);
      a.touch();
    }
    expect(closed).toEqual(['b']);
  });

  it('make room for a new one: first the one that was idle longest', () => {
    limited({ connections: 3 });
    const [a, b] = [admit('a'), admit('b'), admit('c')];
    pass(1);
    a!.touch();
    b!.touch();
    admit('d');
    admit('e');
    expect(closed).toEqual(['c', 'a']);
    expect(connections.size).toBe(3);
  });

  it('of one client make room among themselves: an IPv4 address, or an IPv6 /64', () => {
    limited({ connectionsPerClient: 2 });
    admit('other', '192.0.2.2');
    admit('a');
    admit('b');
    admit('c');
    expect(closed).toEqual(['a']);
    admit('six', '2001:db8:1:2::1');
    admit('seven', '2001:db8:1:2:ffff::1');
    admit('next', '2001:db8:1:3::1');
    admit('eight', '2001:db8:1:2::8');
    expect(closed).toEqual(['a', 'six']);
  });

  it('that were closed are forgotten, and closed again by nobody', () => {
    limited({ connectionsPerClient: 1 });
    const a = admit('a');
    a.remove();
    a.remove();
    a.touch();
    admit('b');
    expect([closed, connections.size]).toEqual([[], 1]);
    connections.closeAll();
    expect([closed, connections.size]).toEqual([['b'], 0]);
    pass(1_000);
    expect(closed).toEqual(['b']);
  });

  it('keep to their limits whatever happens, and close nobody who was used more lately than one who stays', () => {
    const action = fc.record({
      do: fc.constantFrom('admit', 'admit', 'touch', 'remove', 'wait'),
      which: fc.nat(30),
      client: fc.nat(3),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 100 }), (actions) => {
        limited({ connections: 6, connectionsPerClient: 3, idle: 1_000 });
        const open = new Map<number, { client: number; usedAt: number; handle: ReturnType<typeof admit> }>();
        actions.forEach((each, number) => {
          time += 1;
          const [chosen, entry] = [...open][each.which % Math.max(open.size, 1)] ?? [];
          if (each.do === 'admit') {
            const gone: number[] = [];
            const handle = connections.admit(at(`192.0.2.${each.client}`), () => gone.push(number));
            const same = [...open].filter(([, { client }]) => client === each.client);
            const rivals = same.length >= 3 ? same : open.size >= 6 ? [...open] : [];
            if (rivals.length > 0) open.delete(rivals.sort(([, a], [, b]) => a.usedAt - b.usedAt)[0]![0]);
            open.set(number, { client: each.client, usedAt: time, handle });
            expect(gone).toEqual([]);
          } else if (entry && each.do === 'touch') {
            entry.handle.touch();
            entry.usedAt = time;
          } else if (entry && each.do === 'remove') {
            entry.handle.remove();
            open.delete(chosen!);
          }
          expect(connections.size).toBe(open.size);
        });
        connections.closeAll();
      }),
    );
  });
});

describe('the address of a client', () => {
  it.each([
    ['192.0.2.200', 'c00002c8'],
    ['::ffff:192.0.2.200', 'c00002c8'],
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['2001:db8::', '20010db8000000000000000000000000'],
    ['2001:db8:0:1:59de:d0f4:8769:82b8', '20010db80000000159ded0f4876982b8'],
    ['fe80::1:2%eth0', 'fe800000000000000000000000010002'],
  ])('%s', (text, octets) => {
    expect(Buffer.from(addressOctets(text)).toString('hex')).toBe(octets);
    expect(clientAt(text, 'tcp').addressLength).toBe(octets.length / 2);
  });

  it('of a socket that is gone is nobody', () => {
    expect(addressOctets('')).toEqual(new Uint8Array(4));
  });
});
