/** What streams may take of this process. */
export interface StreamLimits {
  /** Connections at once. The one that was idle longest makes room for a new one (RFC 7766 §6.2.3, §8). */
  readonly connections: number;
  /** The same for one client: an IPv4 address, or an IPv6 /64. Of its connections too, the one that was idle longest makes room. */
  readonly connectionsPerClient: number;
  /** Milliseconds in which a connection has to ask something whole, or take what it was answered (RFC 7766 §6.2.3). */
  readonly idle: number;
}

/** An open connection, from its first octet on: also while it has not said yet who it is in TLS. */
export interface Connection {
  /** A whole query was answered, or a client took what waited for it. Nothing less: a client that dribbles octets is idle. */
  touch(): void;
  /** It is closed. */
  remove(): void;
}

interface Entry {
  readonly client: string;
  readonly close: () => void;
  usedAt: number;
  /** Neighbours in the order of last use. Undefined at both ends: it is not in the list. */
  older: Entry | undefined;
  newer: Entry | undefined;
  listed: boolean;
}

/** All connections of one transport, in the order of their last use. */
export class Connections {
  private oldest: Entry | undefined;
  private newest: Entry | undefined;
  private count = 0;
  private readonly counts = new Map<string, number>();
  private deadline: NodeJS.Timeout | undefined;

  /** @param now milliseconds of a clock that never goes back */
  constructor(
    private readonly limits: StreamLimits,
    private readonly now: () => number,
  ) {}

  get size(): number {
    return this.count;
  }

  /** @param close ends the connection at once; called at most once */
  admit(address: Uint8Array, close: () => void): Connection {
    const client = clientKey(address);
    if ((this.counts.get(client) ?? 0) >= this.limits.connectionsPerClient) this.evict(this.oldestOf(client));
    else if (this.count >= this.limits.connections) this.evict(this.oldest);
    const entry: Entry = { client, close, usedAt: this.now(), older: undefined, newer: undefined, listed: false };
    this.counts.set(client, (this.counts.get(client) ?? 0) + 1);
    this.append(entry);
    this.deadline ??= setTimeout(this.sweep, this.limits.idle);
    return {
      touch: () => {
        if (!entry.listed) return;
        entry.usedAt = this.now();
        if (this.newest === entry) return;
        this.unlink(entry);
        this.append(entry);
      },
      remove: () => this.remove(entry),
    };
  }

  closeAll(): void {
    while (this.oldest) this.evict(this.oldest);
    clearTimeout(this.deadline);
    this.deadline = undefined;
  }

  private evict(entry: Entry | undefined): void {
    if (!entry) return;
    this.remove(entry);
    entry.close();
  }

  private remove(entry: Entry): void {
    if (!entry.listed) return;
    this.unlink(entry);
    const left = this.counts.get(entry.client)! - 1;
    if (left === 0) this.counts.delete(entry.client);
    else this.counts.set(entry.client, left);
  }

  private oldestOf(client: string): Entry | undefined {
    let entry = this.oldest;
    while (entry && entry.client !== client) entry = entry.newer;
    return entry;
  }

  /** One timer for all: it is set to when the one that is idle longest is due. */
  private readonly sweep = (): void => {
    this.deadline = undefined;
    const now = this.now();
    while (this.oldest && now - this.oldest.usedAt >= this.limits.idle) this.evict(this.oldest);
    if (!this.oldest) return;
    this.deadline = setTimeout(this.sweep, Math.ceil(this.oldest.usedAt + this.limits.idle - now));
  };

  private append(entry: Entry): void {
    entry.older = this.newest;
    entry.newer = undefined;
    if (this.newest) this.newest.newer = entry;
    else this.oldest = entry;
    this.newest = entry;
    entry.listed = true;
    this.count++;
  }

  private unlink(entry: Entry): void {
    if (entry.older) entry.older.newer = entry.newer;
    else this.oldest = entry.newer;
    if (entry.newer) entry.newer.older = entry.older;
    else this.newest = entry.older;
    entry.older = entry.newer = undefined;
    entry.listed = false;
    this.count--;
  }
}

/** A household of IPv6 has at least a /64 (RFC 6177), and any number of addresses in it. */
const clientKey = (address: Uint8Array): string =>
  Buffer.from(address.buffer, address.byteOffset, Math.min(address.length, 8)).toString('latin1');
