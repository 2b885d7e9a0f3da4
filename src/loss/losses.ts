// The losses: what the outputs are compared with, how many numbers a step counts for, and the kernel.
// Each kernel leaves the gradient of the outputs where they were. A new loss is one kernel and one row.
import { type Field, oneOf, withDefault } from '../base/fields.ts';
import type { Signal } from '../base/signal.ts';
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

export interface Loss {
  /** What the targets are. */
  targets(outputs: number): Signal;
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
}

export const losses: Readonly<Record<LossName, Loss>> = {
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
  readonly targets: 'classes' | 'reals';
}

/** Where such a loss keeps what it does; one for all copies of the package that a program may have. */
const LOSS = Symbol.for('bptt.loss');

/** Lets a user's loss bring along what it does. */
export function bringLoss(own: OwnLoss, loss: Loss): OwnLoss {
  return Object.defineProperty(own, LOSS, { value: loss });
}

function ownLoss(value: unknown): Loss | undefined {
  return (Object(value) as { readonly [LOSS]?: Loss })[LOSS];
}

export function isOwnLoss(value: unknown): value is OwnLoss {
  return ownLoss(value) !== undefined;
}

/** A loss of this package by its name, or one that a user has defined. */
export const someLoss: Field<LossName | OwnLoss> = {
  check: (where, value) => (isOwnLoss(value) ? value : lossName.check(where, value)),
};

/** What a loss does. */
export function lossOf(given: LossName | OwnLoss): Loss {
  return typeof given === 'string' ? losses[given] : ownLoss(given)!;
}
