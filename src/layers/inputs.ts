// What a model reads: the first entry of its description. Not a layer: it computes nothing.
import { checkInteger } from '../base/check.ts';
import { checkKind, integer } from '../base/fields.ts';

export interface TokensDescription {
  readonly kind: 'tokens';
  readonly size: number;
}

export interface FeaturesDescription {
  readonly kind: 'features';
  readonly size: number;
}

export type InputDescription = TokensDescription | FeaturesDescription;

/**
 * The model reads tokens: Int32Array [T,B] of ids from 0 to `size` - 1. A layer after it looks rows of its weights up,
 * which is what multiplying a one-hot vector gives.
 *
 * @throws BpttError when size is not an integer ≥ 1.
 */
export function tokens(size: number): TokensDescription {
  return { kind: 'tokens', size: checkInteger('tokens(size)', size, 1) };
}

/**
 * The model reads real numbers: arrays [T,B,size].
 *
 * @throws BpttError when size is not an integer ≥ 1.
 */
export function features(size: number): FeaturesDescription {
  return { kind: 'features', size: checkInteger('features(size)', size, 1) };
}

const fields = { size: integer({ min: 1 }) };

/** Checks an input description that may come from a file. */
export function checkInputDescription(where: string, description: unknown): InputDescription {
  return checkKind(where, description, { tokens: fields, features: fields });
}
