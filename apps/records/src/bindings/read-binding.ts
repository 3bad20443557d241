import { CallbookError, readStatement, type Binding } from '@callbook/contracts';
import { bindingOf, type Bindings } from './bindings.js';

/** A binding for its holder. Errors: BINDING_UNKNOWN, also for a binding of another account. */
export async function readBinding(
  bindings: Pick<Bindings, 'current'>,
  { identifier, account }: { identifier: string; account: string },
): Promise<Binding> {
  const current = await bindings.current(identifier);
  if (current?.account !== account)
    throw new CallbookError('BINDING_UNKNOWN', 'you have no binding of this identifier');
  const { statement } = current;
  return bindingOf(statement, readStatement(Buffer.from(statement.proof.payload, 'base64url')));
}
