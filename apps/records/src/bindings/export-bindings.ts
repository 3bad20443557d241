import type { BindingContent } from '@callbook/contracts';
import type { Bindings } from './bindings.js';

/** A NATS message is at most 1 MiB unless its server says otherwise; a page stays well below. */
const maximumOctets = 512 * 1024;

export interface ExportPage {
  bindings: BindingContent[];
  /** Where the next page goes on; absent on the last. */
  next?: string;
}

/**
 * A page of all bindings in order of identifier: at most `limit`, and at most as many as fit one message. A binding that is there during the
 * whole export is on exactly one page; one that changes meanwhile is there as before or as after, and its event tells of the change.
 */
export async function exportBindings(
  bindings: Pick<Bindings, 'page'>,
  { after, limit }: { after?: string | undefined; limit: number },
): Promise<ExportPage> {
  const found = await bindings.page(after, limit + 1);
  const fitting = found.slice(0, Math.max(1, countWithin(found.slice(0, limit), maximumOctets)));
  const last = fitting.at(-1);
  return {
    bindings: fitting,
    ...(last && fitting.length < found.length && { next: last.identifier }),
  };
}

function countWithin(contents: readonly BindingContent[], octets: number): number {
  let left = octets;
  const end = contents.findIndex((content) => (left -= Buffer.byteLength(JSON.stringify(content))) < 0);
  return end < 0 ? contents.length : end;
}
