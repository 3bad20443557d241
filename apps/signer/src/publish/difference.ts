import { isAsWanted, setKey, type SignedSet, type WantedSet } from '../zone/signed-set.js';

export interface Difference {
  /** Stored, and wanted no more. */
  readonly remove: readonly SignedSet[];
  /** Wanted, and not stored so; `before` is what stands there now. */
  readonly put: readonly { readonly wanted: WantedSet; readonly before?: SignedSet }[];
}

/** What has to be done so that `stored`, which is all that there is of its subjects, becomes `wanted`. What is equal is left out. */
export function difference(stored: readonly SignedSet[], wanted: readonly WantedSet[]): Difference {
  const before = new Map(stored.map((set) => [setKey(set.owner, set.type), set]));
  const put: { wanted: WantedSet; before?: SignedSet }[] = [];
  for (const one of wanted) {
    const key = setKey(one.set.name, one.set.type);
    const there = before.get(key);
    before.delete(key);
    if (there === undefined) put.push({ wanted: one });
    else if (!isAsWanted(there, one)) put.push({ wanted: one, before: there });
  }
  return { remove: [...before.values()], put };
}
