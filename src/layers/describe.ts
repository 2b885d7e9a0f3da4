// From options to an entry of a description: plain data of one kind of layer, checked, with all defaults filled in, and what it says of
// where it stands.
import { checkObject, checkOneOf } from '../base/check.ts';
import { checkFields, type Field, list, type Options, optional, string, such, withDefault } from '../base/fields.ts';
import type { LayerKind } from './contract.ts';

const several = list(string, 'names', 1);

const names: Field<string | readonly string[]> = {
  check: (where, value) => (Array.isArray(value) ? several.check(where, value) : string.check(where, value)),
};

/** Where an entry stands among the others. */
export const entryFields = {
  /** What others call it by, what its parameters are called by, and an input or output in batches. Default: none. */
  name: optional(string),
  /** The entry that it reads, or several for a kind that reads several. Default: the entry before. */
  from: optional(names),
};

/** The same for a layer with a state. */
export const startFields = {
  ...entryFields,
  /** The entry whose last states are the first of this one; or whose one output a row is its first h. Default: zero, or what is passed. */
  start: optional(string),
};

/** Where an entry stands among the others. */
export interface EntryOptions extends Options<typeof entryFields> {}

/** The same for a layer with a state. */
export interface StartOptions extends Options<typeof startFields> {}

/**
 * Where an entry keeps its kind, so that a page loads only the kinds whose functions it calls. Files and workers have no such thing. One
 * for all copies of the package that a program may have: a module of users' own layers imports another copy than a worker has.
 */
const KIND = Symbol.for('bptt.kind');

/** A function that describes layers of a kind. */
export type LayerFunction = (...options: never[]) => object;

/**
 * In place of options: asks such a function for its kind alone. A property of the function would have to be set as the module is loaded, and
 * what does something then is in every page, named or not.
 */
const ASKED = Symbol('kind');

/** The kind that a function describes layers of, where it is one that does. */
function kindOfFunction(one: LayerFunction): LayerKind<never> | undefined {
  try {
    return kindIn(one) ?? kindIn(one(ASKED as never));
  } catch {
    return undefined;
  }
}

export const kindsFields = {
  /** The functions of layers that are not among those of every page: users' own. What they have described itself needs them not; files do. */
  kinds: withDefault<Field<readonly LayerFunction[]>>(
    list(
      such(
        'a function that describes layers',
        (value) => typeof value === 'function' && kindOfFunction(value) !== undefined,
      ),
      'functions that describe layers',
    ),
    [],
  ),
};

/** The kinds of functions that were handed in. */
export function kindsOf(functions: readonly LayerFunction[]): readonly LayerKind<never>[] {
  return functions.map((one) => kindOfFunction(one)!);
}

/** The entry of a layer with these options, which brings its kind along. */
export function describe<Description extends { readonly kind: string }>(
  layer: LayerKind<Description>,
  options: unknown,
  where: string = layer.kind,
): Description {
  if (options === ASKED) return bring({}, layer as never) as Description;
  const fields = { ...layer.fields, ...startFields };
  const description = { kind: layer.kind, ...checkFields(where, options, fields) } as unknown as Description;
  layer.refuse?.(description, where);
  return bring(description, layer as never);
}

/** Lets an entry, or a user's function that describes such entries, bring its kind along. */
export function bring<T extends object>(value: T, layer: LayerKind<never>): T {
  return Object.defineProperty(value, KIND, { value: layer });
}

/** The kind that an entry or a function brings along. */
export function kindIn(entry: object | undefined): LayerKind<never> | undefined {
  return (entry as { readonly [KIND]?: LayerKind<never> } | undefined)?.[KIND];
}

/** The kinds that the entries of a model have brought along. */
export function kindsIn(description: readonly object[]): readonly LayerKind<never>[] {
  return [...new Set(description.map(kindIn))].filter((kind) => kind !== undefined);
}

/** Checks a description, which may come from a file, of one of several kinds of layers, that stands inside of another. */
export function checkDescription<Description extends { readonly kind: string }>(
  where: string,
  value: unknown,
  kinds: readonly LayerKind<Description>[],
): Description {
  const { kind, ...options } = checkObject(where, value);
  checkOneOf(
    `${where}.kind`,
    kind,
    kinds.map((layer) => layer.kind),
  );
  const layer = kinds.find((one) => one.kind === kind)!;
  const description = { kind, ...checkFields(where, options, layer.fields) } as unknown as Description;
  layer.refuse?.(description, where);
  return description;
}
