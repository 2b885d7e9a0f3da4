// The training steps that are timed: W1 to W7, and G, generation. bench/steps/pytorch.py holds the same table.
//
// One step = forward, loss at every step (W7: at the last only), full BPTT and the optimizer, in f32, from a zero state.

import { random, randomReals, randomTokens } from '../../test/truth/reference/data.ts';
import type { Real } from '../../test/truth/reference/real.ts';

export interface Workload {
  name: string;
  input: { kind: 'tokens' | 'features'; size: number };
  cell: 'elman' | 'lstm' | 'gru';
  units: number;
  outputs: number;
  steps: number; // T
  rows: number; // B
  loss: 'cross-entropy' | 'mean-squared-error';
  optimizer: { kind: 'adam' | 'sgd'; learningRate: number };
  /** How many times as fast as each the package is to be. */
  targets: {
    js: number;
    pytorch: number;
    /** Against PyTorch with fused or 256-bit instructions, where another one is said. */
    wide?: number;
  };
  /** Plain JavaScript takes so long that every other turn must do. */
  slow?: boolean;
}

const adam = { kind: 'adam', learningRate: 1e-3 } as const;
const text = { loss: 'cross-entropy', optimizer: adam, input: { kind: 'tokens', size: 65 }, outputs: 65 } as const;

export const workloads: Workload[] = [
  // A small text model, one row: what overhead costs.
  {
    ...text,
    name: 'W1',
    cell: 'elman',
    units: 64,
    steps: 25,
    rows: 1,
    targets: { js: 4, pytorch: 8 },
  },
  // A character model as one trains it.
  {
    ...text,
    name: 'W2',
    cell: 'elman',
    units: 128,
    steps: 50,
    rows: 32,
    targets: { js: 13, pytorch: 1.2 },
  },
  // The same with an LSTM, a large one, and a GRU in between.
  { ...text, name: 'W3', cell: 'lstm', units: 128, steps: 50, rows: 32, targets: { js: 15, pytorch: 1.3 } },
  {
    ...text,
    name: 'W4',
    cell: 'lstm',
    units: 512,
    steps: 64,
    rows: 64,
    targets: { js: 18, pytorch: 0.75, wide: 1 },
    slow: true,
  },
  { ...text, name: 'W5', cell: 'gru', units: 256, steps: 64, rows: 32, targets: { js: 15, pytorch: 1 } },
  // Words, one sentence at a time, plain SGD.
  {
    name: 'W6',
    input: { kind: 'tokens', size: 8000 },
    cell: 'elman',
    units: 100,
    outputs: 8000,
    steps: 20,
    rows: 1,
    loss: 'cross-entropy',
    optimizer: { kind: 'sgd', learningRate: 5e-3 },
    targets: { js: 10, pytorch: 2 },
  },
  // The adding problem: long, narrow, the loss at the last step only.
  {
    name: 'W7',
    input: { kind: 'features', size: 2 },
    cell: 'elman',
    units: 32,
    outputs: 1,
    steps: 400,
    rows: 32,
    loss: 'mean-squared-error',
    optimizer: adam,
    targets: { js: 10, pytorch: 5 },
  },
];

/** Generation, one character at a time: LSTM 65 → 128 → 65, sampling included. */
export const generation = { name: 'G', size: 65, units: 128, targets: { js: 4, pytorch: 5 } };

/** How ours chooses characters there; the others always draw from the whole softmax. */
export const samplings = [
  { name: generation.name, options: {} },
  { name: `${generation.name} top-p 0.9`, options: { topP: 0.9 } },
];

const gates = { elman: 1, lstm: 4, gru: 3 } as const;

/** FLOP of the matrix products of a step: forward, and twice that backward. A token's row is looked up, not multiplied. */
export function flops({ input, cell, units, outputs, steps, rows }: Workload): number {
  const width = gates[cell] * units;
  const fromInput = input.kind === 'tokens' ? 0 : input.size * width;
  return 3 * 2 * steps * rows * (width * units + units * outputs + fromInput);
}

export interface Batch {
  steps: number;
  rows: number;
  inputs: Int32Array | Float32Array;
  targets: Int32Array | Float32Array;
  mask?: Uint8Array;
}

/** The batch of a workload, the same in every run. */
export function batchOf({ input, outputs, steps, rows, loss }: Workload): Batch {
  const next = random(1);
  const count = steps * rows;
  const inputs =
    input.kind === 'tokens'
      ? randomTokens(count, input.size, next)
      : single(randomReals('f32', count * input.size, 1, next));
  if (loss === 'cross-entropy') return { steps, rows, inputs, targets: randomTokens(count, outputs, next) };
  const mask = new Uint8Array(count).fill(1, count - rows);
  return { steps, rows, inputs, targets: single(randomReals('f32', count * outputs, 1, next)), mask };
}

function single(x: Real): Float32Array {
  return x instanceof Float32Array ? x : Float32Array.from(x);
}
