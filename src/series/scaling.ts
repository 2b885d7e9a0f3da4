// How the numbers of a column are scaled for a model, and back: plain data that is fitted once, and two functions.
import { checkLength, checkOneOf, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { type Checked, integer, number, object, such } from '../base/fields.ts';

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
  difference: integer({ min: 0 }),
  offset: number(),
  scale: number({ exclusiveMin: 0 }),
};

/** What a model reads of a column: `(x_t - x_{t-difference} - offset) / scale`; with difference 0, `(x_t - offset) / scale`. */
export interface Scaling extends Checked<typeof fields> {}

/** A scaling that may come from a file. */
export const scalingOf = object(fields);

const reals = such<Float64Array>('a Float64Array', (value) => value instanceof Float64Array);

/** Fits a scaling to training values of a column. */
export function fitScaling(
  where: string,
  name: string,
  values: Float64Array,
  kind: unknown,
  difference: number,
): Scaling {
  const fit = fits[checkOneOf(`${where}.normalize.${name}`, kind, normalizations)];
  const changes = differences(values, difference);
  const { offset, scale } = fit(changes);
  if (Number.isFinite(offset) && Number.isFinite(scale) && scale > 0) return { difference, offset, scale };
  const what = difference === 0 ? 'values' : `differences over ${difference} rows`;
  const got =
    scale === 0 ? `${changes[0]} in all ${changes.length} rows` : `a mean of ${offset} and a range of ${scale}`;
  throw new BpttError(
    'invalid-argument',
    `${where}(training): expected finite ${what} of column ${show(name)} that change, got ${got}; normalize: 'none' takes them as they are`,
  );
}

const fits: Readonly<Record<Normalization, (values: Float64Array) => Omit<Scaling, 'difference'>>> = {
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
export function scaled({ difference, offset, scale }: Scaling, values: Float64Array): Float64Array {
  return differences(values, difference).map((value) => (value - offset) / scale);
}

/**
 * The inverse of `scale`: what a model gave, in the units of the series.
 *
 * @param before With differences, the `difference` values right before the first; they go on with the values themselves.
 * @throws BpttError when there are more or fewer of them.
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
  { difference, offset, scale }: Scaling,
  scaled: Float64Array,
  before: Float64Array,
): Float64Array {
  const values = new Float64Array(difference + scaled.length);
  values.set(before);
  for (let i = 0; i < scaled.length; i++) {
    const change = scaled[i]! * scale + offset;
    values[difference + i] = difference === 0 ? change : values[i]! + change;
  }
  return values.subarray(difference);
}

/** The values, or their differences to those `lag` before. */
export function differences(values: Float64Array, lag: number): Float64Array {
  return lag === 0 ? values : values.subarray(lag).map((value, row) => value - values[row]!);
}

export function mean(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}
