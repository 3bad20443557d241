/**
 * Enumservices of the IANA registry (RFC 6117, RFC 6118) and the URI schemes that each admits. Not here: `pstn`, which is a carrier's word
 * about its network and no holder's, and `vpim:ldap`, which would publish a path into a private directory.
 */
export const enumservices = {
  /** RFC 3764 */
  'E2U+sip': ['sip', 'sips'],
  /** RFC 3762 */
  'E2U+h323': ['h323'],
  /** RFC 6315 */
  'E2U+iax': ['iax'],
  /** RFC 5028 */
  'E2U+im': ['im'],
  /** RFC 3953 */
  'E2U+pres': ['pres'],
  /** Not registered: RFC 3953 has no subtypes. For presence agents that are reached by SIP only. */
  'E2U+pres:sip': ['sip', 'sips'],
  /** RFC 4979 */
  'E2U+xmpp': ['xmpp'],
  /** RFC 7566 */
  'E2U+acct': ['acct'],
  /** RFC 4355 */
  'E2U+email:mailto': ['mailto'],
  'E2U+fax:tel': ['tel'],
  'E2U+sms:tel': ['tel'],
  'E2U+sms:mailto': ['mailto'],
  'E2U+ems:tel': ['tel'],
  'E2U+ems:mailto': ['mailto'],
  'E2U+mms:tel': ['tel'],
  'E2U+mms:mailto': ['mailto'],
  /** RFC 4143 */
  'E2U+ifax:mailto': ['mailto'],
  /** RFC 4238 */
  'E2U+vpim:mailto': ['mailto'],
  /** RFC 4415 */
  'E2U+voice:tel': ['tel'],
  /** RFC 4002 */
  'E2U+web:http': ['http'],
  'E2U+web:https': ['https'],
  'E2U+ft:ftp': ['ftp'],
  /** RFC 4969 */
  'E2U+vcard': ['http', 'https'],
  /** RFC 5278 */
  'E2U+voicemsg:sip': ['sip'],
  'E2U+voicemsg:sips': ['sips'],
  'E2U+voicemsg:tel': ['tel'],
  'E2U+voicemsg:http': ['http'],
  'E2U+voicemsg:https': ['https'],
  'E2U+videomsg:sip': ['sip'],
  'E2U+videomsg:sips': ['sips'],
  'E2U+videomsg:http': ['http'],
  'E2U+videomsg:https': ['https'],
  'E2U+unifmsg:sip': ['sip'],
  'E2U+unifmsg:sips': ['sips'],
  'E2U+unifmsg:http': ['http'],
  'E2U+unifmsg:https': ['https'],
  /** RFC 5333 */
  'E2U+ical-access:http': ['http'],
  'E2U+ical-access:https': ['https'],
  'E2U+ical-sched:mailto': ['mailto'],
} as const satisfies Record<string, readonly UriScheme[]>;

export type Enumservice = keyof typeof enumservices;

export type UriScheme =
  'sip' | 'sips' | 'h323' | 'iax' | 'im' | 'pres' | 'xmpp' | 'acct' | 'mailto' | 'tel' | 'http' | 'https' | 'ftp';

const spellings = new Map(Object.keys(enumservices).map((service) => [service.toLowerCase(), service as Enumservice]));

/** An enumservice in the spelling of the table, however its letters were written (RFC 6116 §3.4.3); undefined if it is not there. */
export const enumserviceOf = (text: string): Enumservice | undefined => spellings.get(text.toLowerCase());
