import { rdataType } from '../rdata-type.js';
import { svcbFields } from './svcb.js';
import type { Svcb } from './svcb.js';

/** SVCB for the schemes http and https (RFC 9460 §9). */
export type Https = Svcb;

export const https = rdataType<Https>('HTTPS', 65, svcbFields);
