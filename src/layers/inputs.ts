// What a model reads. Not layers: inputs compute nothing.
import { checkInteger } from '../base/check.ts';
import {
  type Checked,
  checkFields,
  checkKind,
  integer,
  number,
  type Options,
  optional,
  string,
} from '../base/fields.ts';

export const inputOptions = {
  /** What batches call it where a model has several inputs. Default: none. */
  name: optional(string),
  /**
   * Its time axis: `row` for one value a row, which has no steps, or the name of an input before it whose steps it shares. Default: its
   * own.
   */
  clock: optional(string),
  /**
   * Marks steps that are none, also between others, as Keras's `Masking` and `mask_zero` do: those with this token, or whose features are all
   * this number. As padding they leave every state as it is, their outputs are zero, and they have neither loss nor gradient. Of several
   * inputs on one time axis each can skip a step. Default: all steps are some, up to the `lengths` of a batch.
   */
  skip: optional(number()),
};
const fields = { size: integer({ min: 1 }), ...inputOptions };
const featureFields = {
  ...fields,
  /** Of an `image` the pixels of a column. Default: features are no image. */
  height: optional(integer({ min: 1 })),
};

/** Where an input stands among others. */
export interface InputOptions extends Options<typeof inputOptions> {}

export interface TokensDescription extends Checked<typeof fields> {
  readonly kind: 'tokens';
}

export interface FeaturesDescription extends Checked<typeof featureFields> {
  readonly kind: 'features';
}

export type InputDescription = TokensDescription | FeaturesDescription;

/**
 * The model reads tokens: Int32Array [T,B] of ids from 0 to `size` - 1. A layer after it looks rows of its weights up,
 * which is what multiplying a one-hot vector gives.
 *
 * @throws BpttError when size is not an integer ≥ 1, and for unknown options.
 */
export function tokens(size: number, given: InputOptions = {}): TokensDescription {
  return { kind: 'tokens', size: checkInteger('tokens(size)', size, 1), ...checkFields('tokens', given, inputOptions) };
}

/**
 * The model reads real numbers: arrays [T,B,size], or [B,size] with `clock: 'row'`.
 *
 * @throws BpttError when size is not an integer ≥ 1, and for unknown options.
 */
export function features(size: number, given: InputOptions = {}): FeaturesDescription {
  return {
    kind: 'features',
    size: checkInteger('features(size)', size, 1),
    ...checkFields('features', given, inputOptions),
  };
}

/** Whether an entry is an input. */
export function isInput({ kind }: Readonly<Record<string, unknown>>): boolean {
  return kind === 'tokens' || kind === 'features';
}

/** Checks an input that may come from a file. */
export function checkInputDescription(where: string, description: unknown): InputDescription {
  return checkKind(where, description, { tokens: fields, features: featureFields });
}
