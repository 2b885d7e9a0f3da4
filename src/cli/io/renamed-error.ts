// Errors of the library in the words of the command line.
import { BpttError } from '../../base/errors.ts';

/** The error, with what the library calls things replaced by what the user typed: `{ 'hiddenStates.layer': '--layer' }`. */
export function renamedError(cause: unknown, names: Readonly<Record<string, string>>): unknown {
  if (!(cause instanceof BpttError)) return cause;
  const message = Object.entries(names).reduce((text, [from, to]) => text.replace(from, () => to), cause.message);
  return new BpttError(cause.code, message, { cause });
}

/** What `work` gives; its errors are renamed. */
export function renamedIn<T>(names: Readonly<Record<string, string>>, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw renamedError(cause, names);
  }
}
