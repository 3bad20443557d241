export {
  CallbookError,
  callbookError,
  errorFromReply,
  ErrorReply,
  errorReply,
  Problem,
  problemOf,
  statusOf,
  type ErrorCode,
} from './errors.js';
export {
  rpcSubject,
  type ClientOf,
  type HandlersOf,
  type MethodsOf,
  type Rpc,
  type Service,
  type ServiceName,
} from './service.js';
export {
  AccountId,
  base64url,
  CompactJws,
  FlattenedJws,
  IdentifierInput,
  identifierOf,
  IdentifierUri,
  Jwks,
  PublicJwk,
  Timestamp,
} from './values.js';
export { PublishedKey, readStatement, RouteInput, Statement, statementHash, type StatementInput } from './statement.js';
export { AttestationClaims, attestationType, CountersignatureClaims, countersignatureType } from './attestation.js';
export {
  Account,
  Claim,
  DeliveryReport,
  identity,
  StartVerification,
  Verification,
  VerificationId,
} from './identity.js';
export { verificationSealInfo } from './verification-seal.js';
export { Binding, BindingContent, records } from './records.js';
export { signer, ZoneHead } from './signer.js';
export {
  bindingPublishedSubject,
  bindingsStream,
  denialKeysSubject,
  journalStream,
  journalSubject,
  nonceBucket,
  snapshotBucket,
  snapshotObject,
  snapshotSubject,
  streams,
  zoneStateStream,
  type StreamDefinition,
} from './streams.js';
export {
  decodeJournalEntry,
  decodeSnapshot,
  denialKeyAt,
  denialKeyPurpose,
  DenialKeys,
  encodeJournalEntry,
  encodeSnapshot,
  maximumEntryOctets,
  serialOf,
  SnapshotPointer,
  type JournalEntry,
} from './zone-feed.js';
export { inboxPrefix, natsPermissions, services, type Permissions } from './nats-permissions.js';
export { api, Directory, envelopeErrors, pathOf, PublishedBinding, type Endpoint, type EndpointName } from './http.js';
export { openApiDocument } from './openapi.js';
