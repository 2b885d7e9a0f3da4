// What a user says of a layer of their own, and what its functions get.
import { callable, checkFields, oneOf, optional, string, unchecked, withDefault } from '../base/fields.ts';
import type { Initializer } from '../layers/initializers.ts';
import type { Reals } from '../wasm/arena.ts';

/** Options by name, with the values that they have where nobody gives them; a value's type is that of the option. */
export type OwnOptions = Readonly<Record<string, number | boolean | string | readonly number[]>>;

/** How many features each of the entries has that the layer reads. */
export type Sizes = readonly [number, ...number[]];

/** Views of what each of these entries gives. */
export type Views = readonly [Reals, ...Reals[]];

/** A parameter of a layer. */
export interface OwnParameter {
  /** [n], or [rows, columns]: such a matrix is subject to weight decay, L1 and L2. */
  readonly shape: readonly [number] | readonly [number, number];
  /** Default: zeros for [n], Glorot uniform for a matrix. */
  readonly initializer?: Initializer;
}

/** What `forward` gets. */
export interface OwnForward<Options, Name extends string> {
  /** Rows of numbers: all rows of all steps that are computed. */
  readonly rows: number;
  /** How many features each of the entries has that it reads. */
  readonly sizes: Sizes;
  /** How many features it gives. */
  readonly size: number;
  /**
   * How far rows of n numbers are apart, in numbers: row r of `x[0]` begins at `r * ld(sizes[0])`. What stands between the rows is zero,
   * and is set to zero again after each call: an elementwise layer may go over whole views.
   */
  readonly ld: (n: number) => number;
  /** The options of this entry, with the defaults of the definition. */
  readonly options: Options;
  /** Vectors of n numbers; matrices with rows `ld(columns)` apart. To be read only. */
  readonly parameters: Readonly<Record<Name, Reals>>;
  /** What it reads, [rows, sizes[i]] each. To be read only. */
  readonly x: Views;
  /** What it gives, [rows, size]: to be written wholly. */
  readonly y: Reals;
}

/** What `backward` gets: the same, with `y` as `forward` left it, to be read only. */
export interface OwnBackward<Options, Name extends string> extends OwnForward<Options, Name> {
  /** The gradient of `y`. To be read only. */
  readonly dy: Reals;
  /** Those of `x`: to be written wholly. */
  readonly dx: Views;
  /** Those of the parameters: to be added to, from the last row to the first, so that the bits are the same however steps are cut. */
  readonly gradients: Readonly<Record<Name, Reals>>;
}

/** A layer as a user defines it. */
export interface LayerDefinition<Options extends OwnOptions, Name extends string> {
  /** What files, errors and parameters call it: `own:swish` in descriptions, `swish.scale`. */
  readonly kind: string;
  /** `several`: it may read several entries, which must be on the same clock. Default: one. */
  readonly ports?: 'several';
  /** Its options by name, with their defaults. Default: it has none. */
  readonly options?: Options;
  /** Throws an error for options that are wrong. Default: what the types of `options` say is all. */
  readonly check?: (options: Options) => void;
  /** How many features it gives. Default: as many as the first entry that it reads. */
  readonly output?: (sizes: Sizes, options: Options) => number;
  /** By name. Default: none. */
  readonly parameters?: (sizes: Sizes, options: Options) => Readonly<Record<Name, OwnParameter>>;
  /** Writes `y` for the `x` that it reads. */
  readonly forward: (pass: OwnForward<Options, Name>) => void;
  /** Writes `dx` for the gradient `dy`, and adds to the gradients of the parameters. */
  readonly backward: (pass: OwnBackward<Options, Name>) => void;
}

const fields = {
  kind: string,
  ports: optional(oneOf('several')),
  options: withDefault(unchecked<OwnOptions>(), () => ({})),
  check: optional(callable<(options: OwnOptions) => void>()),
  output: optional(callable<(sizes: Sizes, options: OwnOptions) => number>()),
  parameters: optional(callable<(sizes: Sizes, options: OwnOptions) => Readonly<Record<string, OwnParameter>>>()),
  forward: callable<(pass: OwnForward<OwnOptions, string>) => void>(),
  backward: callable<(pass: OwnBackward<OwnOptions, string>) => void>(),
};

/** A definition with what it leaves out. */
export type CheckedDefinition = ReturnType<typeof checkDefinition>;

/** @throws BpttError for definitions that are wrong. */
export const checkDefinition = (given: unknown) => checkFields('defineLayer', given, fields);
