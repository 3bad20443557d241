import type { Algorithm } from '@callbook/dnssec';
import { suffixesOf } from '../bindings/rrsets-of-binding.js';
import type { ZoneSettings } from '../zone/zone-content.js';
import type { StaticRules } from './check-records.js';

/** Octets. RSA keys are made with 2048 bits. */
const signatureOctets: Record<Algorithm, number> = { 8: 256, 13: 64, 14: 96, 15: 64 };

/**
 * What the operator's file has to keep to. A secondary that has lost us serves for `soaExpire`, and caches what it serves for a TTL: by then
 * no signature may have ended (as for the zone's own TTL, `SignerConfig`).
 */
export const staticRulesOf = (
  settings: ZoneSettings & {
    readonly telSuffix: StaticRules['settings']['zone'];
    readonly refreshBefore: number;
    readonly algorithm: Algorithm;
  },
): StaticRules => ({
  settings,
  suffixes: suffixesOf(settings),
  longestTtl: Math.floor((settings.refreshBefore - settings.soaExpire) / 1_000) - 3_600,
  signatureOctets: signatureOctets[settings.algorithm],
});
