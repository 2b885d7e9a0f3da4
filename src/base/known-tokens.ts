// Tokens that need no check, because this package made the array from tokens that it had checked.
//
// A text is checked when it is cut into rows; without this it would be checked anew in each epoch and each validation, 33 times over the
// default run of the command line.

const largest = new WeakMap<Int32Array, number>();

/** Says that an array holds tokens from 0 to `most` and nothing else. It must not be written into afterwards. */
export function rememberTokens(tokens: Int32Array, most: number): void {
  largest.set(tokens, most);
}

/** Whether an array is known to hold none but tokens from 0 to `size` - 1. */
export function areKnownTokens(tokens: Int32Array, size: number): boolean {
  return (largest.get(tokens) ?? Number.POSITIVE_INFINITY) < size;
}
