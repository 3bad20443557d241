import { name, u16 } from '../fields.js';
import type { Name } from '../name.js';
import { rdataType } from '../rdata-type.js';
import { svcParams } from '../field-svc-params.js';
import type { SvcParam } from '../field-svc-params.js';

/** How to reach a service (RFC 9460 §2): priority 0 is an alias. `params` ascend by key, each key once. */
export interface Svcb {
  priority: number;
  target: Name;
  params: readonly SvcParam[];
}

/** Fields of SVCB and of HTTPS (RFC 9460 §9). */
export const svcbFields = { priority: u16, target: name, params: svcParams };

export const svcb = rdataType<Svcb>('SVCB', 64, svcbFields);
