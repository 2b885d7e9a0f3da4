// @ts-check
/** Where in a valid call a value can be replaced, and what the types allow there. */
import { DEPTH } from './types.js';

/** @typedef {import('./types.js').Shape} Shape */
/** @typedef {readonly (string | number)[]} Path from the list of arguments: `[1, 'truncation', 'k1']` */
/** @typedef {{ path: Path, name: string, segments: string[], shape: Shape, optional: boolean }} Place */

/**
 * The places of a call, by its types and its arguments: in a union those of the members that the argument is one of. Of a list the first
 * element of each kind stands for all, of what is by name the first name.
 * @param {import('./types.js').PublicFunction} of
 * @param {readonly unknown[]} args
 * @returns {Place[]}
 */
export function placesOf(of, args) {
  return of.parameters.flatMap(({ name, shape, optional }, index) => {
    const named = name.startsWith('__') ? (of.name.split('.').at(-1) ?? '') : name;
    const place = { path: [index], name: named, segments: [named], shape, optional };
    return [place, ...placesIn(place, args[index])];
  });
}

/**
 * @param {Place} above
 * @param {unknown} value
 * @returns {Place[]}
 */
function placesIn(above, value) {
  if (above.path.length >= DEPTH || typeof value !== 'object' || value === null) return [];
  /** @type {Map<string | number, Place>} */
  const found = new Map();
  for (const shape of membersOf(above.shape)) {
    if (!admits(shape, value)) continue;
    for (const { key, shape: inner, optional } of childrenOf(shape, value)) {
      const earlier = found.get(key);
      const merged = earlier ? { kind: /** @type {const} */ ('union'), types: [earlier.shape, inner] } : inner;
      const name = typeof key === 'number' ? `${above.name}[${key}]` : `${above.name}.${key}`;
      const segments = typeof key === 'number' ? above.segments : [...above.segments, key];
      found.set(key, {
        path: [...above.path, key],
        name,
        segments,
        shape: merged,
        optional: optional || (earlier?.optional ?? false),
      });
    }
  }
  return [...found.values()].flatMap((place) => {
    const inner = /** @type {Record<string | number, unknown>} */ (value)[place.path.at(-1) ?? ''];
    return [place, ...placesIn(place, inner)];
  });
}

/**
 * @param {Shape} shape
 * @param {object} value
 * @returns {{ key: string | number, shape: Shape, optional: boolean }[]}
 */
function childrenOf(shape, value) {
  if (shape.kind === 'list') {
    const kinds = Array.isArray(value) ? value.map((each) => Object(each).kind) : [];
    const firsts = [...kinds.keys()].filter((index) => kinds.indexOf(kinds[index]) === index);
    return firsts.map((key) => ({ key, shape: shape.element, optional: false }));
  }
  if (shape.kind !== 'object') return [];
  const children = Object.entries(shape.fields).map(([key, field]) => ({ key, ...field }));
  const [first] = Object.keys(value).filter((key) => !(key in shape.fields));
  if (shape.index && first !== undefined) children.push({ key: first, shape: shape.index, optional: true });
  return children;
}

/** @param {Shape} shape @returns {Shape[]} */
const membersOf = (shape) => (shape.kind === 'union' ? shape.types.flatMap(membersOf) : [shape]);

/**
 * The arguments with another value in one place; what lies on the way there is copied.
 * @param {unknown} whole
 * @param {Path} path
 * @param {(valid: unknown) => unknown} make
 * @returns {unknown}
 */
export function replaced(whole, [key, ...rest], make) {
  if (key === undefined) return make(whole);
  const source = /** @type {Record<string | number, unknown>} */ (whole);
  const copy = /** @type {Record<string | number, unknown>} */ (Array.isArray(whole) ? [...whole] : { ...source });
  copy[key] = replaced(source[key], rest, make);
  return copy;
}

/**
 * Whether a value is of a type. What looks at it may throw, as a revoked proxy does: then it is of none.
 * @param {Shape} shape
 * @param {unknown} value
 * @returns {boolean}
 */
export function admits(shape, value) {
  try {
    return isOf(shape, value);
  } catch {
    return shape.kind === 'any';
  }
}

/** @param {Shape} shape @param {any} value @returns {boolean} */
function isOf(shape, value) {
  switch (shape.kind) {
    case 'any':
      return true;
    case 'primitive':
      if (shape.name === 'null') return value === null;
      if (shape.name === 'void') return value === undefined;
      if (shape.name === 'object') return Object(value) === value;
      // NaN and the infinities are numbers, but nowhere the right ones where one number is asked for.
      if (shape.name === 'number') return Number.isFinite(value);
      return typeof value === shape.name;
    case 'literal':
      return value === shape.value;
    case 'union':
      return shape.types.some((type) => isOf(type, value));
    case 'function':
      return typeof value === 'function';
    case 'list': {
      const listed =
        Array.isArray(value) ||
        (shape.like &&
          ((ArrayBuffer.isView(value) && !(value instanceof DataView)) || typeof value?.length === 'number'));
      return (
        listed &&
        Array.from({ length: Math.min(value.length, 100) }, (_, i) => value[i]).every((each) =>
          isOf(shape.element, each),
        )
      );
    }
    case 'instance':
      return isInstance(shape.name, value);
    case 'object': {
      if (typeof value !== 'object' || value === null || (Array.isArray(value) && shape.index)) return false;
      const fields = Object.entries(shape.fields);
      if (
        !fields.every(([name, { optional, shape: inner }]) =>
          value[name] === undefined ? optional : isOf(inner, value[name]),
        )
      )
        return false;
      const others = Object.keys(value).filter((name) => !(name in shape.fields));
      return shape.index === undefined || others.every((name) => isOf(/** @type {Shape} */ (shape.index), value[name]));
    }
  }
}

/** @param {string} name @param {any} value */
function isInstance(name, value) {
  if (name === 'Iterable') return typeof value?.[Symbol.iterator] === 'function';
  if (name === 'AsyncIterable') return typeof value?.[Symbol.asyncIterator] === 'function';
  if (name === 'Module') return value instanceof WebAssembly.Module;
  if (name === 'ArrayBufferView') return ArrayBuffer.isView(value);
  for (
    let prototype = value === null ? null : Object.getPrototypeOf(Object(value));
    prototype;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    if (prototype.constructor?.name === name) return true;
  }
  return false;
}
