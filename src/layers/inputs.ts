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
const fields = {
  /** How many there are: tokens are 0 to `size` - 1, of features so many numbers are read at a step. */
  size: integer({ min: 1 }),
  ...inputOptions,
};
const featureFields = {
  ...fields,
  /** Of an `image` the pixels of a column. Default: features are no image. */
  height: optional(integer({ min: 1 })),
};

/** Where an input stands among others. */
export interface InputOptions extends Options<typeof inputOptions> {}

/** What `tokens` returns: an input of whole numbers, plain data. */
export interface TokensDescription extends Checked<typeof fields> {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'tokens';
}

/** What `features` and `image` return: an input of real numbers, plain data. */
export interface FeaturesDescription extends Checked<typeof featureFields> {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'features';
}

/** The first entry of a model, and any other that batches give numbers for: tokens or features. */
export type InputDescription = TokensDescription | FeaturesDescription;

/**
 * The model reads tokens: Int32Array [T,B] of ids from 0 to `size` - 1. A layer after it looks rows of its weights up,
 * which is what multiplying a one-hot vector gives.
 *
 * @throws BpttError when size is not an integer ≥ 1, and for unknown options.
 *
 * @example
 * const speaker = await createModel([tokens(4), elman({ units: 8 }), dense({ units: 4 })]);
 * const { outputs } = speaker.forward({ steps: 3, rows: 1, inputs: Int32Array.of(0, 3, 1) }); // [3,1,4] logits
 */
export function tokens(size: number, given: InputOptions = {}): TokensDescription {
  return { kind: 'tokens', size: checkInteger('tokens(size)', size, 1), ...checkFields('tokens', given, inputOptions) };
}

/**
 * The model reads real numbers: arrays [T,B,size], or [B,size] with `clock: 'row'`.
 *
 * @throws BpttError when size is not an integer ≥ 1, and for unknown options.
 *
 * @example
 * const forecaster = await createModel([features(3), gru({ units: 16 }), dense({ units: 1 })]);
 * const { outputs } = forecaster.forward({ steps: 2, rows: 1, inputs: Float32Array.of(1, 0, 0.5, 0, 1, 0.5) }); // [2,1,1]
 */
export function features(size: number, given: InputOptions = {}): FeaturesDescription {
  return {
    kind: 'features',
    /** How many there are: tokens are 0 to `size` - 1. */
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
