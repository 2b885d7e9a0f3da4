// How much of the changes that a model says is to be believed: where nothing can be foreseen they are noise, and the last value is the better
// forecast. Found on the rows that choose, and kept in the head.
import type { Model } from '../../model/model.ts';
import { type Backtest, compareForecasts, type Pipeline, type Series } from '../../series/index.ts';

/** A series with what was forecast of it. */
export interface Tried {
  readonly history: Series;
  readonly pipeline: Pipeline;
  readonly backtest: Backtest;
}

/** Below this an advantage is chance in more than one of twenty cases. */
export const SURE = 1.645;

/**
 * Of each target what part of forecast minus last value to take, from 0 to 1: that whose squared error is least, times how surely the model is
 * better than the last value at all. The second is that of James and Stein (1961), 1 - (1.645/z)², with the z of `compareForecasts`: these rows
 * have also ended the training, so what looks a little better on them is not.
 */
export function believable(tried: readonly Tried[], targets: readonly string[]): readonly number[] {
  const compared = tried.map(({ history, backtest }) => compareForecasts(history, backtest));
  return targets.map((target) => {
    // Of several series together (Stouffer 1949).
    const sureness = compared.reduce((sum, of) => sum + of[target]!.advantage, 0) / Math.sqrt(tried.length);
    if (sureness < SURE) return 0;
    return leastSquares(tried, target) * (1 - (SURE / sureness) ** 2);
  });
}

/** Σ (ŷ - l)(y - l) / Σ (ŷ - l)², l the last value; series are weighted by how wrong that is in them. */
function leastSquares(tried: readonly Tried[], target: string): number {
  let [together, own] = [0, 0];
  for (const { history, pipeline, backtest } of tried) {
    const values = history.columns[target]!;
    const predicted = backtest.predictions[target]!;
    const steps = predicted.length / backtest.rows.length;
    const unit = pipeline.naive[target]! || 1;
    for (const [index, row] of backtest.rows.entries()) {
      const last = values[row - 1]!;
      for (let step = 0; step < steps; step++) {
        const said = (predicted[index * steps + step]! - last) / unit;
        together += said * ((values[row + step]! - last) / unit);
        own += said * said;
      }
    }
  }
  return own === 0 ? 1 : Math.min(1, Math.max(0, together / own));
}

/**
 * Makes a model that gives changes say these parts of them; the head has a row for each target of each row that it predicts. Exact for one
 * series; of several, whose mean changes differ, the mean of them is taken.
 */
export function shrinkChanges(model: Model, pipelines: readonly Pipeline[], factors: readonly number[]): void {
  const { targets } = pipelines[0]!;
  const head = ['dense.weight', 'dense.bias'].map((name) => model.parameters().find((one) => one.name === name)!);
  const [weight, bias] = head as [(typeof head)[number], (typeof head)[number]];
  const width = weight.shape[1]!;
  // A change is y · scale + offset: a part of it takes the same part of the offset.
  const centres = targets.map((target) => {
    const all = pipelines.map(({ scalings }) => scalings[target]!.offset / scalings[target]!.scale);
    return all.reduce((sum, centre) => sum + centre, 0) / all.length;
  });
  const column = (output: number) => output % targets.length;
  const shrunk = bias.data.map((value, o) => {
    const factor = factors[column(o)]!;
    return factor * value + (factor - 1) * centres[column(o)]!;
  });
  model.setParameter(
    weight.name,
    weight.data.map((value, at) => factors[column(Math.floor(at / width))]! * value),
  );
  model.setParameter(bias.name, shrunk);
}
