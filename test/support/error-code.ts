// For tests of what is refused.
import { BpttError } from '../../src/base/errors.ts';

/** The code of the error that is thrown. */
export function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof BpttError) return error.code;
    throw error;
  }
  return 'nothing thrown';
}
