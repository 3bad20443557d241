export { DnsError, dnsErrorCodes } from './errors.js';
export type { DnsErrorCode } from './errors.js';
export { EdnsOptionCode } from './edns.js';
export type { Edns, EdnsOption } from './edns.js';
export { Opcode, queryFor, Rcode } from './message.js';
export type { Message, Question } from './message.js';
export { decodeMessage } from './message-decode.js';
export { encodeMessage } from './message-encode.js';
export { Name } from './name.js';
export { compareOctets, equalOctets } from './octets.js';
export { canonicalRdata } from './rdata-types.js';
export type { NameRule, RdataType } from './rdata-type.js';
export type { SvcParam } from './field-svc-params.js';
export { rdataOfText, rdataText } from './rdata-text.js';
export { readRRs, rrsetsOf, rrsOf, writeRR } from './rr.js';
export type { RR, RRset } from './rr.js';
export { serialAdd, serialCompare } from './serial.js';
export {
  signRefusal,
  signRequest,
  signResponse,
  TsigError,
  tsigKeyOf,
  tsigSize,
  verifyRequest,
  verifyResponse,
} from './tsig.js';
export type { CheckedRequest, RefusedRequest, Signed, TsigAlgorithm, TsigKey, TsigPolicy } from './tsig.js';
export { misplacedTsig, noTsig, tsigOffset } from './tsig-record.js';
export { TsigStreamSigner, TsigStreamVerifier } from './tsig-stream.js';
export { className, RRClass, RRType, typeCode, typeName } from './type-codes.js';
export { a } from './rdata/a.js';
export type { A } from './rdata/a.js';
export { aaaa } from './rdata/aaaa.js';
export type { Aaaa } from './rdata/aaaa.js';
export { afsdb } from './rdata/afsdb.js';
export type { Afsdb } from './rdata/afsdb.js';
export { caa } from './rdata/caa.js';
export type { Caa } from './rdata/caa.js';
export { cdnskey } from './rdata/cdnskey.js';
export type { Cdnskey } from './rdata/cdnskey.js';
export { cds } from './rdata/cds.js';
export type { Cds } from './rdata/cds.js';
export { cert } from './rdata/cert.js';
export type { Cert } from './rdata/cert.js';
export { cname } from './rdata/cname.js';
export type { Cname } from './rdata/cname.js';
export { csync } from './rdata/csync.js';
export type { Csync } from './rdata/csync.js';
export { dname } from './rdata/dname.js';
export type { Dname } from './rdata/dname.js';
export { dnskey } from './rdata/dnskey.js';
export type { Dnskey } from './rdata/dnskey.js';
export { ds } from './rdata/ds.js';
export type { Ds } from './rdata/ds.js';
export { hinfo } from './rdata/hinfo.js';
export type { Hinfo } from './rdata/hinfo.js';
export { https } from './rdata/https.js';
export type { Https } from './rdata/https.js';
export { mx } from './rdata/mx.js';
export type { Mx } from './rdata/mx.js';
export { naptr } from './rdata/naptr.js';
export type { Naptr } from './rdata/naptr.js';
export { ns } from './rdata/ns.js';
export type { Ns } from './rdata/ns.js';
export { nsec } from './rdata/nsec.js';
export type { Nsec } from './rdata/nsec.js';
export { nsec3 } from './rdata/nsec3.js';
export type { Nsec3 } from './rdata/nsec3.js';
export { nsec3param } from './rdata/nsec3param.js';
export type { Nsec3param } from './rdata/nsec3param.js';
export { openpgpkey } from './rdata/openpgpkey.js';
export type { Openpgpkey } from './rdata/openpgpkey.js';
export { ptr } from './rdata/ptr.js';
export type { Ptr } from './rdata/ptr.js';
export { rp } from './rdata/rp.js';
export type { Rp } from './rdata/rp.js';
export { rrsig } from './rdata/rrsig.js';
export type { Rrsig } from './rdata/rrsig.js';
export { smimea } from './rdata/smimea.js';
export type { Smimea } from './rdata/smimea.js';
export { soa } from './rdata/soa.js';
export type { Soa } from './rdata/soa.js';
export { srv } from './rdata/srv.js';
export type { Srv } from './rdata/srv.js';
export { sshfp } from './rdata/sshfp.js';
export type { Sshfp } from './rdata/sshfp.js';
export { svcb } from './rdata/svcb.js';
export type { Svcb } from './rdata/svcb.js';
export { tlsa } from './rdata/tlsa.js';
export type { Tlsa } from './rdata/tlsa.js';
export { txt } from './rdata/txt.js';
export type { Txt } from './rdata/txt.js';
export { uri } from './rdata/uri.js';
export type { Uri } from './rdata/uri.js';
export { zonemd } from './rdata/zonemd.js';
export type { Zonemd } from './rdata/zonemd.js';
export { readZoneFile, readZoneLines, readZonePieces } from './zone-read.js';
export { textOf, writeZoneFile } from './zone-write.js';
