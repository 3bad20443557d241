import { bindSystemCalls } from './libc.js';
import type { SystemCalls } from './system-calls.js';

const layouts = new Set(['x64', 'arm64']);

/** Undefined, or why not. */
export async function loadSystemCalls(): Promise<SystemCalls | { readonly missing: string }> {
  if (process.platform !== 'linux' || !layouts.has(process.arch))
    return { missing: `not on ${process.platform} ${process.arch}` };
  try {
    const { default: koffi } = await import('koffi');
    return bindSystemCalls(koffi);
  } catch (error) {
    return { missing: error instanceof Error ? error.message.split('\n')[0]! : 'koffi does not load' };
  }
}
