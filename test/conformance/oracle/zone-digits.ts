import type { Random } from './random.js';
import type { ZoneText } from './zone-text.js';

/** Numbers reserved for drama: +44 7700 900000 to 900999. */
export const nodeOf = (digits: string, apex: string) => `${[...digits].reverse().join('.')}.e164.${apex}`;

export function addDigitTree(random: Random, zone: ZoneText): void {
  const { apex } = zone;
  const count = random.pick([1, 2, 3, 5, 8, 13, 25]);
  const close = random.chance(0.5) ? random.between(0, 99) : undefined; // neighbours, or spread over all
  for (let index = 0; index < count; index += 1) {
    const last = close === undefined ? random.below(1_000) : (close * 10 + random.below(20)) % 1_000;
    const digits = `447700900${String(last).padStart(3, '0')}`;
    const node = nodeOf(digits, apex);
    const bound = random.chance(0.9);
    if (bound) {
      zone.add(node, 'NAPTR', `100 10 "u" "E2U+sip" "!^.*$!sip:user${last}@example.net!" .`);
      if (random.chance(0.2))
        zone.add(node, 'NAPTR', `100 20 "u" "E2U+sip" "!^.*$!sip:user${last}@example.org;transport=tls!" .`);
      if (random.chance(0.05)) zone.add(node, 'NAPTR', `200 10 "" "" "" next.${apex}`);
      if (random.chance(0.1)) zone.add(node, 'TXT', '"bound"');
    }
    if (!bound || random.chance(0.4)) {
      zone.add(`_smimecert.${node}`, 'SMIMEA', `3 1 0 ${hex(random, random.between(40, 120))}`);
      if (random.chance(0.2)) zone.add(`_smimecert.${node}`, 'SMIMEA', `3 1 1 ${hex(random, 32)}`);
    }
    if (random.chance(0.15))
      zone.add(
        `_openpgpkey.${node}`,
        'OPENPGPKEY',
        Buffer.from(random.octets(random.between(30, 200))).toString('base64'),
      );
    // A number that is the beginning of another one.
    if (random.chance(0.1)) zone.add(nodeOf(digits.slice(0, random.between(3, 11)), apex), 'TXT', '"block"');
  }
  if (random.chance(0.2)) zone.add(`e164.${apex}`, 'TXT', '"telephone numbers"');
  if (random.chance(0.1))
    zone.add(`*.${nodeOf('4477', apex)}`, 'NAPTR', '100 10 "u" "E2U+sip" "!^.*$!sip:desk@example.net!" .');
  if (random.chance(0.15)) {
    const block = nodeOf(random.pick(['447700901', '1202555', '4478']), apex);
    zone.add(block, 'NS', 'ns.example.org.');
    if (random.chance(0.5)) zone.add(block, 'DS', `${random.below(65_536)} 13 2 ${hex(random, 32)}`);
  }
  if (random.chance(0.1)) zone.add(nodeOf('442079460', apex), 'DNAME', nodeOf('4420794600', 'example.org.'));
}

export const hex = (random: Random, octets: number) => Buffer.from(random.octets(octets)).toString('hex').toUpperCase();
