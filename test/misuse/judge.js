// @ts-check
/** Makes one wrong call and says how it was answered. */
import { BpttError, NonFiniteError } from '../../build/index.js';
import { isHarmless, isLong } from './allowed.js';
import { admits, placesOf, replaced } from './places.js';
import { table, words } from './table.js';
import { isOwn, values } from './values.js';

/**
 * How a call was answered: `right`, since the value is legal there; `refused` by a BpttError that names the argument; `unnamed` by one that
 * does not; `foreign` by another exception; `accepted` though it is wrong.
 * @typedef {'right' | 'refused' | 'unnamed' | 'foreign' | 'accepted'} Answer
 *
 * @typedef {{ row: number, place: import('./places.js').Place, value: string }} WrongCall
 */

/** Items of what is gone through that are looked at. */
const ITEMS = 10;

/** Of the values in each place of a slow call, one of so many. */
const SLOW = 10;

/**
 * Every wrong call of a function.
 * @param {import('./types.js').PublicFunction} of
 * @returns {Promise<WrongCall[]>}
 */
export async function wrongCalls(of) {
  const calls = [];
  for (const [row, make] of (table[of.name] ?? []).entries()) {
    const { args, slow } = await make();
    for (const [at, place] of placesOf(of, args).entries()) {
      for (const [index, value] of Object.keys(values).entries()) {
        if (isLong(of.name, place.name, value)) continue;
        if (!slow || (at + index) % SLOW === 0) calls.push({ row, place, value });
      }
    }
  }
  return calls;
}

/** @type {Map<string, Promise<Record<string, any>>>} */
const modules = new Map();

/**
 * What is called, with the arguments.
 * @param {import('./types.js').PublicFunction} of
 * @param {object | undefined} on
 * @param {unknown[]} args
 */
async function perform({ entry, path, kind }, on, args) {
  const module = modules.get(entry) ?? import(new URL(`../../${entry}`, import.meta.url).href);
  modules.set(entry, module);
  const [name = '', member = ''] = path;
  const exported = (await module)[name];
  if (kind === 'function') return settle(exported(...args));
  if (kind === 'constructor') return new exported(...args);
  return settle((kind === 'static' ? exported : /** @type {any} */ (on))[member](...args));
}

/**
 * Waits for what a function gives, and goes through it where it is to be gone through.
 * @param {any} given
 */
async function settle(given) {
  const value = await given;
  const iterable = typeof value?.batches === 'function' ? value.batches(0, 0) : value;
  if (typeof iterable !== 'object' || iterable === null || ArrayBuffer.isView(iterable)) return;
  if (!(Symbol.iterator in iterable || Symbol.asyncIterator in iterable)) return;
  let left = ITEMS;
  for await (const _ of iterable) if (--left === 0) break;
}

/**
 * A row's call, made anew.
 * @param {import('./types.js').PublicFunction} of
 * @param {number} row
 */
async function callOf({ name }, row) {
  const make = table[name]?.[row];
  if (make === undefined) throw new Error(`test/misuse/calls has no row ${row} of ${name}`);
  return make();
}

/**
 * The call as its row has it: what must go well.
 * @param {import('./types.js').PublicFunction} of
 * @param {number} row
 */
export async function validCall(of, row) {
  const { on, args } = await callOf(of, row);
  await perform(of, on, args);
}

/**
 * @param {import('./types.js').PublicFunction} of
 * @param {WrongCall} call
 * @returns {Promise<{ answer: Answer, said: string, cpu: number }>} cpu: seconds
 */
export async function judge(of, { row, place, value }) {
  const { on, args } = await callOf(of, row);
  /** @type {unknown} */
  let made;
  const wrong = /** @type {unknown[]} */ (
    replaced(args, place.path, (valid) => {
      made = values[value]?.(valid);
      return made;
    })
  );
  const legal =
    (made === undefined && place.optional) || admits(place.shape, made) || isHarmless(of.name, place.name, value);
  const before = process.cpuUsage();
  const { thrown, error } = await perform(of, on, wrong).then(
    () => ({ thrown: false, error: undefined }),
    (/** @type {unknown} */ caught) => ({ thrown: true, error: caught }),
  );
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system) / 1e6;
  if (!thrown) return { answer: legal ? 'right' : 'accepted', said: '', cpu };
  // A learning rate that is legal may be too high: the training says so when it is.
  if (legal && error instanceof NonFiniteError) return { answer: 'right', said: '', cpu };
  // What a user's own function throws is the user's.
  if (legal && isOwn(error)) return { answer: 'right', said: '', cpu };
  if (!(error instanceof BpttError)) return { answer: 'foreign', said: saying(error), cpu };
  // What is legal by itself may be refused for what stands beside it, and a path is named by itself.
  const beside = legal ? [...of.parameters.map(({ name }) => name), ...siblingsIn(args, place.path)] : [];
  const itself = typeof made === 'string' && made !== '' && error.message.startsWith(made);
  const missing = typeof made === 'object' && made !== null ? fieldsOf(place.shape) : [];
  return {
    answer:
      itself || names(error.message, of, place, [...(words[of.name] ?? []), ...beside, ...missing])
        ? 'refused'
        : 'unnamed',
    said: error.message,
    cpu,
  };
}

/**
 * The names of what an object there has, one of which may be missing.
 * @param {import('./types.js').Shape} shape
 * @returns {string[]}
 */
function fieldsOf(shape) {
  if (shape.kind === 'union') return shape.types.flatMap(fieldsOf);
  return shape.kind === 'object' ? Object.keys(shape.fields) : [];
}

/**
 * The names beside a place.
 * @param {unknown} whole
 * @param {import('./places.js').Path} path
 */
function siblingsIn(whole, path) {
  let inner = /** @type {any} */ (whole);
  for (const key of path.slice(0, -1)) inner = inner[key];
  return path.length > 1 && !Array.isArray(inner) ? Object.keys(inner) : [];
}

/** @param {unknown} error */
function saying(error) {
  try {
    const { stack } = /** @type {Error} */ (error);
    return stack?.split('\n').slice(0, 6).join('\n') ?? String(error);
  } catch {
    return 'what cannot be shown';
  }
}

/** Arguments that are called so for want of a better name: their function's says which. */
const NAMELESS = /^(options|given|objective|definition)$/;

/**
 * Whether a message says which argument it is about: the option, or the argument that it is in; the function, where it has one alone, or
 * one of options, which have no name.
 * @param {string} message
 * @param {import('./types.js').PublicFunction} of
 * @param {import('./places.js').Place} place
 * @param {readonly string[]} says
 */
function names(message, { name, parameters, path }, { segments }, says) {
  const alone = parameters.length === 1 || NAMELESS.test(segments.at(-1) ?? '');
  const known = [...segments, ...says, ...(alone ? path : [])];
  return (
    known.some((word) => new RegExp(`(?<![\\w$])${word.replaceAll(/\W/g, '\\$&')}(?![\\w$])`, 'i').test(message)) ||
    message.startsWith(`${name}(`)
  );
}
