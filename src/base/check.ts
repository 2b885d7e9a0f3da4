// Checks at the public boundary. Each returns the value when it is right; its error says where, what was expected, what came.
import type { Dtype } from './dtype.ts';
import { BpttError } from './errors.ts';
import { areKnownTokens } from './known-tokens.ts';

/** The arrays that people may pass as numbers. */
export type Numbers = ArrayLike<number>;

const LONGEST = 40;

/** A value for a message: short, strings quoted, never an exception. */
export function show(value: unknown): string {
  try {
    return describe(value);
  } catch {
    return 'what cannot be read';
  }
}

function describe(value: unknown): string {
  switch (typeof value) {
    case 'string': {
      const characters = [...value.slice(0, 2 * LONGEST)];
      const short = characters.length > LONGEST || value.length > 2 * LONGEST;
      return JSON.stringify(short ? `${characters.slice(0, LONGEST).join('')}…` : value);
    }
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
      return `${value}n`;
    case 'function':
      return isCallable(value) ? 'a function' : 'a class';
    case 'object':
      if (value === null) return 'null';
      if (value instanceof Error) return `an error: ${value.message}`;
      if (Array.isArray(value)) return `an array of length ${value.length}`;
      if (ArrayBuffer.isView(value)) {
        const { length, byteLength } = value as unknown as { length?: number; byteLength: number };
        return `${kindOf(value)} of length ${length ?? byteLength}`;
      }
      return isPlain(value) ? 'an object' : kindOf(value).replace(/^Object$/, 'an object of a class');
    default:
      return String(value);
  }
}

/** What an object is made as: `Object`, `Map`, `Float32Array`. */
const kindOf = (value: unknown) => Object.prototype.toString.call(value).slice(8, -1);

/** @throws BpttError that says where, what was expected and what came. */
export function fail(where: string, expected: string, got: string): never {
  throw new BpttError('invalid-argument', `${where}: expected ${expected}, got ${got}`);
}

/**
 * What `read` makes of a value that comes from a caller.
 *
 * @throws BpttError that begins with `where` in place of what the value throws when it is looked at, as a getter or a revoked proxy may.
 */
export function readable<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof BpttError) throw cause;
    throw new BpttError('invalid-argument', `${where}: expected what can be read, got ${show(cause)}`, { cause });
  }
}

/** @throws BpttError for what cannot even be looked at, such as a revoked proxy or an array whose buffer has been sent away. */
export function checkReadable(where: string, value: unknown): void {
  readable(where, () => value instanceof Object && ArrayBuffer.isView(value) && (value as Int8Array).keys?.());
}

/**
 * Touches what a caller gives, and what is in it, before it is used here and there.
 *
 * @param expected What it is, where it must be an object.
 * @throws BpttError that names the part that cannot be looked at.
 */
export function checkLegible(where: string, value: unknown, expected?: string, depth = 2): void {
  checkReadable(where, value);
  if (expected !== undefined && !readable(where, () => isPlain(value))) fail(where, expected, show(value));
  if (depth === 0 || typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  for (const [name, part] of readable(where, () => Object.entries(value))) {
    if (typeof part === 'object') checkLegible(`${where}.${name}`, part, undefined, depth - 1);
  }
}

/** An integer from `min` to `max`; both default to the safe integers' ends. */
export function checkInteger(
  where: string,
  value: unknown,
  min = Number.MIN_SAFE_INTEGER,
  max = Number.MAX_SAFE_INTEGER,
): number {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  const limits = [
    min > Number.MIN_SAFE_INTEGER ? `>= ${min}` : '',
    max < Number.MAX_SAFE_INTEGER ? `<= ${max}` : '',
  ].filter(Boolean);
  return fail(where, ['an integer', limits.join(' and ')].filter(Boolean).join(' '), show(value));
}

export interface NumberLimits {
  readonly min?: number;
  readonly exclusiveMin?: number;
  readonly max?: number;
  readonly exclusiveMax?: number;
}

/** A finite number within the limits. */
export function checkNumber(where: string, value: unknown, limits: NumberLimits = {}): number {
  const { min, exclusiveMin, max, exclusiveMax } = limits;
  if (
    typeof value === 'number' &&
    Number.isFinite(value) &&
    (min === undefined || value >= min) &&
    (exclusiveMin === undefined || value > exclusiveMin) &&
    (max === undefined || value <= max) &&
    (exclusiveMax === undefined || value < exclusiveMax)
  ) {
    return value;
  }
  const parts = [
    min === undefined ? '' : `>= ${min}`,
    exclusiveMin === undefined ? '' : `> ${exclusiveMin}`,
    max === undefined ? '' : `<= ${max}`,
    exclusiveMax === undefined ? '' : `< ${exclusiveMax}`,
  ].filter(Boolean);
  return fail(where, ['a finite number', parts.join(' and ')].filter(Boolean).join(' '), show(value));
}

/** `true` or `false`. */
export function checkBoolean(where: string, value: unknown): boolean {
  return typeof value === 'boolean' ? value : fail(where, 'true or false', show(value));
}

/** A string. */
export function checkString(where: string, value: unknown): string {
  return typeof value === 'string' ? value : fail(where, 'a string', show(value));
}

/** One of the listed values. */
export function checkOneOf<const T>(where: string, value: unknown, list: readonly T[]): T {
  if (list.includes(value as T)) return value as T;
  const names = list.map((item) => show(item));
  return fail(where, names.length > 1 ? `one of ${names.join(', ')}` : names.join(), show(value));
}

/** Whether a value can be called: a class cannot. */
export function isCallable(value: unknown): boolean {
  return typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value));
}

/** Whether a value is a plain object. Those of another realm, such as a frame's, have another `Object.prototype`, at the end of their chain too. */
export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A plain object; `expected` says what it is. What is returned is a copy: what is checked is what is used. */
export function checkObject(where: string, value: unknown, expected = 'an object'): Readonly<Record<string, unknown>> {
  return readable(where, () => (isPlain(value) ? { ...value } : fail(where, expected, show(value))));
}

/**
 * An object that has none but the allowed keys.
 *
 * @throws BpttError `unknown-option` that names the first other key and the allowed one that looks most like it.
 */
export function checkOptions(
  where: string,
  value: unknown,
  allowed: readonly string[],
): Readonly<Record<string, unknown>> {
  const given = checkObject(where, value);
  for (const key of Object.keys(given)) {
    if (allowed.includes(key)) continue;
    const likely = nearest(key, allowed);
    const hint = likely === undefined ? '' : `; did you mean ${show(likely)}?`;
    const known = allowed.length === 0 ? 'no options' : `only ${allowed.join(', ')}`;
    throw new BpttError('unknown-option', `${where}: expected ${known}, got ${show(key)}${hint}`);
  }
  return given;
}

/** The candidate that looks most like `word`, when one does: at most a third of its letters differ. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Levenshtein distance, one row of the table at a time. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}

/** A Float32Array, Float64Array or Int32Array, or a plain array, of any length; its content is not looked at. */
export function checkNumbers(where: string, value: unknown): Numbers {
  checkReadable(where, value);
  if (
    value instanceof Float32Array ||
    value instanceof Float64Array ||
    value instanceof Int32Array ||
    Array.isArray(value)
  ) {
    return value;
  }
  return fail(where, 'a Float32Array, Float64Array, Int32Array or array of numbers', show(value));
}

/** `value.length` is `length`; `shape` says why, such as `[T=2,B=3]`. */
export function checkLength(where: string, value: { readonly length: number }, length: number, shape = ''): void {
  if (value.length === length) return;
  const why = shape === '' ? '' : ` for ${shape}`;
  throw new BpttError(
    'invalid-shape',
    `${where}: expected ${length} elements${why}, got ${value.length}${meant(where, length, value.length, shape)}`,
  );
}

/** What an array over steps may have been meant as. */
function meant(where: string, length: number, got: number, shape: string): string {
  const T = Number(/^\[T=(\d+)/.exec(shape)?.[1]);
  if (got * T === length && where.includes('targets')) return "; one a row is for returns: 'last'";
  return T > 0 ? '; time-major: all rows of a step, then those of the next' : '';
}

// One function for each kind of array: V8 then knows what it reads, and the loop is five times as fast. x·0 is NaN where x is not finite.
function finite32(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  return sum === 0;
}

function finite64(values: Float64Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  return sum === 0;
}

/** Whether all are finite; false also for arrays of another kind, which are to be looked at one by one. */
export function areFinite(values: Numbers): boolean {
  return values instanceof Float32Array ? finite32(values) : values instanceof Float64Array && finite64(values);
}

/** Only finite numbers. */
export function checkFinite(where: string, values: Numbers): void {
  if (areFinite(values)) return;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    const code = typeof values[i] === 'number' ? 'non-finite' : 'invalid-argument';
    throw new BpttError(code, `${where}[${i}]: expected a finite number, got ${show(values[i])}`);
  }
}

/** `length` finite numbers in an array of any of the accepted kinds. */
export function checkArray(where: string, value: unknown, length: number, shape = ''): Numbers {
  const array = checkNumbers(where, value);
  checkLength(where, array, length, shape);
  checkFinite(where, array);
  return array;
}

/** `length` numbers that are finite in `dtype`, and from `least` to `most` where that is said. */
export function checkReals(
  where: string,
  value: unknown,
  length: number,
  shape: string,
  dtype: Dtype,
  range?: readonly [least: number, most: number],
): Numbers {
  const values = checkArray(where, value, length, shape);
  const wide = dtype === 'f32' && !(values instanceof Float32Array);
  for (let i = 0; (wide || range !== undefined) && i < values.length; i++) {
    const number = values[i]!;
    if (wide && !Number.isFinite(Math.fround(number))) {
      throw new BpttError('non-finite', `${where}[${i}]: expected a number that is finite in f32, got ${number}`);
    }
    if (range !== undefined && !(number >= range[0] && number <= range[1])) {
      fail(`${where}[${i}]`, `a number from ${range[0]} to ${range[1]}`, show(number));
    }
  }
  return values;
}

/** Tokens: integers from 0 to `size` - 1 in an Int32Array or a plain array, `length` of them unless it is undefined. */
export function checkTokens(where: string, value: unknown, size: number, length?: number, shape = ''): Numbers {
  checkReadable(where, value);
  if (!(value instanceof Int32Array) && !Array.isArray(value)) {
    return fail(where, 'an Int32Array or array of tokens', show(value));
  }
  if (length !== undefined) checkLength(where, value, length, shape);
  if (value instanceof Int32Array && areKnownTokens(value, size)) return value;
  for (let i = 0; i < value.length; i++) {
    const token: unknown = value[i];
    if (Number.isInteger(token) && (token as number) >= 0 && (token as number) < size) continue;
    const code = typeof token === 'number' ? 'token-out-of-range' : 'invalid-argument';
    throw new BpttError(code, `${where}[${i}]: expected a token from 0 to ${size - 1}, got ${show(token)}`);
  }
  return value;
}

/** Flags, one byte each, 0 or 1. */
export function checkFlags(where: string, value: unknown, length: number, shape = ''): Uint8Array {
  checkReadable(where, value);
  if (!(value instanceof Uint8Array)) return fail(where, 'a Uint8Array of 0 and 1', show(value));
  checkLength(where, value, length, shape);
  let bits = 0;
  for (let i = 0; i < value.length; i++) bits |= value[i]!;
  if (bits <= 1) return value;
  const wrong = value.findIndex((flag) => flag > 1);
  return fail(`${where}[${wrong}]`, '0 or 1', show(value[wrong]));
}

/** Bytes. */
export function checkBytes(where: string, value: unknown): Uint8Array {
  checkReadable(where, value);
  return value instanceof Uint8Array ? value : fail(where, 'a Uint8Array', show(value));
}

/** An abort signal. */
export function checkSignal(where: string, value: unknown): AbortSignal {
  if (readable(where, () => typeof (value as AbortSignal | null)?.aborted === 'boolean')) return value as AbortSignal;
  return fail(where, 'an AbortSignal', show(value));
}
