import { readFileSync } from 'node:fs';
import { readZoneFile, type RR } from '@callbook/dns';

/** Signed versions of callbook.zone, each by another's signer. */
export const goldenZones = ['bind-8', 'bind-13', 'bind-14', 'bind-15', 'ldns-8', 'ldns-13', 'bind-13-opt-out', 'knot-14', 'knot-15'];

/** 2026-06-01: all golden signatures hold from 2026-01-01 to 2027-01-01. */
export const goldenTime = Date.UTC(2026, 5, 1) / 1000;

export function golden(file: string): RR[] {
  return readZoneFile(readFileSync(new URL(file, import.meta.url), 'utf8'));
}
