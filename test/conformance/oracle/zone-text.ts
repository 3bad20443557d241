/** What is at one owner: record data in presentation form by type. Names are texts, absolute, in the case they are written. */
export interface Owner {
  readonly ttl: number;
  readonly types: Map<string, Set<string>>;
}

/** A zone being made up. Keeps to what may stand together in a zone (RFC 1034 §3.6.2, RFC 2181 §10.1, RFC 6672 §2.4). */
export class ZoneText {
  readonly owners = new Map<string, Owner>();
  private readonly spelled = new Map<string, string>();

  constructor(
    readonly apex: string,
    private readonly ttlOf: () => number,
  ) {}

  /** Adds a record unless it may not stand there. @returns whether it stands there now */
  add(name: string, type: string, data: string): boolean {
    const key = name.toLowerCase();
    const types = this.owners.get(key)?.types;
    if (type === 'CNAME' && types && types.size > 0) return false;
    if (type !== 'CNAME' && types?.has('CNAME')) return false;
    if (type === 'DNAME' && (types?.has('DNAME') || types?.has('NS') || this.hasBelow(key))) return false;
    if (type === 'NS' && types?.has('DNAME')) return false;
    if (this.isBelowDname(key)) return false;
    let owner = this.owners.get(key);
    if (!owner) {
      owner = { ttl: this.ttlOf(), types: new Map() };
      this.owners.set(key, owner);
      this.spelled.set(key, name);
    }
    const set = owner.types.get(type) ?? new Set();
    set.add(data);
    owner.types.set(type, set);
    return true;
  }

  has(name: string, type?: string): boolean {
    const types = this.owners.get(name.toLowerCase())?.types;
    return types !== undefined && (type === undefined || types.has(type));
  }

  get names(): string[] {
    return [...this.spelled.values()];
  }

  /** The zone file, SOA first. TTLs are one for a set (RFC 2181 §5.2). */
  toString(): string {
    const lines: string[] = [];
    const ordered = [...this.owners].sort(([a], [b]) => Number(b === this.apex) - Number(a === this.apex));
    for (const [key, { ttl, types }] of ordered)
      for (const [type, datas] of [...types].sort(([a], [b]) => Number(b === 'SOA') - Number(a === 'SOA')))
        for (const data of datas) lines.push(`${this.spelled.get(key)}\t${ttl}\tIN\t${type}\t${data}\n`);
    return lines.join('');
  }

  private hasBelow(key: string): boolean {
    return [...this.owners.keys()].some((other) => other.endsWith(`.${key}`));
  }

  private isBelowDname(key: string): boolean {
    return [...this.owners].some(([other, { types }]) => types.has('DNAME') && key.endsWith(`.${other}`));
  }
}
