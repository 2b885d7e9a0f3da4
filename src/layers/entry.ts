// What every entry of a description may say beside its kind's own options, and how an entry brings its kind along.
import { checkObject } from '../base/check.ts';
import type { LayerKind } from './contract.ts';

/** Where an entry stands among the others. */
export interface EntryOptions {
  /** What others call it by, what its parameters are called by, and an input or output in batches. Default: none. */
  readonly name?: string;
  /** The entry that it reads, or several for a kind that reads several. Default: the entry before. */
  readonly from?: string | readonly string[];
}

/** The same for a layer with a state. */
export interface StartOptions extends EntryOptions {
  /** The entry whose last states are the first of this one; or whose one output a row is its first h. Default: zero, or what is passed. */
  readonly start?: string;
}

/** Where an entry keeps its kind, so that a page loads only the kinds whose functions it calls. Files and workers have no such thing. */
const KIND = Symbol('kind');

const WORDS = ['name', 'from', 'start'] as const;

/** The entry that a function such as `dense` returns: its checked options, and the words that say where it stands. */
export function entry<Description extends { readonly kind: string }>(
  kind: LayerKind<Description>,
  options: unknown,
  where = kind.kind,
): Description {
  const { words, rest } = split(checkObject(where, options));
  const description = { ...kind.check({ kind: kind.kind, ...rest }, where), ...words };
  return Object.defineProperty(description, KIND, { value: kind });
}

/** What an entry says of where it stands, apart from the rest. */
export function split(options: Readonly<Record<string, unknown>>) {
  const given = WORDS.filter((word) => options[word] !== undefined);
  return {
    words: Object.fromEntries(given.map((word) => [word, options[word]])),
    rest: Object.fromEntries(Object.entries(options).filter(([key]) => !WORDS.some((word) => word === key))),
  };
}

/** The kind that an entry brings along. */
export function kindIn(value: object): LayerKind<never> | undefined {
  return (value as { readonly [KIND]?: LayerKind<never> })[KIND];
}
