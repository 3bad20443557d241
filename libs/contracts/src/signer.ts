import { z } from 'zod';
import { rpc, service } from './service.js';
import { IdentifierUri, Nothing } from './values.js';

export const ZoneHead = z
  .object({
    apex: z.string(),
    serial: z.int().min(0).max(4_294_967_295),
    /** DS records for the parent, in presentation form. */
    ds: z.array(z.string()),
    /** DNSKEY records of the KSKs, in presentation form: a trust anchor for those whose parent is not signed. */
    anchors: z.array(z.string()),
    /** Where tel:, mailto: and sip: identifiers live. */
    suffixes: z.object({ tel: z.string(), mailto: z.string(), sip: z.string() }),
  })
  .meta({ id: 'Zone', description: 'The zone of this directory and its trust anchors' });
export type ZoneHead = z.infer<typeof ZoneHead>;

export const signer = service('signer', {
  'zone.head': rpc({ request: Nothing, reply: ZoneHead, callers: ['gateway', 'operator'] }),
  /**
   * Answers with the zone's serial as soon as the journal holds this sequence of the identifier's binding, or a later one.
   * Errors: PUBLICATION_PENDING when `wait` milliseconds pass first.
   */
  'publication.await': rpc({
    request: z.object({ identifier: IdentifierUri, sequence: z.int(), wait: z.int().min(0).max(30_000) }),
    reply: z.object({ serial: z.int() }),
    callers: ['gateway'],
    timeout: 35_000,
  }),
  /** Compares the signed state with a rebuild from `records`. Owner names differ only in number: none is said. */
  'zone.audit': rpc({
    request: Nothing,
    reply: z.object({
      serial: z.int(),
      owners: z.int(),
      missing: z.int(),
      surplus: z.int(),
      different: z.int(),
      badSignatures: z.int(),
    }),
    callers: ['operator'],
    timeout: 120_000,
  }),
  /** Makes good what lost binding events left undone, as the signer does by itself when it starts or when the stream of events was lost. */
  'zone.reconcile': rpc({
    request: Nothing,
    reply: z.object({ bindings: z.int(), behind: z.int(), refused: z.int() }),
    callers: ['operator'],
    timeout: 120_000,
  }),
});
