import type { PublicJwk } from '@callbook/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { AttestationKeys, maximumAge, refetchAfter } from './attestation-keys.js';

const jwk = (kid: string): PublicJwk => ({ kty: 'OKP', crv: 'Ed25519', x: kid, kid });

let now = 0;
let published: PublicJwk[] = [];
let requests = 0;
let away = false;
let keys: AttestationKeys;

beforeEach(() => {
  [now, published, requests, away] = [1_000_000, [jwk('first')], 0, false];
  const answer = async () => {
    requests += 1;
    await Promise.resolve();
    if (away) throw new Error('away');
    return { keys: published };
  };
  keys = new AttestationKeys({ 'attestation.keys': answer }, () => now);
});

describe('the keys of attestations', () => {
  it('are fetched when first needed, and then kept', async () => {
    expect(await keys.find('first')).toEqual(jwk('first'));
    now += maximumAge;
    expect(await keys.find('first')).toEqual(jwk('first'));
    expect(requests).toBe(1);
  });

  it('are fetched once for all who wait', async () => {
    await Promise.all(Array.from({ length: 20 }, () => keys.find('first')));
    expect(requests).toBe(1);
  });

  it('are fetched again for a key that is not known yet', async () => {
    await keys.find('first');
    published = [jwk('second'), jwk('first')];
    now += refetchAfter;
    expect(await keys.find('second')).toEqual(jwk('second'));
    expect(requests).toBe(2);
  });

  it('are not asked for again and again for keys that do not exist', async () => {
    await keys.find('first');
    for (let n = 0; n < 1_000; n += 1) {
      now += 10;
      expect(await keys.find(`invented-${n}`)).toBeUndefined();
    }
    expect(requests).toBe(1 + (1_000 * 10) / refetchAfter);
  });

  it('are trusted no longer than some minutes after they were withdrawn', async () => {
    await keys.find('first');
    published = [jwk('second')];
    now += maximumAge + 1;
    expect(await keys.find('first')).toBeUndefined();
  });

  it('are asked for at once after identity was away', async () => {
    away = true;
    await expect(keys.find('first')).rejects.toThrow('away');
    away = false;
    expect(await keys.find('first')).toEqual(jwk('first'));
  });

  it('that have no kid cannot be meant', async () => {
    published = [{ kty: 'OKP', crv: 'Ed25519', x: 'x' }];
    expect(await keys.find('undefined')).toBeUndefined();
  });
});
