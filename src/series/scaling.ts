// How the numbers of a column are scaled for a model, and back: plain data that is fitted once, and two functions.
import { checkLength, checkOneOf, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { boolean, type Checked, integer, number, object, such, withDefault } from '../base/fields.ts';

/**
 * How the numbers of a column are scaled, by what the training part has:
 *
 * - `standard`: mean 0, standard deviation 1.
 * - `min-max`: from 0 to 1; later values may lie outside.
 * - `none`: as they are.
 */
export type Normalization = 'standard' | 'min-max' | 'none';

export const normalizations = ['standard', 'min-max', 'none'] as const;

const fields = {
  /** D: to how many rows before differences are taken; 0 takes values. */
  difference: integer({ min: 0 }),
  /** Whether differences are divided by what they are differences to. */
  relative: withDefault(boolean, false),
  /** What is taken away before dividing: the mean, or the minimum, of the training part. */
  offset: number(),
  /** What is divided by: the standard deviation, or the range, of the training part. */
  scale: number({ exclusiveMin: 0 }),
};

/**
 * What a model reads of a column: `(d_t - offset) / scale` where d_t is x_t; with a difference D, x_t - x_{t-D}; relative,
 * (x_t - x_{t-D}) / x_{t-D}.
 */
export interface Scaling extends Checked<typeof fields> {}

/** How the values of a column become what is scaled. */
export type Change = Pick<Scaling, 'difference' | 'relative'>;

/** A scaling that may come from a file. */
export const scalingOf = object(fields);

const reals = such<Float64Array>('a Float64Array', (value) => value instanceof Float64Array);

/** Fits a scaling to training values of a column. */
export function fitScaling(where: string, name: string, values: Float64Array, kind: unknown, change: Change): Scaling {
  const { difference, relative } = change;
  if (relative) checkPositive(`${where}(training)`, name, values);
  const fit = fits[checkOneOf(`${where}.normalize.${name}`, kind, normalizations)];
  const changes = changesOf(values, change);
  const { offset, scale } = fit(changes);
  if (Number.isFinite(offset) && Number.isFinite(scale) && scale > 0) return { ...change, offset, scale };
  // A line: its differences are all the same, and what is to be learned is that they stay so.
  if (scale === 0 && difference > 0 && Number.isFinite(offset)) return { ...change, offset: changes[0]!, scale: 1 };
  const what = difference === 0 ? 'values' : `differences over ${difference} rows`;
  const got =
    scale === 0 ? `${changes[0]} in all ${changes.length} rows` : `a mean of ${offset} and a range of ${scale}`;
  throw new BpttError(
    'invalid-argument',
    `${where}(training): expected finite ${what} of column ${show(name)} that change, got ${got}; normalize: 'none' takes them as they are`,
  );
}

const fits: Readonly<Record<Normalization, (values: Float64Array) => Pick<Scaling, 'offset' | 'scale'>>> = {
  none: () => ({ offset: 0, scale: 1 }),
  'min-max': (values) => {
    const least = values.reduce((a, b) => Math.min(a, b));
    return { offset: least, scale: values.reduce((a, b) => Math.max(a, b)) - least };
  },
  standard: (values) => {
    const offset = mean(values);
    return { offset, scale: Math.sqrt(mean(values.map((value) => (value - offset) * (value - offset)))) };
  },
};

/**
 * Values as a model sees them: fewer by `difference`, for the first of them have none before them.
 *
 * @example
 * scale(pipeline.scalings.births, births.columns.births);
 */
export function scale(scaling: Scaling, values: Float64Array): Float64Array {
  return scaled(scalingOf.check('scale(scaling)', scaling), reals.check('scale(values)', values));
}

/** The same of what is known to be right. */
export function scaled(scaling: Scaling, values: Float64Array): Float64Array {
  const { offset, scale } = scaling;
  return changesOf(values, scaling).map((value) => (value - offset) / scale);
}

/** @throws BpttError for what has no relative changes. */
export function checkPositive(where: string, name: string, values: Float64Array): void {
  const row = values.findIndex((value) => value <= 0);
  if (row < 0) return;
  const expected = `values of column ${show(name)} above 0, for relative changes`;
  throw new BpttError('invalid-argument', `${where}: expected ${expected}, got ${values[row]} in row ${row}`);
}

/**
 * The inverse of `scale`: what a model gave, in the units of the series.
 *
 * @param before With differences, the `difference` values right before the first; they go on with the values themselves.
 * @throws BpttError when there are more or fewer of them.
 *
 * @example
 * const seen = scale(pipeline.scalings.births, births.columns.births);
 * const values = unscale(pipeline.scalings.births, seen); // those of the series again
 * console.log(values[0]);
 */
export function unscale(
  scaling: Scaling,
  scaled: Float64Array,
  before: Float64Array = new Float64Array(0),
): Float64Array {
  const checked = scalingOf.check('unscale(scaling)', scaling);
  const { difference } = checked;
  checkLength('unscale(before)', reals.check('unscale(before)', before), difference, `a difference of ${difference}`);
  return unscaled(checked, reals.check('unscale(scaled)', scaled), before);
}

/** The same of what is known to be right. */
export function unscaled(
  { difference, relative, offset, scale }: Scaling,
  scaled: Float64Array,
  before: Float64Array,
): Float64Array {
  const values = new Float64Array(difference + scaled.length);
  values.set(before);
  for (let i = 0; i < scaled.length; i++) {
    const change = scaled[i]! * scale + offset;
    const before = values[i]!;
    values[difference + i] = difference === 0 ? change : before + (relative ? change * before : change);
  }
  return values.subarray(difference);
}

/** The values, or their differences to those `lag` before. */
export function differences(values: Float64Array, lag: number): Float64Array {
  return lag === 0 ? values : values.subarray(lag).map((value, row) => value - values[row]!);
}

function changesOf(values: Float64Array, { difference, relative }: Change): Float64Array {
  const changes = differences(values, difference);
  return relative ? changes.map((change, row) => change / values[row]!) : changes;
}

export function mean(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}
