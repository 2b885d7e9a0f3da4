// A series as batches: windows of a few rows each, or the whole span as a stream.

import { BpttError } from '../base/errors.ts';
import { checkFields, integer, type Options, oneOf, optional, withDefault } from '../base/fields.ts';
import { permutation } from '../base/philox.ts';
import type { Batch } from '../data/batch.ts';
import { checkEpoch, type Dataset } from '../data/dataset.ts';
import { Frame } from './frame.ts';
import { checkPipeline, type Pipeline } from './pipeline.ts';
import { checkSpan, type Series, type Span } from './series.ts';

const fields = {
  /** B, the windows of a batch; the last batch of an epoch has what is left. */
  batch: integer({ min: 1 }),
  /** Rows from a window to the next. Default 1. */
  stride: withDefault(integer({ min: 1 }), 1),
  /**
   * What is predicted, as the model's layers return it: `last` (default), what comes after the window, whose rows may lie
   * before the span; or `all`, what comes after each of its rows, which all lie in the span.
   */
  returns: withDefault(oneOf('all', 'last'), 'last'),
  /** A seed, a whole number from 0 to 2^53 - 1: each epoch then has an order of its own. Default: the order of time. */
  shuffle: optional(integer({ min: 0 })),
};

/** How many windows make a batch, how far apart they are, and what is predicted. */
export interface WindowsOptions extends Options<typeof fields> {}

/** Batches for `train` and, in the order of the first epoch, for `evaluate`. */
export interface SeriesBatches extends Dataset, Iterable<Batch> {
  /** T */
  readonly steps: number;
  /** How many windows an epoch has; the rows B of a stream. */
  readonly windows: number;
}

/**
 * Windows of `context` rows of a series, with the next `horizon` rows as targets, all of which lie in the span. What is read
 * may lie before it, so nothing of a test part is lost. Windows are laid from the end of the span backwards: with a stride, it
 * is the oldest rows that may be left over.
 *
 * @param pipeline One with a `context`.
 * @throws BpttError when not one window fits.
 *
 * @example
 * const data = windows(births, training, pipeline, { batch: 32, shuffle: 1 });
 * await fit(model, { data, loss: 'mean-squared-error', epochs: 1 });
 */
export function windows(series: Series, span: Span, pipeline: Pipeline, options: WindowsOptions): SeriesBatches {
  const plan = checkPipeline('windows', pipeline);
  const { batch: B, stride, returns, shuffle } = checkFields('windows', options, fields);
  const last = returns === 'last';
  const T = plan.context;
  if (T === null) {
    throw new BpttError(
      'invalid-argument',
      'windows(pipeline): expected one with a context, the rows of a window, got none',
    );
  }
  const frame = new Frame('windows(series)', plan, series);
  const origins = frame.origins('windows(span)', checkSpan('windows(span)', span, series.length));
  // The last row of the first window: its first row has all features, and with `all` its first target lies in the span.
  const first = last ? Math.max(origins.from, frame.first + T - 1) : origins.from + T - 1;
  const count = Math.max(0, Math.ceil((origins.to - first) / stride));
  if (count === 0) {
    const least = `at least one window of ${T} rows from row ${frame.first} on, the first with all that is read`;
    throw new BpttError('invalid-argument', `windows(span): expected ${least}, got rows ${span.from} to ${span.to}`);
  }
  const ends = Int32Array.from({ length: count }, (_, index) => origins.to - 1 - stride * (count - 1 - index));

  function* batches(epoch: number, skip: number): Generator<Batch, void, undefined> {
    checkEpoch(epoch, skip);
    const order = shuffle === undefined ? undefined : permutation(count, shuffle, epoch);
    for (let from = skip * B; from < count; from += B) {
      const rows = Array.from(
        { length: Math.min(B, count - from) },
        (_, row) => ends[order?.[from + row] ?? from + row]!,
      );
      yield batchOf(
        frame,
        T!,
        rows.map((end) => end - T! + 1),
        last,
      );
    }
  }
  return { steps: T, windows: count, batches, [Symbol.iterator]: () => batches(0, 0) };
}

const streamFields = {
  /** B, how many rows read the span at the same time, each its part. Default 1. */
  batch: withDefault(integer({ min: 1 }), 1),
};

/** How many rows read the span side by side in `seriesStream`. */
export interface SeriesStreamOptions extends Options<typeof streamFields> {}

/**
 * A span as one batch for truncated BPTT: B rows, each a part of it, and at every step the next `horizon` rows as targets.
 * Nothing is lost at the end: when B does not divide the steps, the last rows are one step shorter, and a mask takes the
 * padding out of the loss.
 *
 * @throws BpttError when the span is too short for the batch.
 *
 * @example
 * const carried = fitPipeline(births, training, { targets: ['births'] }); // no context: the state is carried
 * const reader = await createModel([features(inputSize(carried)), gru({ units: 8 }), dense({ units: 1 })]);
 * const data = seriesStream(births, training, carried, { batch: 2 });
 * await fit(reader, { data, loss: 'mean-squared-error', truncation: { k1: 28, k2: 28 }, epochs: 1 });
 */
export function seriesStream(
  series: Series,
  span: Span,
  pipeline: Pipeline,
  options: SeriesStreamOptions = {},
): SeriesBatches {
  const plan = checkPipeline('seriesStream', pipeline);
  const { batch: B } = checkFields('seriesStream', options, streamFields);
  const frame = new Frame('seriesStream(series)', plan, series);
  const { from, to } = frame.origins('seriesStream(span)', checkSpan('seriesStream(span)', span, series.length));
  const steps = to - from;
  if (B > steps) {
    throw new BpttError(
      'invalid-argument',
      `seriesStream.batch: expected at most ${steps} rows, one for each step, got ${B}`,
    );
  }
  const T = Math.ceil(steps / B);
  const long = steps - (T - 1) * B; // rows of T steps: they come first
  const starts = Array.from({ length: B }, (_, row) => from + row * (T - 1) + Math.min(row, long));
  let batch: Batch | undefined;
  function* batches(epoch: number, skip: number): Generator<Batch, void, undefined> {
    checkEpoch(epoch, skip);
    batch ??= batchOf(frame, T, starts, false, long);
    if (skip === 0) yield batch;
  }
  return { steps: T, windows: B, batches, [Symbol.iterator]: () => batches(0, 0) };
}

/** Rows of T steps from `starts` on, time-major; rows from `long` on are one step shorter. */
function batchOf(frame: Frame, T: number, starts: readonly number[], last: boolean, long = starts.length): Batch {
  const B = starts.length;
  const { inputs: F, outputs: O } = frame;
  const inputs = new Float32Array(T * B * F);
  const targets = new Float32Array((last ? 1 : T) * B * O);
  for (const [row, start] of starts.entries()) {
    const steps = row < long ? T : T - 1;
    for (let t = 0; t < steps; t++) frame.read(start + t, inputs, (t * B + row) * F);
    if (last) frame.target(start + T - 1, targets, row * O);
    else for (let t = 0; t < steps; t++) frame.target(start + t, targets, (t * B + row) * O);
  }
  if (long === B) return { steps: T, rows: B, inputs, targets };
  const mask = new Uint8Array(T * B).fill(1);
  mask.fill(0, (T - 1) * B + long);
  return { steps: T, rows: B, inputs, targets, mask };
}
