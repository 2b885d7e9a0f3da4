// The losses: what the outputs are compared with, how many numbers a step counts for, and the kernel.
// Each kernel leaves the gradient of the outputs where they were. A new loss is one kernel and one row.
import { type Field, oneOf, withDefault } from '../base/fields.ts';
import type { Signal } from '../base/signal.ts';
import type { CheckTargets, GraphBatch } from '../data/batch.ts';
import type { Data } from '../data/dataset.ts';
import type { Track } from '../layers/contract.ts';
import type { LayerNode } from '../model/graph.ts';
import type { Network } from '../model/network.ts';
import type { Window } from '../model/window.ts';
import type { Companion } from '../wasm/companion.ts';
import type { Kernels, Pointer } from '../wasm/kernels.ts';

/**
 * - `cross-entropy`: softmax of the logits against a class, in nats: `-log softmax(y)[target]`.
 * - `mean-squared-error`: `(y - target)²`, as PyTorch's MSELoss, without the factor ½.
 * - `binary-cross-entropy`: sigmoid of each logit against a target in [0, 1].
 */
export type LossName = 'cross-entropy' | 'mean-squared-error' | 'binary-cross-entropy';

export const lossName = oneOf<LossName>('cross-entropy', 'mean-squared-error', 'binary-cross-entropy');

/**
 * - `mean`: divided by how many numbers count, as PyTorch does: steps for cross-entropy, steps times outputs for the others.
 * - `sum`: not divided.
 */
export type Reduction = 'mean' | 'sum';

export const reduction = withDefault(oneOf<Reduction>('mean', 'sum'), 'mean');

/** The loss of a sum over so many numbers. 0 over none. */
export function reduce(reduction: Reduction, sum: number, counted: number): number {
  if (reduction === 'sum') return sum;
  return counted === 0 ? 0 : sum / counted;
}

interface AnyLoss {
  /** Kernels that not every page has. What makes the loss has loaded them; threads are sent them. */
  readonly companion?: Companion<object>;
  /** @throws BpttError that begins with `where`, for a number of outputs that it cannot be of. */
  refuse?(outputs: number, where: string): void;
  /** What it is in a training on this data, where it depends on that: `fit` asks. Default: itself. */
  prepare?(node: LayerNode, data: Data): Promise<LossValue>;
}

/** A loss that is taken step by step. */
export interface StepLoss extends AnyLoss {
  readonly bind?: undefined;
  /** What the targets are. */
  targets(outputs: number): Signal;
  /** What a class counts for, ≥ 0; 0 where it does not count. Default: 1 each. */
  weigh?(target: number): number;
  /** How many numbers one step of one row counts for in a mean. */
  perStep(outputs: number): number;
  /** `sum` and the losses of the rows that count, the last row first; `y` becomes its gradient times `scale`. */
  run(
    kernels: Kernels,
    y: Pointer,
    targets: Pointer,
    mask: Pointer,
    rows: number,
    outputs: number,
    ld: number,
    scale: number,
    sum: number,
  ): number;
  /** What errors call it where the last `run` made numbers that are not finite of outputs that are; of losses that others than this package wrote. */
  atFault?(): string | undefined;
}

/**
 * A loss of whole sequences, whose targets have lengths of their own. With it a network is read as a whole: no truncation, no carried
 * state, no memory budget.
 */
export interface SequenceLoss extends AnyLoss {
  /** The class that stands for no label. */
  readonly blank: number;
  /** Of an output with so many numbers. */
  check(outputs: number): CheckTargets;
  bind(network: Network, window: Window, node: LayerNode, reduction: Reduction): BoundLoss;
}

export type Loss = StepLoss | SequenceLoss;

/** What metrics see, in the memory of the model. */
export type Observed = ObservedSteps | ObservedSequences;

/** Rows of an output and the labels that they should have had. */
export interface ObservedSequences {
  /** [T, B, ld] logits. */
  readonly y: Track;
  readonly rows: readonly LabelledRow[];
}

/** The labels of one row. */
export interface LabelledRow {
  readonly labels: Int32Array;
  /** The row's valid steps; 0 where it does not count. */
  readonly steps: number;
  /** What it counts for; 0 where it does not. */
  readonly weight: number;
}

/** Steps of an output and what they should have been. */
export interface ObservedSteps {
  /** The first of the steps. */
  readonly first: number;
  /** [steps, B, ld] outputs: logits or estimates. */
  readonly y: Track;
  /** [steps, B] classes, or [steps, B, ld] numbers. */
  readonly targets: Track;
  /** [steps, B]: what each counts for, 0 where it does not. */
  readonly weights: Float64Array;
}

/** A loss in a window, next to the outputs that it is of. Steps are those of the window, `to` is not included. */
export interface BoundLoss {
  /** Takes what it needs of steps `from` to `to` of a batch, which lie from place `at` on. */
  append(batch: GraphBatch, from: number, to: number, at: number): void;
  /** Over how many numbers the mean of steps `from` to `to` is. */
  counted(from: number, to: number): number;
  /** The first of steps `from` to `to` in which a row counts, or `to`: that also of an output that has other steps. */
  firstCounted(from: number, to: number): number;
  /** `sum` and the losses of steps `from` to `to`; their outputs become gradients, times `scale`. */
  take(from: number, to: number, scale: number, sum: number): number;
  /** What to blame where the last loss or its gradient is not finite, though the outputs were. */
  readonly atFault?: string | undefined;
  /** Steps `from` to `to` as metrics see them, before their loss is taken. */
  observed?(from: number, to: number): Observed | undefined;
  /** Gives back memory of its own. */
  release?(): void;
}

export const losses: Readonly<Record<LossName, StepLoss>> = {
  'cross-entropy': {
    targets: (outputs) => ({ kind: 'tokens', size: outputs }),
    perStep: () => 1,
    run: (kernels, ...rest) => kernels.softmaxCrossEntropy(...rest),
  },
  'mean-squared-error': {
    targets: (outputs) => ({ kind: 'features', size: outputs }),
    perStep: (outputs) => outputs,
    run: (kernels, ...rest) => kernels.meanSquaredError(...rest),
  },
  'binary-cross-entropy': {
    // Beyond them the loss has no end to fall to.
    targets: (outputs) => ({ kind: 'features', size: outputs, range: [0, 1] }),
    perStep: (outputs) => outputs,
    run: (kernels, ...rest) => kernels.sigmoidCrossEntropy(...rest),
  },
};

/** A loss that a user has defined. */
export interface OwnLoss {
  /** What checkpoints and results call it. */
  readonly name: string;
  /** What it compares outputs with: a class, or numbers. */
  readonly targets: 'classes' | 'reals';
}

/** A loss with options as plain data: what the functions of `bptt/losses` make. */
export interface LossDescription {
  /** The name of the loss: what checkpoints and results know it by. */
  readonly kind: string;
}

/** A loss that brings along what it does. */
export type LossValue = OwnLoss | LossDescription;

/** Where such a loss keeps what it does; one for all copies of the package that a program may have. */
const LOSS = Symbol.for('bptt.loss');

/** Lets a loss bring along what it does. */
export function bringLoss<T extends LossValue>(value: T, loss: Loss): T {
  return Object.defineProperty(value, LOSS, { value: loss });
}

function lossIn(value: unknown): Loss | undefined {
  return (Object(value) as { readonly [LOSS]?: Loss })[LOSS];
}

export function isLossValue(value: unknown): value is LossValue {
  return lossIn(value) !== undefined;
}

/** A loss by its name, or one that brings along what it does. */
export const someLoss: Field<LossName | LossValue> = {
  check: (where, value) => (isLossValue(value) ? value : lossName.check(where, value)),
};

/** What a loss does. */
export function lossOf(given: LossName | LossValue): Loss {
  return typeof given === 'string' ? losses[given] : lossIn(given)!;
}
