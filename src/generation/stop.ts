// Stop sequences: tokens that may be the beginning of one are held back until it is clear.
import { checkTokens, readable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';

/** Sequences of tokens at which generation ends. */
export type StopSequences = readonly (Int32Array | readonly number[])[];

/** @throws BpttError for a list that is not one of sequences of at least one token each. */
export function checkStop(where: string, value: StopSequences, size: number): readonly Int32Array[] {
  if (!readable(where, () => Array.isArray(value))) {
    throw new BpttError('invalid-argument', `${where}: expected an array of sequences of tokens, got ${show(value)}`);
  }
  return Array.from(value, (sequence: unknown, index) => {
    const tokens = Int32Array.from(checkTokens(`${where}[${index}]`, sequence, size) as ArrayLike<number>);
    if (tokens.length > 0) return tokens;
    throw new BpttError('invalid-argument', `${where}[${index}]: expected at least 1 token, got 0`);
  });
}

/** The stop sequence with which `tokens` end, the longest that does, or -1. */
export function ending(tokens: ArrayLike<number>, stops: readonly Int32Array[]): number {
  let longest = -1;
  for (const [index, stop] of stops.entries()) {
    if (longest >= 0 && stop.length <= stops[longest]!.length) continue;
    if (matches(tokens, stop, stop.length)) longest = index;
  }
  return longest;
}

/** How many of the last tokens are the beginning of a stop sequence: the longest that is. */
function begun(tokens: ArrayLike<number>, stops: readonly Int32Array[]): number {
  let longest = 0;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, tokens.length); length > longest; length--) {
      if (matches(tokens, stop, length)) longest = length;
    }
  }
  return longest;
}

/** Whether the last `length` tokens are the first of `stop`. */
function matches(tokens: ArrayLike<number>, stop: Int32Array, length: number): boolean {
  const start = tokens.length - length;
  if (start < 0) return false;
  for (let i = 0; i < length; i++) if (tokens[start + i] !== stop[i]) return false;
  return true;
}

/** Lets items through, one a token, but for those of a stop sequence. */
export class StopFilter<T> {
  readonly #stops: readonly Int32Array[];
  #tokens: number[] = [];
  #items: T[] = [];
  #found = -1;

  constructor(stops: readonly Int32Array[]) {
    this.#stops = stops;
  }

  /** Which stop sequence has come, or -1. */
  get found(): number {
    return this.#found;
  }

  /** Takes the next token; returns what is now known to be no part of a stop sequence. */
  push(token: number, item: T): readonly T[] {
    this.#tokens.push(token);
    this.#items.push(item);
    this.#found = ending(this.#tokens, this.#stops);
    if (this.#found < 0) return this.#release(begun(this.#tokens, this.#stops));
    const text = this.#release(this.#stops[this.#found]!.length);
    this.#items = [];
    return text;
  }

  /** What is held back, now that nothing follows. */
  flush(): readonly T[] {
    return this.#release(0);
  }

  /** Lets go of all but the last `held`. */
  #release(held: number): readonly T[] {
    const count = this.#items.length - held;
    this.#tokens.splice(0, count);
    return this.#items.splice(0, count);
  }
}
