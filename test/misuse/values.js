// @ts-check
/** What is put in the place of a right value: each wrong nearly everywhere. Made anew for each call, since a call may keep or change it. */

class Hostile extends Error {
  /** @param {string} where */
  constructor(where) {
    super(`thrown by ${where}`);
  }
}

/** Whether an error is that of the function that throws. @param {unknown} error */
export const isOwn = (error) => error instanceof Hostile && error.message === 'thrown by a function';

/** @param {string} where */
const thrower = (where) => () => {
  throw new Hostile(where);
};

/**
 * A promise that has failed, and whose failure is nobody's business but that of who awaits it.
 * @returns {Promise<never>}
 */
function rejected() {
  const promise = Promise.reject(new Hostile('a rejected promise'));
  promise.catch(() => {});
  return promise;
}

function detached() {
  const array = new Float32Array(4);
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}

function revoked() {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function cycle() {
  /** @type {Record<string, unknown>} */
  const value = {};
  value.itself = value;
  return value;
}

/** @param {unknown} valid */
function throwingGetters(valid) {
  const names = typeof valid === 'object' && valid !== null ? Object.keys(valid) : ['length'];
  const value = {};
  for (const name of names)
    Object.defineProperty(value, name, { enumerable: true, get: thrower(`the getter of ${name}`) });
  return value;
}

const traps = ['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'apply', 'construct'];

/**
 * Name and maker of each. A maker gets the value that is right there.
 * @type {Readonly<Record<string, (valid: unknown) => unknown>>}
 */
export const values = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  false: () => false,
  NaN: () => NaN,
  Infinity: () => Infinity,
  '-Infinity': () => -Infinity,
  '-1': () => -1,
  '-0': () => -0,
  0: () => 0,
  0.1: () => 0.1,
  1.5: () => 1.5,
  1e6: () => 1e6,
  '2^31': () => 2 ** 31,
  '2^53': () => 2 ** 53,
  1e308: () => 1e308,
  '10n': () => 10n,
  'an empty string': () => '',
  'a string': () => 'x',
  'a number as a string': () => '3',
  '"__proto__"': () => '__proto__',
  '"constructor"': () => 'constructor',
  'half a surrogate pair': () => '\ud800',
  'a zero character': () => '\0',
  'a long string': () => 'a'.repeat(100_000),
  'an empty array': () => [],
  'an array of holes': () => new Array(3),
  '[null]': () => [null],
  '[NaN]': () => [NaN],
  '[-1]': () => [-1],
  '["x"]': () => ['x'],
  '[[]]': () => [[]],
  '[{}]': () => [{}],
  'an empty object': () => ({}),
  'an object without a prototype': () => Object.create(null),
  'an object with length': () => ({ length: 3 }),
  'an object with length 2^53': () => ({ length: 2 ** 53 }),
  'a cycle': cycle,
  'a frozen object': () => Object.freeze({ x: 1 }),
  'a symbol': () => Symbol('hostile'),
  'a function': () => () => {},
  'a function that throws': () => thrower('a function'),
  'an async function': () => async () => {},
  'a class': () => class Foreign {},
  'a promise': (valid) => Promise.resolve(valid),
  'a rejected promise': rejected,
  'a date': () => new Date(0),
  'an invalid date': () => new Date(NaN),
  'a map': () => new Map([['x', 1]]),
  'a set': () => new Set([1]),
  'a regular expression': () => /x/g,
  'an error': () => new Error('x'),
  'a boxed number': () => Object(3),
  'a boxed string': () => Object('x'),
  'an empty Float32Array': () => new Float32Array(),
  'a Float32Array': () => Float32Array.of(1, 2, 3),
  'a Float64Array with NaN': () => Float64Array.of(NaN),
  'an Int8Array': () => Int8Array.of(1, 2, 3),
  'a Uint8Array': () => Uint8Array.of(1, 2, 3),
  'a BigInt64Array': () => BigInt64Array.of(1n),
  'a detached array': detached,
  'an ArrayBuffer': () => new ArrayBuffer(8),
  'a DataView': () => new DataView(new ArrayBuffer(8)),
  'a generator': () => (function* () {})(),
  'a thenable that throws': () => Object.defineProperty({}, 'then', { get: thrower('the getter of then') }),
  'getters that throw': throwingGetters,
  'conversions that throw': () => ({
    toString: thrower('toString'),
    valueOf: thrower('valueOf'),
    toJSON: thrower('toJSON'),
  }),
  'a proxy that throws': () =>
    new Proxy({}, Object.fromEntries(traps.map((trap) => [trap, thrower(`the trap ${trap}`)]))),
  'a revoked proxy': revoked,
};
