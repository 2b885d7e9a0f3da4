// What a model reads. Not layers: inputs compute nothing.
import { checkInteger, checkOptions, checkString } from '../base/check.ts';
import type { Signal } from '../base/signal.ts';

/** Where an input stands among others. */
export interface InputOptions {
  /** What batches call it where a model has several inputs. Default: none. */
  readonly name?: string;
  /**
   * Its time axis: `row` for one value a row, which has no steps, or the name of an input before it whose steps it shares. Default: its own.
   */
  readonly clock?: string;
}

export interface TokensDescription extends InputOptions {
  readonly kind: 'tokens';
  readonly size: number;
}

export interface FeaturesDescription extends InputOptions {
  readonly kind: 'features';
  readonly size: number;
}

export type InputDescription = TokensDescription | FeaturesDescription;

/**
 * The model reads tokens: Int32Array [T,B] of ids from 0 to `size` - 1. A layer after it looks rows of its weights up,
 * which is what multiplying a one-hot vector gives.
 *
 * @throws BpttError when size is not an integer ≥ 1, and for unknown options.
 */
export function tokens(size: number, options: InputOptions = {}): TokensDescription {
  return { kind: 'tokens', size: checkInteger('tokens(size)', size, 1), ...checkInputOptions('tokens', options) };
}

/**
 * The model reads real numbers: arrays [T,B,size], or [B,size] with `clock: 'row'`.
 *
 * @throws BpttError when size is not an integer ≥ 1, and for unknown options.
 */
export function features(size: number, options: InputOptions = {}): FeaturesDescription {
  return { kind: 'features', size: checkInteger('features(size)', size, 1), ...checkInputOptions('features', options) };
}

function checkInputOptions(where: string, options: InputOptions): InputOptions {
  checkOptions(where, options, ['name', 'clock']);
  const { name, clock } = options;
  return {
    ...(name !== undefined && { name: checkString(`${where}.name`, name) }),
    ...(clock !== undefined && { clock: checkString(`${where}.clock`, clock) }),
  };
}

/** Whether an entry is an input. */
export function isInput({ kind }: Readonly<Record<string, unknown>>): boolean {
  return kind === 'tokens' || kind === 'features';
}

/** Checks an input that may come from a file. */
export function checkInputDescription(
  description: Readonly<Record<string, unknown>>,
  where: string,
): { readonly description: InputDescription; readonly signal: Signal } {
  const { kind, size: given, ...options } = description;
  const signal: Signal = {
    kind: kind === 'tokens' ? 'tokens' : 'features',
    size: checkInteger(`${where}.size`, given, 1),
  };
  return { description: { ...signal, ...checkInputOptions(where, options) }, signal };
}
