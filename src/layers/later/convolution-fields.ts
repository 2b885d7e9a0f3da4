// The options of convolutions: pages load them with what convolutions do.
import { checkInteger, fail, show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { type Field, integer, type Options, withDefault } from '../../base/fields.ts';
import type { EntryOptions } from '../describe.ts';
import { heUniform, initializer, zeros } from '../initializers.ts';

const ways = ['valid', 'same', 'causal'] as const;

/** What stands around a sequence: `valid`, `same`, `causal`, or so many steps of zeros on both sides. */
export type Padding1d = (typeof ways)[number] | number;

const padding1d: Field<Padding1d> = {
  check(where, value) {
    if (typeof value === 'number') return checkInteger(where, value, 0);
    if (ways.some((way) => way === value)) return value as Padding1d;
    return fail(where, "'valid', 'same', 'causal' or an integer ≥ 0", show(value));
  },
};

/** What convolutions of one and two dimensions share. */
const shared = {
  /** F: how many filters, each of which gives one feature. */
  filters: integer({ min: 1 }),
  /** Into so many groups inputs and filters are divided; filters see the inputs of their group alone. As many as inputs: depthwise. Default 1. */
  groups: withDefault(integer({ min: 1 }), 1),
  /** Of the weight. Default He uniform. */
  weightInitializer: withDefault(initializer, () => heUniform()),
  /** Of the bias [F]. Default zeros. */
  biasInitializer: withDefault(initializer, () => zeros()),
};

export const conv1dFields = {
  ...shared,
  /** K: how many steps a filter sees. */
  kernel: integer({ min: 1 }),
  /** How many steps it moves on. Default 1. */
  stride: withDefault(integer({ min: 1 }), 1),
  /**
   * `valid`: none. `same`: zeros on both sides, so that there are as many steps as before; of an odd number of them one more after than before.
   * `causal`: all zeros before, so that no later step is read. An integer: so many on each side. Default `valid`.
   */
  padding: withDefault<Field<Padding1d>>(padding1d, 'valid'),
  /** How many steps lie between two that it sees, and one. Default 1: it sees neighbours. */
  dilation: withDefault(integer({ min: 1 }), 1),
};

/** How many filters `conv1d` has, how many steps each sees, and how they move. */
export interface Conv1dOptions extends EntryOptions, Options<typeof conv1dFields> {}

/** Its defaults are filled in where a model has it. */
export interface Conv1dDescription extends EntryOptions, Options<typeof conv1dFields> {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'conv1d';
}

/** @throws BpttError for options that are right one by one and not together. */
export function refuseConv1d({ filters, groups = 1, stride = 1, padding }: Conv1dDescription, where: string): void {
  checkGroups(where, filters, groups);
  if (stride === 1 || (padding !== 'same' && padding !== 'causal')) return;
  throw new BpttError(
    'invalid-argument',
    `${where}.stride: expected 1 with padding: '${padding}', got ${stride}; with an integer as padding it may be any`,
  );
}

/** Pixels down and across, or one number for both. */
export type Pair = number | readonly [down: number, across: number];

/** The same in errors. */
export const pairWords = (pair: Pair): string => (typeof pair === 'number' ? `${pair}` : `[${pair.join(', ')}]`);

/** The same, of at least so much. */
export const pair = (min: number): Field<Pair> => ({
  check(where, value) {
    if (!Array.isArray(value)) return checkInteger(where, value, min);
    if (value.length !== 2) fail(where, 'an integer, or two: [down, across]', show(value));
    return [checkInteger(`${where}[0]`, value[0], min), checkInteger(`${where}[1]`, value[1], min)];
  },
});

/** What stands around an image: nothing, so much that its size stays as it is, or so many pixels of zeros on each side. */
export type Padding2d = 'valid' | 'same' | Pair;

const padding2d: Field<Padding2d> = {
  check(where, value) {
    if (value === 'valid' || value === 'same') return value;
    if (typeof value === 'number' || Array.isArray(value)) return pair(0).check(where, value);
    return fail(where, "'valid', 'same', an integer >= 0 or two: [down, across]", show(value));
  },
};

export const conv2dFields = {
  ...shared,
  /** Pixels that a filter sees: of a square, or [down, across]. */
  kernel: pair(1),
  /** How many pixels it moves on: [down, across], or one number for both, as everywhere here. Default 1. */
  stride: withDefault<Field<Pair>>(pair(1), 1),
  /**
   * `valid`: none. `same`: zeros on all sides, so that images stay as large as they are; of an odd number of them one more below and after. A number
   * or two: so many pixels on each side. Default `valid`.
   */
  padding: withDefault<Field<Padding2d>>(padding2d, 'valid'),
  /** How many pixels lie between two that it sees, and one. Default 1: it sees neighbours. */
  dilation: withDefault<Field<Pair>>(pair(1), 1),
};

/** How many filters `conv2d` has, how many pixels each sees, and how they move. */
export interface Conv2dOptions extends EntryOptions, Options<typeof conv2dFields> {}

/** Its defaults are filled in where a model has it. */
export interface Conv2dDescription extends EntryOptions, Options<typeof conv2dFields> {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'conv2d';
}

/** @throws BpttError for options that are right one by one and not together. */
export function refuseConv2d({ filters, groups = 1, stride = 1, padding }: Conv2dDescription, where: string): void {
  checkGroups(where, filters, groups);
  if (padding !== 'same' || [stride].flat().every((step) => step === 1)) return;
  throw new BpttError(
    'invalid-argument',
    `${where}.stride: expected 1 with padding: 'same', got ${pairWords(stride)}; with numbers as padding it may be any`,
  );
}

function checkGroups(where: string, filters: number, groups: number): void {
  if (filters % groups === 0) return;
  throw new BpttError(
    'invalid-argument',
    `${where}.filters: expected a multiple of the ${groups} groups, got ${filters}`,
  );
}
