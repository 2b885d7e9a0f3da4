// Small models and batches for tests, from numbers that depend on nothing but a seed.
import {
  type Activation,
  type Batch,
  backpropagate,
  dense,
  elman,
  embedding,
  features,
  type LossName,
  type Model,
  type ModelDescription,
  normal,
  type Objective,
  type State,
  type Truncation,
  tokens,
} from '../../src/index.ts';

/** Numbers in [0, 1). */
export function numbers(seed: number): () => number {
  let x = (seed + 1) * 2654435761;
  return () => {
    x = (Math.imul(x ^ (x >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    x ^= x >>> 12;
    return (x >>> 0) / 2 ** 32;
  };
}

export const VOCABULARY = 5;
export const FEATURES = 3;
export const OUTPUTS = 4;

export const inputKinds = ['tokens', 'embedding', 'features'] as const;
export type InputKind = (typeof inputKinds)[number];

/** Input, recurrent layers of 5, 4, ... units, a dense layer of OUTPUTS; no parameter is zero at the start. */
export function describeModel(
  kind: InputKind,
  activations: readonly Activation[],
  vocabulary = VOCABULARY,
): ModelDescription {
  const recurrent = activations.map((activation, i) =>
    elman({ units: 5 - i, activation, biasInitializer: normal({ deviation: 0.3 }) }),
  );
  const head = dense({ units: OUTPUTS, biasInitializer: normal({ deviation: 0.3 }) });
  if (kind === 'features') return [features(FEATURES), ...recurrent, head];
  if (kind === 'tokens') return [tokens(vocabulary), ...recurrent, head];
  return [tokens(vocabulary), embedding({ units: 3, initializer: normal({ deviation: 0.5 }) }), ...recurrent, head];
}

export interface BatchOptions {
  readonly T: number;
  readonly B: number;
  readonly seed: number;
  /** Default cross-entropy. */
  readonly loss?: LossName;
  /** Whether some steps do not count; the last of the last row does. Default false. */
  readonly mask?: boolean;
  /** Whether some rows start anew. Default false. */
  readonly resets?: boolean;
}

/** A batch for a model of `describeModel`. */
export function makeBatch(kind: InputKind, options: BatchOptions): Batch {
  const { T, B, seed, loss = 'cross-entropy' } = options;
  const next = numbers(seed);
  const reals = (count: number, from: number, to: number) =>
    Float64Array.from({ length: count }, () => from + (to - from) * next());
  const ids = (count: number, size: number) => Int32Array.from({ length: count }, () => Math.floor(next() * size));
  const flags = (share: number) => Uint8Array.from({ length: T * B }, () => (next() < share ? 1 : 0));
  const batch = {
    steps: T,
    rows: B,
    inputs: kind === 'features' ? reals(T * B * FEATURES, -1, 1) : ids(T * B, VOCABULARY),
    targets:
      loss === 'cross-entropy'
        ? ids(T * B, OUTPUTS)
        : reals(T * B * OUTPUTS, loss === 'mean-squared-error' ? -1 : 0, 1),
  };
  const mask = flags(0.6).fill(1, T * B - 1);
  const resets = flags(0.2);
  return { ...batch, ...(options.mask && { mask }), ...(options.resets && { resets }) };
}

/** Steps `from` to `to` of a batch; its start is not the start of the rows when `carry` is set. */
export function sliceSteps(batch: Batch, from: number, to: number, carry = false): Batch {
  const cut = <A extends Int32Array | Float32Array | Float64Array | Uint8Array>(values: A) => {
    const width = values.length / batch.steps;
    return values.slice(from * width, to * width) as A;
  };
  return {
    steps: to - from,
    rows: batch.rows,
    inputs: cut(batch.inputs),
    targets: cut(batch.targets),
    ...(batch.mask && { mask: cut(batch.mask) }),
    ...(batch.resets && { resets: cut(batch.resets) }),
    ...(carry && { carry }),
  };
}

/** One row of a batch. */
export function sliceRow(batch: Batch, row: number): Batch {
  const cut = <A extends Int32Array | Float32Array | Float64Array | Uint8Array>(values: A) => {
    const width = values.length / batch.steps / batch.rows;
    return values.filter((_, i) => Math.floor(i / width) % batch.rows === row) as A;
  };
  return {
    steps: batch.steps,
    rows: 1,
    inputs: cut(batch.inputs),
    targets: cut(batch.targets),
    ...(batch.mask && { mask: cut(batch.mask) }),
    ...(batch.resets && { resets: cut(batch.resets) }),
  };
}

/** One of each relation of k1 and k2, and each option of overlapping windows. */
export const truncations: readonly (readonly [string, Truncation | undefined])[] = [
  ['full', undefined],
  ['k1 < k2', { k1: 2, k2: 5 }],
  ['k1 = k2', { k1: 3, k2: 3 }],
  ['k1 > k2', { k1: 4, k2: 2 }],
  ['k1 < k2, losses of the window', { k1: 2, k2: 5, losses: 'window' }],
  ['k1 < k2, recomputed', { k1: 2, k2: 5, activations: 'recomputed' }],
  ['k1 < k2, losses of the window, recomputed', { k1: 2, k2: 5, losses: 'window', activations: 'recomputed' }],
];

export function objectiveOf(loss: LossName, reduction: 'mean' | 'sum', truncation: Truncation | undefined): Objective {
  return { loss, reduction, ...(truncation && { truncation }) };
}

/** The loss and the gradients of every window; without the sign of zeros, which sums over other rows may change. */
export function lossesAndGradients(model: Model, batch: Batch, objective: Objective, state?: State) {
  const losses: number[] = [];
  const gradients: (readonly number[])[] = [];
  for (const { loss } of backpropagate(model, batch, objective, state)) {
    losses.push(loss + 0);
    gradients.push(model.gradients().flatMap(({ data }) => Array.from(data, (g) => g + 0)));
  }
  return { losses, gradients };
}
