// Models and batches for what layers add to the objective.
import { expect } from 'vitest';
import {
  activityRegularization,
  type Batch,
  backpropagate,
  checkGradients,
  createModel,
  dense,
  type ElmanOptions,
  elman,
  features,
  type LayerDescription,
  type Model,
  normal,
  type Objective,
  type State,
  tokens,
} from '../../src/index.ts';
import type { Terms } from '../truth/reference/penalties.ts';
import { FEATURES, makeBatch, OUTPUTS } from './models.ts';

export const noise = normal({ deviation: 0.5 });

export const random = { biasInitializer: noise, inputInitializer: noise, recurrentInitializer: noise };

export const rnn = (units: number, more: Partial<ElmanOptions> = {}) => elman({ units, ...random, ...more });

export const both = activityRegularization({ activation: 0.7, temporal: 0.9 });

export const head = dense({ units: OUTPUTS, biasInitializer: noise });

export const modelOf = (layers: readonly LayerDescription[], kind: 'features' | 'tokens' = 'features') =>
  createModel([kind === 'tokens' ? tokens(5) : features(FEATURES), ...layers], { seed: 12, dtype: 'f64' });

export const T = 7;

export const B = 3;

export const lengths = [T, 3, 1];

export const whole = makeBatch('features', { T, B, seed: 5 });

export const masked = makeBatch('features', { T, B, seed: 5, mask: true });

export const broken = makeBatch('features', { T, B, seed: 5, resets: true });

export const all = { ...makeBatch('features', { T, B, seed: 5, mask: true, resets: true }), lengths };

export const batches: readonly (readonly [string, Batch])[] = [
  ['whole', whole],
  ['masked', masked],
  ['with resets', broken],
  ['with lengths', { ...whole, lengths }],
  ['with mask, resets and lengths', all],
];

export function expectRight(model: Model, batch: Batch, objective: Objective, state?: State) {
  const errors = checkGradients(model, batch, { epsilon: 1e-4, ...objective }, state);
  expect(errors.map(({ name }) => name)).toEqual(model.parameters().map(({ name }) => name));
  for (const { name, relativeError } of errors) expect(relativeError, name).toBeLessThan(1e-7);
}

/** What backpropagate says of each window, and the gradients. */
export function run(model: Model, batch: Batch, objective: Objective, state?: State) {
  return [...backpropagate(model, batch, objective, state)].map((window) => ({
    ...window,
    gradients: model.gradients().map(({ data }) => data),
  }));
}

/** A model with the parameters of another, by name. */
export async function copyOf(model: Model, layers: readonly LayerDescription[]): Promise<Model> {
  const copy = await modelOf(layers, model.description[0].kind as 'features' | 'tokens');
  for (const { name } of copy.parameters()) {
    copy.setParameter(name, model.parameters().find((parameter) => parameter.name === name)!.data);
  }
  return copy;
}

export const rowsOf = ({ resets, lengths: ends }: Batch) => ({
  resets: resets ?? null,
  lengths: ends === undefined ? null : Int32Array.from(ends),
});

export const reduced = ({ sum, count }: Terms, reduction: 'mean' | 'sum') =>
  reduction === 'sum' || count === 0 ? sum : sum / count;
