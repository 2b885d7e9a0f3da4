// Sine prediction: each sequence is a sine of its own frequency and phase; at every step the network says the next number.
import { type Batch, features } from 'bptt';
import type { TaskSettings } from '../settings/fields.ts';
import { continueCurve } from './continuation.ts';
import { createRandom, endless, type Random, TEST_ROWS, TESTED } from './random.ts';
import { rowOf } from './row.ts';
import type { Task } from './task.ts';

/** Radians a step: periods of 10 to 30 steps, as cosines. */
const [SLOWEST, FASTEST] = [0.978, 0.809];

export function sineTask({ length: T, batch, seed }: TaskSettings): Task {
  const test = sequences(createRandom(seed, TESTED), T, TEST_ROWS);
  const shown = sine(createRandom(seed, TESTED + 1), 3 * T);
  const probe = rowOf(test, 0, 1, 1);
  return {
    input: features(1),
    outputs: 1,
    loss: 'mean-squared-error',
    // The variance of a sine: to answer 0 always.
    baseline: 1 / 2,
    data: endless(seed, (random) => sequences(random, T, batch)),
    test,
    probe,
    labels: Array.from(probe.inputs, (value) => value.toFixed(2)),
    outcome: (model) => continueCurve(model, shown, T),
  };
}

/** B sequences: inputs [T,B,1], targets the number after each. */
function sequences(random: Random, T: number, B: number): Batch {
  const inputs = new Float32Array(T * B);
  const targets = new Float32Array(T * B);
  for (let row = 0; row < B; row++) {
    const values = sine(random, T + 1);
    for (let t = 0; t < T; t++) {
      inputs[t * B + row] = values[t]!;
      targets[t * B + row] = values[t + 1]!;
    }
  }
  return { steps: T, rows: B, inputs, targets };
}

/**
 * A sine as a point that turns on the unit circle: only + - * / and sqrt, so that every machine draws the same. The beginning is one
 * of the rational points ((1-u²)/(1+u²), 2u/(1+u²)), on either half of the circle.
 */
function sine(random: Random, length: number): number[] {
  const cosine = FASTEST + (SLOWEST - FASTEST) * random.real();
  const sineOfStep = Math.sqrt(1 - cosine * cosine);
  const u = 2 * random.real() - 1;
  const side = random.below(2) === 0 ? 1 : -1;
  let [x, y] = [(side * (1 - u * u)) / (1 + u * u), (2 * u) / (1 + u * u)];
  return Array.from({ length }, () => {
    const value = y;
    [x, y] = [x * cosine - y * sineOfStep, y * cosine + x * sineOfStep];
    return value;
  });
}
