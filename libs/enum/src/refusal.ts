import { EnumError } from './errors.js';

/** For tests: the code with which something is refused, `none` if it is not; any other error is passed on. */
export const refusal = (act: () => unknown): string => refused(act)?.code ?? 'none';

/** The error with which something is refused. */
export function refused(act: () => unknown): EnumError | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof EnumError) return error;
    throw error;
  }
  return undefined;
}
