import { KeyError } from './errors.js';

/** For tests: the code with which something is refused, `none` if it is not; any other error is passed on. */
export async function refusal(act: () => unknown): Promise<string> {
  try {
    await act();
  } catch (error) {
    if (error instanceof KeyError) return error.code;
    throw error;
  }
  return 'none';
}

/** The same for what is refused at once. */
export function refusalNow(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof KeyError) return error.code;
    throw error;
  }
  return 'none';
}
