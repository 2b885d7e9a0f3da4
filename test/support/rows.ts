// A small model over tokens, batches of any rows of an endless list, and what a training of it tells.
import { expect } from 'vitest';
import {
  type Batch,
  createModel,
  dense,
  elman,
  type Model,
  type TrainEvent,
  type TrainOptions,
  tokens,
  train,
} from '../../src/index.ts';

export const V = 4;
const T = 6;
export const create = () =>
  createModel([tokens(V), elman({ units: 5 }), dense({ units: V })], { seed: 2, dtype: 'f64' });

/** `rows` rows that begin at number `first` of an endless list of rows. */
export function batchOf(first: number, rows: number): Batch {
  const at = (t: number, row: number) => (t * t + 3 * (first + row) + (t >> 1)) % V;
  const grid = (shift: number) =>
    Int32Array.from({ length: T * rows }, (_, i) => at(Math.floor(i / rows) + shift, i % rows));
  return { steps: T, rows, inputs: grid(0), targets: grid(1) };
}

export async function eventsOf(model: Model, options: Omit<TrainOptions, 'loss'>): Promise<readonly TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train(model, { loss: 'cross-entropy', ...options })) events.push(event);
  return events;
}

export const numbersOf = (model: Model) => model.parameters().flatMap(({ data }) => [...data]);

export function expectNear(got: readonly number[], expected: readonly number[]): void {
  expect(got.length).toBe(expected.length);
  expect(Math.max(...got.map((value, index) => Math.abs(value - expected[index]!)))).toBeLessThan(1e-13);
}
