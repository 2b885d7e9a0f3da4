// Calls of code that this package did not write.
import { BpttError } from '../base/errors.ts';

/** What a user's function returns. @throws BpttError that says whose it is, with what it threw as the cause. */
export function guard<T>(where: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw new BpttError('invalid-argument', `${where}: expected it to return, got ${String(cause)}`, { cause });
  }
}

const NAME = /^[A-Za-z_]\w*$/;

/** A name that can stand in files and in front of a dot. */
export function checkName(where: string, name: string): string {
  if (NAME.test(name)) return name;
  throw new BpttError(
    'invalid-argument',
    `${where}: expected a name of letters, digits and _ that begins with a letter, got ${JSON.stringify(name)}`,
  );
}
