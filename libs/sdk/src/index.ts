export {
  exportAccountKey,
  generateAccountKey,
  importAccountKey,
  type AccountKey,
  type AccountKind,
} from './account-key.js';
export {
  DirectoryClient,
  RefusedError,
  signRequest,
  type Fetch,
  type FetchResponse,
  type SignedAnswer,
} from './directory.js';
export { Registration, type Content } from './registration.js';
export { dnsExchange, DnsTimeoutError, type DnsServer } from './dns-exchange.js';
export { anchorsOf, lookup, type Found, type LookupDeps } from './lookup.js';
export { fetchTrusting } from './node-fetch.js';
