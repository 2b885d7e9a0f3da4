// Sequences of any lengths as batches: shuffled by seed, with like lengths together where that is asked for.

import { checkFinite, checkNumber, checkNumbers, checkOptions, checkTokens, readable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { boolean, checkFields, integer, type Options, oneOf, optional, withDefault } from '../base/fields.ts';
import {
  type Batch,
  checkMask,
  type Given,
  type GraphBatch,
  type LabelBatch,
  type Mask,
  type Values,
} from './batch.ts';
import { membersOf } from './buckets.ts';
import { checkEpoch, type Dataset } from './dataset.ts';
import { interleave } from './interleave.ts';

/** One sequence of T steps and what the outputs should be. Plain arrays of numbers are what the model has there. */
export interface Sequence<Numbers extends Given = Given> {
  /** Tokens [T] as Int32Array, or features [T,F] as Float32Array or Float64Array; or a plain array of either. */
  readonly inputs: Numbers;
  /**
   * Classes [T] as Int32Array or reals [T,O]; with `returns: 'last'` the class [1] or the reals [O] of the whole sequence; with
   * `returns: 'labels'` its labels in their order as Int32Array, as many as there are, also none. Or a plain array of any of these.
   */
  readonly targets: Numbers;
  /** What the losses of its steps count for, as in a `Batch`: [T]; [1] where targets are of the whole sequence. Default: 1 each. */
  readonly mask?: Mask;
  /** What the sequence counts for beside others, ≥ 0. Default 1. */
  readonly weight?: number;
}

const fields = {
  /** B, the sequences of a batch; the last batch of an epoch has what is left. */
  batch: integer({ min: 1 }),
  /** F, the features of a step. Default 1. Tokens have none. */
  features: withDefault(integer({ min: 1 }), 1),
  /** What the targets are: of each step, of the whole sequence, or labels for a loss such as CTC, which finds where they are. Default `all`. */
  returns: withDefault(oneOf('all', 'last', 'labels'), 'all'),
  /** A seed, a whole number from 0 to 2^53 - 1: each epoch then has an order of its own. Default: the order of the list. */
  shuffle: optional(integer({ min: 0 })),
  /**
   * Puts sequences of like lengths into a batch, so that little is padded: the sequences of 100 batches in a row are sorted by length, and the
   * order of the batches is shuffled. Without `shuffle` all are sorted, the shortest first. Default false.
   */
  bucket: withDefault(boolean, false),
};

/** How `sequences` puts sequences into batches: how many, in which order, and what their targets are. */
export interface SequencesOptions extends Options<typeof fields> {}

/**
 * Sequences as batches, padded to the longest of each batch, with `lengths` where they differ. The batches of an epoch depend on nothing
 * but the list, the options and the epoch, so a training that is resumed meets the same ones.
 *
 * @throws BpttError for an empty list, sequences of no steps, lengths that do not fit each other, and unknown options.
 *
 * @example
 * const list = [
 *   { inputs: Int32Array.of(3, 1, 2), targets: Int32Array.of(0) },
 *   { inputs: Int32Array.of(2, 2, 1, 3, 1), targets: Int32Array.of(1) },
 * ];
 * const spam = await createModel([tokens(4), gru({ units: 8, returns: 'last' }), dense({ units: 2 })]);
 * await fit(spam, { data: sequences(list, { batch: 2, returns: 'last', shuffle: 1 }), loss: 'cross-entropy', epochs: 3 });
 */
export function sequences(
  list: readonly Sequence<Values>[],
  options: SequencesOptions & { readonly returns: 'labels' },
): Dataset<LabelBatch, Iterable<LabelBatch>>;
export function sequences(
  list: readonly Sequence<Values>[],
  options: SequencesOptions,
): Dataset<Batch, Iterable<Batch>>;
export function sequences(
  list: readonly Sequence[],
  options: SequencesOptions,
): Dataset<GraphBatch, Iterable<GraphBatch>>;
export function sequences(
  list: readonly Sequence[],
  options: SequencesOptions,
): Dataset<GraphBatch, Iterable<GraphBatch>> {
  return sequencesOf('sequences', 'sequences(list)', list, options);
}

/** The same for other functions: what errors call them, and the list. @internal */
export function sequencesOf(
  caller: string,
  where: string,
  list: readonly Sequence[],
  options: SequencesOptions,
): Dataset<GraphBatch, Iterable<GraphBatch>> {
  const { batch: B, features: F, returns, shuffle, bucket } = checkFields(caller, options, fields);
  if (!readable(where, () => Array.isArray(list)) || list.length === 0) {
    throw new BpttError('invalid-argument', `${where}: expected at least one sequence, got none`);
  }
  const shapes = Array.from(list, (sequence, index) => shapeOf(`${where}[${index}]`, sequence, F, returns));
  const different = shapes.findIndex((shape) => describe(shape) !== describe(shapes[0]!));
  if (different >= 0) {
    throw new BpttError(
      'invalid-shape',
      `${where}[${different}]: expected ${describe(shapes[0]!)}, as in the first sequence, got ${describe(shapes[different]!)}`,
    );
  }
  const weights = Float64Array.from(list, (one, index) =>
    checkNumber(`${where}[${index}].weight`, weightOf(one), { min: 0 }),
  );
  checkMask(`${where}.weight`, weights, list.length);
  const lengths = shapes.map(({ steps }) => steps);
  const O = shapes[0]!.outputs;
  const width = shapes[0]!.inputs === 'tokens' ? 1 : F;

  return {
    *batches(epoch, skip) {
      checkEpoch(epoch, skip);
      const batches = membersOf(
        lengths.length,
        (a, b) => lengths[a]! - lengths[b]!,
        { batch: B, bucket, shuffle },
        epoch,
      );
      for (const members of batches.slice(skip)) {
        yield collate(
          members.map((member) => list[member]!),
          members.map((member) => lengths[member]!),
          width,
          O,
          returns,
        );
      }
    },
  };
}

interface Shape {
  readonly steps: number;
  readonly inputs: 'tokens' | 'features' | 'plain numbers';
  readonly targets: 'classes' | 'reals' | 'plain numbers';
  /** Numbers of a target; undefined for labels, of which there are any number. */
  readonly outputs: number | undefined;
}

const describe = ({ inputs, targets, outputs }: Shape) =>
  `${inputs} with ${outputs === undefined ? 'labels' : `${outputs} ${targets} a target`}`;

/** What targets are. */
type Returns = 'all' | 'last' | 'labels';

function shapeOf(where: string, value: unknown, F: number, returns: Returns): Shape {
  const sequence = checkOptions(where, value, ['inputs', 'targets', 'mask', 'weight']);
  const inputs = checkGiven(`${where}.inputs`, sequence.inputs);
  const targets = checkGiven(`${where}.targets`, sequence.targets);
  const tokens = inputs instanceof Int32Array;
  const steps = tokens ? inputs.length : inputs.length / F;
  if (steps < 1 || !Number.isInteger(steps)) {
    const expected = tokens ? 'at least one token' : `a multiple of F=${F} numbers, at least one step`;
    throw new BpttError('invalid-shape', `${where}.inputs: expected ${expected}, got ${inputs.length}`);
  }
  const last = returns === 'last';
  const outputs = returns === 'labels' ? undefined : last ? targets.length : targets.length / steps;
  if (outputs === undefined && Array.isArray(targets)) checkTokens(`${where}.targets`, targets, 2 ** 31);
  if (outputs === undefined && ofClasses(targets) === 'reals') {
    throw new BpttError('invalid-argument', `${where}.targets: expected labels as an Int32Array, got ${show(targets)}`);
  }
  if (outputs !== undefined && (outputs < 1 || !Number.isInteger(outputs))) {
    const expected = last ? 'at least one number' : `as many for each of the ${steps} steps`;
    const hint = targets.length > 0 && targets.length < steps ? "; one target a sequence is for returns: 'last'" : '';
    throw new BpttError(
      'invalid-shape',
      `${where}.targets: expected ${expected}, got ${targets.length} numbers${hint}`,
    );
  }
  const { mask } = sequence;
  if (mask !== undefined) checkMask(`${where}.mask`, mask, returns === 'all' ? steps : 1, `[T=${steps}]`);
  const kind = Array.isArray(inputs) ? 'plain numbers' : tokens ? 'tokens' : 'features';
  return { steps, inputs: kind, targets: ofClasses(targets), outputs };
}

const ofClasses = (targets: Given): Shape['targets'] =>
  Array.isArray(targets) ? 'plain numbers' : targets instanceof Int32Array ? 'classes' : 'reals';

/** Numbers of a sequence; whether they are in range is checked with the model, as of any batch. */
function checkGiven(where: string, value: unknown): Given {
  const numbers = checkNumbers(where, value) as Given;
  if (Array.isArray(numbers)) checkFinite(where, numbers);
  return numbers;
}

/** Rows side by side, time-major, zeros where a row has ended. */
function collate(
  rows: readonly Sequence[],
  lengths: readonly number[],
  width: number,
  outputs: number | undefined,
  returns: Returns,
): GraphBatch {
  const steps = Math.max(...lengths);
  const inputs = rows.map((row) => row.inputs);
  const targets = rows.map((row) => row.targets);
  const ragged = lengths.some((length) => length < steps);
  return {
    steps,
    rows: rows.length,
    inputs: interleave(inputs, steps, width),
    targets: (outputs === undefined
      ? targets.map((labels) => (Array.isArray(labels) ? Int32Array.from(labels) : labels))
      : interleave(targets, returns === 'last' ? 1 : steps, outputs)) as GraphBatch['targets'],
    ...(ragged ? { lengths: Int32Array.from(lengths) } : {}),
    ...maskOf(rows, lengths, returns === 'all' ? steps : 1),
  };
}

const weightOf = ({ weight = 1 }: Sequence) => weight;

/** The masks of all rows, times their weights, where there are some. */
function maskOf(rows: readonly Sequence[], lengths: readonly number[], steps: number): { readonly mask?: Mask } {
  if (rows.every(({ mask, weight }) => mask === undefined && weight === undefined)) return {};
  const masks = rows.map((row, index) =>
    Float64Array.from({ length: Math.min(steps, lengths[index]!) }, (_, t) => (row.mask?.[t] ?? 1) * weightOf(row)),
  );
  const mask = interleave(masks, steps, 1) as Float64Array;
  // As flags a batch may have none that counts.
  return { mask: mask.every((weight) => weight === 0 || weight === 1) ? Uint8Array.from(mask) : mask };
}
