import { compareOctets, Name, naptr, RRType } from '@callbook/dns';
import type { Naptr, RRset } from '@callbook/dns';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseE164 } from './e164.js';
import { naptrSet, routesOf } from './naptr-set.js';
import { nodeOf } from './node.js';
import { refusal } from './refusal.js';
import type { Route } from './route.js';

const alice = parseE164('+447700900123');
const node = nodeOf(alice, Name.parse('e164.callbook.example'));
const sip: Route = { service: 'E2U+sip', uri: 'sip:alice@example.net', order: 100, preference: 10 };
const mail: Route = { service: 'E2U+email:mailto', uri: 'mailto:alice@example.net', order: 100, preference: 20 };
const web: Route = { service: 'E2U+web:https', uri: 'https://www.example.net/alice!', order: 50, preference: 65_535 };

describe('the NAPTR set of a number', () => {
  it('reads as DNS people write it, first the record to try first', () => {
    const set = naptrSet(node, [mail, sip, web], 300);
    expect(set).toMatchObject({ name: node, type: RRType.NAPTR, class: 1, ttl: 300 });
    expect(set.rdatas.map((rdata) => naptr.writeText(naptr.read(rdata)))).toEqual([
      '50 65535 "u" "E2U+web:https" "|^.*$|https://www.example.net/alice!|" .',
      '100 10 "u" "E2U+sip" "!^.*$!sip:alice@example.net!" .',
      '100 20 "u" "E2U+email:mailto" "!^.*$!mailto:alice@example.net!" .',
    ]);
  });

  it('is the same octets in whatever order the routes came, and in canonical order', () => {
    const routes = [mail, sip, web, { ...sip, uri: 'sip:bob@example.net' }];
    fc.assert(
      fc.property(fc.shuffledSubarray(routes, { minLength: routes.length }), (shuffled) => {
        const { rdatas } = naptrSet(node, shuffled, 300);
        expect(rdatas).toEqual(naptrSet(node, routes, 300).rdatas);
        expect([...rdatas].sort(compareOctets)).toEqual(rdatas);
      }),
    );
  });

  it('leads a client back to the routes', () => {
    const user = fc.stringMatching(/^[A-Za-z0-9!.&=+$,;_~*'()-]{1,30}$/);
    const routes = fc.uniqueArray(
      fc.record({
        service: fc.constantFrom('E2U+sip', 'E2U+unifmsg:sip'),
        uri: user.map((name) => `sip:${name}@example.net`),
        order: fc.nat(65_535),
        preference: fc.nat(65_535),
      }),
      { selector: ({ service, uri }) => `${service} ${uri}`, minLength: 1, maxLength: 16 },
    );
    fc.assert(
      fc.property(routes, (published) => {
        const found = routesOf(naptrSet(node, published, 300), alice);
        expect(found).toHaveLength(published.length);
        expect(found).toEqual(expect.arrayContaining(published));
        for (const [index, route] of found.slice(1).entries())
          expect(route.order * 65_536 + route.preference).toBeGreaterThanOrEqual(
            found[index]!.order * 65_536 + found[index]!.preference,
          );
      }),
    );
  });

  it('is not made of no routes, of the same one twice, or of a bad one', () => {
    expect(refusal(() => naptrSet(node, [], 300))).toBe('ROUTE_NONE');
    expect(refusal(() => naptrSet(node, [sip, { ...sip, preference: 20 }], 300))).toBe('ROUTE_DUPLICATE');
    expect(refusal(() => naptrSet(node, [sip, { ...sip, uri: 'mailto:a@example.net' }], 300))).toBe(
      'ROUTE_URI_MISMATCH',
    );
  });
});

describe('what an ENUM client makes of a record', () => {
  const rule: Naptr = {
    order: 100,
    preference: 10,
    flags: 'u',
    services: 'E2U+sip',
    regexp: '!^.*$!sip:alice@example.net!',
    replacement: Name.root,
  };
  const setOf = (...rules: Partial<Naptr>[]): RRset => ({
    name: node,
    type: RRType.NAPTR,
    class: 1,
    ttl: 300,
    rdatas: rules.map((changed) => naptr.write({ ...rule, ...changed })),
  });
  const uriOf = (changed: Partial<Naptr>) => routesOf(setOf(changed), alice)[0]?.uri;

  it.each([
    ['the number put in', '!^(.*)$!sip:\\1@example.net!', 'sip:+447700900123@example.net'],
    ['the digits put in', '!^\\+(.*)$!sip:\\1@example.net!', 'sip:447700900123@example.net'],
    ['a part of it', '!^\\+44(.{4})(.*)$!sip:\\2@example.net!', 'sip:900123@example.net'],
    ['its own number', '!^\\+447700900123$!sip:alice@example.net!', 'sip:alice@example.net'],
    ['a range', '!^\\+4477009001[0-9]{2}$!sip:desk@example.net!', 'sip:desk@example.net'],
    ['no anchors', '!.*!sip:alice@example.net!', 'sip:alice@example.net'],
    ['one choice of two', '!^\\+1.*$|^\\+44.*$!sip:alice@example.net!', 'sip:alice@example.net'],
    ['letters of either case', '!^.*$!sip:alice@example.net!i', 'sip:alice@example.net'],
    ['another delimiter', '#^.*$#sip:alice@example.net#', 'sip:alice@example.net'],
    ['an escaped delimiter', '/^.*$/sip:a\\/b@example.net/', 'sip:a/b@example.net'],
  ])('a URI with %s', (_, regexp, uri) => {
    expect(uriOf({ regexp })).toBe(uri);
  });

  it.each([
    ['does not match', '!^\\+1.*$!sip:alice@example.net!'],
    ['is empty', ''],
    ['has no delimiters', '^.*$'],
    ['lacks its last delimiter', '!^.*$!sip:alice@example.net'],
    ['has a part too many', '!^.*$!sip:alice@example.net!!'],
    ['has unknown flags', '!^.*$!sip:alice@example.net!g'],
    ['has a digit for delimiter', '1^.*$1sip:alice@example.net1'],
    ['does not compile', '!^(.*$!sip:\\1@example.net!'],
    ['repeats nothing', '!^+44.*$!sip:alice@example.net!'],
    ['names a group that is not there', '!^.*$!sip:\\1@example.net!'],
    ['looks ahead', '!^(?=.*)$!sip:alice@example.net!'],
    ['is JavaScript and not POSIX', '!^\\+\\d*$!sip:alice@example.net!'],
    ['repeats a group', '!^(.*)*$!sip:alice@example.net!'],
    ['gives a URI of another scheme', '!^.*$!mailto:alice@example.net!'],
    ['gives no URI', '!^.*$!alice!'],
    ['gives a script', '!^.*$!javascript:alert(1)!'],
  ])('nothing when the expression %s', (_, regexp) => {
    expect(uriOf({ regexp })).toBeUndefined();
  });

  it('nothing, and at once, when the expression would run without end', () => {
    const started = process.cpuUsage();
    for (const pattern of [
      '(.*)'.repeat(40),
      '(.+)+'.repeat(20),
      '.*'.repeat(60),
      '(((.*)*)*)*',
      '.{0,15}'.repeat(20),
      '(a|.|.|.)'.repeat(12),
    ])
      expect(uriOf({ regexp: `!^${pattern}x$!sip:alice@example.net!` })).toBeUndefined();
    // Of the processor, not of the clock: the machine may be busy.
    expect(process.cpuUsage(started).user / 1_000).toBeLessThan(2_000);
  });

  it.each([
    ['a rule that is not terminal', { flags: '', regexp: '', replacement: Name.parse('example.net') }],
    ['another flag', { flags: 's' }],
    ['a replacement beside the expression', { replacement: Name.parse('example.net') }],
    ['a service that is not in the table', { services: 'E2U+unknown' }],
    ['another application', { services: 'SIP+D2U' }],
    ['the old order of RFC 2916', { services: 'sip+E2U' }],
    ['no service', { services: 'E2U' }],
  ])('nothing of %s', (_, changed) => {
    expect(routesOf(setOf(changed), alice)).toEqual([]);
  });

  it('the same whatever the case of flags and services', () => {
    expect(routesOf(setOf({ flags: 'U', services: 'e2u+SIP' }), alice)).toEqual([sip]);
  });

  it('a route for each service that is named and fits', () => {
    expect(
      routesOf(setOf({ services: 'E2U+sip+unifmsg:sip+email:mailto' }), alice).map(({ service }) => service),
    ).toEqual(['E2U+sip', 'E2U+unifmsg:sip']);
  });

  it('the good records of a set that also has broken ones', () => {
    const set = setOf({ preference: 20 }, { regexp: 'nonsense' }, {});
    const broken = { ...set, rdatas: [Uint8Array.of(1, 2, 3), ...set.rdatas] };
    expect(routesOf(broken, alice).map(({ preference }) => preference)).toEqual([10, 20]);
    expect(routesOf({ ...set, type: RRType.TXT }, alice)).toEqual([]);
  });

  it('never an error, whatever the octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.string(), (rdata, regexp) => {
        routesOf({ ...setOf({}), rdatas: [rdata] }, alice);
        const ascii = regexp.replace(/[^\x20-\x7e]/g, '');
        routesOf(setOf({ regexp: `!${ascii}!sip:alice@example.net!` }), alice);
      }),
    );
  });
});
