// What targets begin with: given for each source, and not chosen by the model.
import { checkTokens } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';

/** Tokens of a prefix as they are given. */
export type Prefix = Int32Array | readonly number[];

interface Room {
  readonly sources: number;
  /** The token that ends a target. */
  readonly end: number;
  /** The most tokens of a target, where that was said. */
  readonly length: number | undefined;
}

/** One for each source, empty where none were given. @throws BpttError for another number of them, and for those that no target can go on from. */
export function checkPrefixes(
  where: string,
  given: readonly Prefix[] | undefined,
  { sources, end, length = Number.POSITIVE_INFINITY }: Room,
): readonly Int32Array[] {
  if (given === undefined) return Array.from({ length: sources }, () => new Int32Array(0));
  if (given.length !== sources) {
    const got = `${given.length} for ${sources} sources`;
    throw new BpttError('invalid-shape', `${where}: expected one prefix for each source, got ${got}`);
  }
  return given.map((prefix, index) => {
    const place = `${where}[${index}]`;
    const tokens = Int32Array.from(checkTokens(place, prefix, end + 1) as ArrayLike<number>);
    const ended = tokens.indexOf(end);
    if (ended >= 0) {
      throw new BpttError(
        'invalid-argument',
        `${place}[${ended}]: expected no token that ends the target, got ${end}, which does`,
      );
    }
    if (tokens.length < length) return tokens;
    throw new BpttError(
      'invalid-argument',
      `${place}: expected fewer tokens than the length, ${length}, got ${tokens.length}`,
    );
  });
}
