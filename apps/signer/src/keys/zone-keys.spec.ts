import { Name } from '@callbook/dns';
import { describe, expect, it } from 'vitest';
import { makeZoneKeys, openZoneKeys, UnusableKeys } from './zone-keys.js';

const zone = Name.parse('callbook.example');
const kek = new Uint8Array(32).fill(7);

describe('the keys of a zone', () => {
  const kept = makeZoneKeys(zone, 13, kek, []);

  it('are a KSK and two ZSKs, no two with one tag', () => {
    expect(kept.map(({ role, flags }) => `${role} ${flags}`)).toEqual(['ksk 257', 'zsk 256', 'denial 256']);
    expect(new Set(kept.map(({ tag }) => tag)).size).toBe(3);
  });

  it('open again to the keys that were made', () => {
    const keys = openZoneKeys(zone, kept, kek);
    const all = [keys.ksk, keys.zsk, ...keys.denial.map(({ key }) => key)];
    expect(all.map(({ tag }) => tag)).toEqual(kept.map(({ tag }) => tag));
    expect(keys.dnskeys).toEqual(all.map(({ rdata }) => rdata));
  });

  it('do not open under another key-encryption key', () => {
    expect(() => openZoneKeys(zone, kept, new Uint8Array(32))).toThrow(UnusableKeys);
  });

  it('do not open in the place of one another', () => {
    const [ksk, zsk, denial] = kept as [(typeof kept)[0], (typeof kept)[0], (typeof kept)[0]];
    const swapped = [ksk, { ...zsk, sealed: denial.sealed }, { ...denial, sealed: zsk.sealed }];
    expect(() => openZoneKeys(zone, swapped, kek)).toThrow(UnusableKeys);
  });

  it('never have a tag that the zone had before', () => {
    const taken = Array.from({ length: 65_536 }, (_, tag) => tag).filter((tag) => tag % 4 === 0);
    const tags = Array.from({ length: 3 }, () => makeZoneKeys(zone, 13, kek, taken))
      .flat()
      .map(({ tag }) => tag);
    expect(tags.filter((tag) => taken.includes(tag))).toEqual([]);
  });
});
