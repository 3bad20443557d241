import type { RdataType } from './rdata-type.js';
import { a } from './rdata/a.js';
import { aaaa } from './rdata/aaaa.js';
import { afsdb } from './rdata/afsdb.js';
import { caa } from './rdata/caa.js';
import { cdnskey } from './rdata/cdnskey.js';
import { cds } from './rdata/cds.js';
import { cert } from './rdata/cert.js';
import { cname } from './rdata/cname.js';
import { csync } from './rdata/csync.js';
import { dname } from './rdata/dname.js';
import { dnskey } from './rdata/dnskey.js';
import { ds } from './rdata/ds.js';
import { hinfo } from './rdata/hinfo.js';
import { https } from './rdata/https.js';
import { kx } from './rdata/kx.js';
import { mb } from './rdata/mb.js';
import { md } from './rdata/md.js';
import { mf } from './rdata/mf.js';
import { mg } from './rdata/mg.js';
import { minfo } from './rdata/minfo.js';
import { mr } from './rdata/mr.js';
import { mx } from './rdata/mx.js';
import { naptr } from './rdata/naptr.js';
import { ns } from './rdata/ns.js';
import { nsec } from './rdata/nsec.js';
import { nsec3 } from './rdata/nsec3.js';
import { nsec3param } from './rdata/nsec3param.js';
import { openpgpkey } from './rdata/openpgpkey.js';
import { ptr } from './rdata/ptr.js';
import { px } from './rdata/px.js';
import { rp } from './rdata/rp.js';
import { rrsig } from './rdata/rrsig.js';
import { rt } from './rdata/rt.js';
import { smimea } from './rdata/smimea.js';
import { soa } from './rdata/soa.js';
import { srv } from './rdata/srv.js';
import { sshfp } from './rdata/sshfp.js';
import { svcb } from './rdata/svcb.js';
import { tlsa } from './rdata/tlsa.js';
import { txt } from './rdata/txt.js';
import { uri } from './rdata/uri.js';
import { zonemd } from './rdata/zonemd.js';

/** Every type with a codec. Others are octets that nobody looks into (RFC 3597). */
export const rdataTypes: ReadonlyMap<number, RdataType<unknown>> = new Map(
  [
    [a, aaaa, ns, cname, ptr, dname, soa, mx, txt, srv, naptr],
    [dnskey, ds, rrsig, nsec, nsec3, nsec3param, cds, cdnskey, csync, zonemd],
    [smimea, openpgpkey, cert, tlsa, sshfp, caa, uri, svcb, https],
    [hinfo, rp, afsdb, rt, kx, px, md, mf, mb, mg, mr, minfo],
  ]
    .flat()
    .map((type: RdataType<unknown>) => [type.code, type]),
);

/**
 * Canonical form of rdata: names lower-cased where RFC 4034 §6.2 and RFC 6840 §5.1 want it; of unknown types as it is.
 * @throws DnsError RDATA_MALFORMED
 */
export function canonicalRdata(type: number, rdata: Uint8Array): Uint8Array {
  return rdataTypes.get(type)?.canonical(rdata) ?? rdata;
}
