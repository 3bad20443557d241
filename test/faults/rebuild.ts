import { Statement } from '@callbook/contracts';
import { RRType, textOf, type Name, type RR, type RRset, rrsOf } from '@callbook/dns';
import { naptrSet, nodeOf, parseIdentifierUri } from '@callbook/enum';
import { keyOwner, publicKeyFromSpki, smimeaRdata } from '@callbook/keys';
import pg from 'pg';

/**
 * What a statement is in DNS, worked out here once more and not by the signer's code: the NAPTR set of its routes (RFC 6116) and an SMIMEA
 * 3 1 0 record for each key (RFC 8162).
 */
export function recordsOf(statement: Statement, telSuffix: Name): RR[] {
  const { type, value } = parseIdentifierUri(statement.identifier);
  if (type !== 'tel') throw new TypeError('only telephone numbers are registered here');
  const node = nodeOf(value, telSuffix);
  const keys: RRset = {
    name: keyOwner(node),
    type: RRType.SMIMEA,
    class: 1,
    ttl: statement.ttl,
    rdatas: statement.keys.map((key) => smimeaRdata(publicKeyFromSpki(Buffer.from(key.value, 'base64url')))),
  };
  return [
    ...(statement.routes.length > 0 ? rrsOf(naptrSet(node, statement.routes, statement.ttl)) : []),
    ...rrsOf(keys),
  ];
}

/** Text of the records of bindings, in one order: without signatures, and without what the zone has of itself. */
export const unsigned = (records: readonly RR[], telSuffix: Name): string[] =>
  records
    .filter(({ name, type }) => type !== RRType.RRSIG && name.isWithin(telSuffix))
    .map(textOf)
    .sort();

export const signed = (records: readonly RR[]): string[] => records.map(textOf).sort();

/** The statements in force, from the proofs that `records` keeps: what people signed, octet for octet. */
export async function statementsIn(databaseUrl: string): Promise<Statement[]> {
  const rows = await rowsOf<{ proof_payload: string }>(
    databaseUrl,
    `SELECT s.proof_payload FROM records.binding b
     JOIN records.statement s ON s.identifier = b.identifier AND s.sequence = b.sequence`,
  );
  return rows.map(({ proof_payload: payload }) =>
    Statement.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))),
  );
}

export async function rowsOf<Row extends object>(databaseUrl: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}
