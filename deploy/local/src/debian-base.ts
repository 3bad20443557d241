/**
 * The part of a dpkg status file that every Debian system has: essential and required packages, apt, and what those depend on.
 * Dependencies reckoned against it are the same on a bare machine and on one with everything installed.
 * @param status text of /var/lib/dpkg/status
 */
export function baseSystem(status: string): string {
  const packages = status
    .split('\n\n')
    .filter((stanza) => / installed$/m.test(field(stanza, 'Status')))
    .map((stanza) => ({
      stanza,
      name: field(stanza, 'Package'),
      depends: `${field(stanza, 'Depends')},${field(stanza, 'Pre-Depends')}`,
    }));
  const providers = new Map<string, (typeof packages)[number]>();
  for (const one of packages) for (const name of namesIn(field(one.stanza, 'Provides'))) providers.set(name, one);
  for (const one of packages) providers.set(one.name, one);

  const kept = new Set<(typeof packages)[number]>();
  const waiting = packages.filter(
    ({ stanza, name }) =>
      field(stanza, 'Essential') === 'yes' || field(stanza, 'Priority') === 'required' || name === 'apt',
  );
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (kept.has(next)) continue;
    kept.add(next);
    for (const name of namesIn(next.depends)) waiting.push(...[providers.get(name) ?? []].flat());
  }
  return [...kept].map(({ stanza }) => `${stanza.trim()}\n`).join('\n');
}

const field = (stanza: string, name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';

/** Every package named in a relationship field, alternatives included: "libc6 (>= 2.36), mawk | gawk:any" */
const namesIn = (relationship: string): string[] =>
  relationship
    .split(/[,|]/)
    .map((part) => part.trim().split(/[\s(:]/)[0] ?? '')
    .filter(Boolean);
