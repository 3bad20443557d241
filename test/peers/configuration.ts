import path from 'node:path';
import type { JudgeName } from '../judges.js';
import type { PeerOptions } from './peer.js';

/** A peer's configuration file, and how it is started with it. */
export interface Configuration {
  readonly program: JudgeName;
  readonly files: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  /** Run to its end, in order, before the program starts. */
  readonly before?: readonly {
    readonly program: JudgeName;
    readonly args: readonly string[];
    readonly input?: string;
  }[];
}

export interface Placed extends PeerOptions {
  readonly port: number;
  /** The tree that Debian's packages were unpacked into. */
  readonly root: string;
}

/** Each key once. */
export function keysOf({ secondaries = [] }: PeerOptions) {
  const keys = secondaries.flatMap(({ primaries, notifyFrom }) => [
    ...primaries.flatMap(({ key }) => key ?? []),
    ...(notifyFrom?.key ? [notifyFrom.key] : []),
  ]);
  return [...new Map(keys.map((key) => [key.name, key])).values()];
}

/** A name of a file for a zone, whatever is in the zone's name. */
export const copyOf = (dir: string, index: number) => path.join(dir, `secondary-${index}.zone`);
