/** What the process was started for. */
export type Command =
  | { readonly source: 'feed' }
  | { readonly source: 'zone-file'; readonly file: string; readonly denialKeyFile?: string };

export const usage = `usage: callbook-lookup [--zone-file FILE [--denial-key FILE]]
  --zone-file FILE   serve the zone in this master file (RFC 1035 §5), and need nothing else; without it, follow the signer's zone over NATS
  --denial-key FILE  PKCS#8 PEM of a key that the zone shows: sign denials with it when they are asked for (RFC 9824)`;

/** Undefined: not one that we know. */
export function commandOf(given: readonly string[]): Command | undefined {
  const values = new Map<string, string>();
  for (let at = 0; at < given.length; at += 2) {
    const [name, value] = [given[at]!, given[at + 1]];
    if ((name !== '--zone-file' && name !== '--denial-key') || !value || values.has(name)) return undefined;
    values.set(name, value);
  }
  const [file, denialKeyFile] = [values.get('--zone-file'), values.get('--denial-key')];
  if (file !== undefined) return { source: 'zone-file', file, ...(denialKeyFile && { denialKeyFile }) };
  return denialKeyFile === undefined ? { source: 'feed' } : undefined;
}
