// What models read and learn from: B rows of T steps, time-major, as flat typed arrays.
import {
  checkArray,
  checkBoolean,
  checkFlags,
  checkInteger,
  checkLegible,
  checkLength,
  checkNumbers,
  checkOptions,
  checkTokens,
  show,
} from '../base/check.ts';
import type { Dtype } from '../base/dtype.ts';
import { BpttError } from '../base/errors.ts';
import type { Clock, Signal } from '../base/signal.ts';

/** Numbers of one input or output. */
export type Values = Int32Array | Float32Array | Float64Array;

/** Something for each input, output or time axis of a model with several, by name. */
export type ByName<T> = Readonly<Record<string, T>>;

/** T steps of B rows for a model to read. */
export interface Input {
  /** T. */
  readonly steps: number;
  /** B. */
  readonly rows: number;
  /** Tokens [T,B] as Int32Array, or features [T,B,F] as Float32Array or Float64Array. */
  readonly inputs: Values;
  /** [T,B], 1 where the row begins a new sequence at this step: its state before the step is zero. Default: nowhere. */
  readonly resets?: Uint8Array;
  /**
   * [B], how many steps of each row are valid, from 1 to T; what comes after is padding: it leaves the state as it is, its outputs
   * are zero, and it has neither loss nor gradient. Default: all.
   */
  readonly lengths?: Lengths;
}

/** T steps of B rows with what the outputs should be. */
export interface Batch extends Input {
  /**
   * Classes [T,B] as Int32Array for cross-entropy; [T,B,O] as Float32Array or Float64Array for the other losses. Without T where the
   * output is one a row, as with `returns: 'last'`.
   */
  readonly targets: Values;
  /**
   * [T,B], 1 where the step counts, 0 where it has no loss. Default: every step counts. Over padding at the end of rows it does for
   * losses and gradients of one direction what `lengths` do, which also say where the last valid state is and where reverse begins.
   */
  readonly mask?: Uint8Array;
  /** Whether the rows go on where those of the batch before ended, with its state. Default false: they start at zero. */
  readonly carry?: boolean;
}

/** What a model with several inputs or time axes reads: the same, each part by the name of its entry. An `Input` is one too. */
export interface GraphInput extends Pick<Input, 'rows' | 'resets'> {
  /** T; of several time axes that of each, by the name of its input. */
  readonly steps: number | ByName<number>;
  /** As in `Input`, of an input with `clock: 'row'` [B] or [B,F]; several inputs by name. */
  readonly inputs: Values | ByName<Values>;
  /** As in `Input`; those of several time axes by name. */
  readonly lengths?: Lengths | ByName<Lengths>;
}

/** What a model with several inputs or outputs learns from. A `Batch` is one too. */
export interface GraphBatch extends GraphInput, Pick<Batch, 'carry'> {
  /** As in `Batch`; of several outputs by name. */
  readonly targets: Values | ByName<Values>;
  /** As in `Batch`; of several outputs by name, of some or all. */
  readonly mask?: Uint8Array | ByName<Uint8Array>;
}

/** Valid steps of each row. */
export type Lengths = Int32Array | readonly number[];

/** What one of a model's inputs or outputs is. */
export interface Slot {
  readonly name: string | undefined;
  readonly signal: Signal;
  readonly clock: Clock;
}

/** What a model reads. */
export interface Readings {
  readonly inputs: readonly Slot[];
  /** Its time axes. */
  readonly clocks: readonly Clock[];
}

/** That of one input, of several by name. */
export function valuesOf(all: Values | ByName<Values>, name: string | undefined): Values {
  return ArrayBuffer.isView(all) ? all : all[name!]!;
}

/** T of a time axis. */
export function stepsOf({ steps }: Pick<GraphInput, 'steps'>, { name }: Clock): number {
  return typeof steps === 'number' ? steps : steps[name]!;
}

/** The lengths of a time axis. */
export function lengthsOf({ lengths }: Pick<GraphInput, 'lengths'>, { name }: Clock): Lengths | undefined {
  return lengths === undefined || isLengths(lengths) ? lengths : lengths[name];
}

const isLengths = (value: unknown): value is Lengths => ArrayBuffer.isView(value) || Array.isArray(value);

/**
 * Checks what a model is to read.
 *
 * @throws BpttError for wrong kinds and lengths, missing and unknown names, tokens out of range, numbers that are not finite in `dtype`.
 */
export function checkInput(where: string, input: GraphInput, { inputs, clocks }: Readings, dtype: Dtype): void {
  const B = checkInteger(`${where}.rows`, input.rows, 1);
  const names = clocks.map(({ name }) => name);
  const steps = byName(`${where}.steps`, input.steps, names, (value) => typeof value === 'number');
  const T = new Map(names.map((name, index) => [name, checkInteger(steps[index]!.where, steps[index]!.value, 1)]));
  const given = byName(
    `${where}.inputs`,
    input.inputs,
    inputs.map(({ name }) => name ?? ''),
    ArrayBuffer.isView,
  );
  for (const [index, { signal, clock }] of inputs.entries()) {
    checkValues(given[index]!.where, given[index]!.value, signal, T.get(clock.name), B, 'F', dtype);
  }
  if (input.resets !== undefined) {
    if (clocks.length > 1) {
      throw new BpttError(
        'invalid-argument',
        `${where}.resets: expected none for a model with several time axes, got some`,
      );
    }
    const [only] = T.values();
    checkFlags(`${where}.resets`, input.resets, only! * B, `[T=${only}, B=${B}]`);
  }
  if (input.lengths === undefined) return;
  for (const [index, { where: place, value }] of byName(
    `${where}.lengths`,
    input.lengths,
    names,
    isLengths,
    true,
  ).entries()) {
    if (value === undefined) continue;
    const lengths = checkNumbers(place, value);
    checkLength(place, lengths, B, `[B=${B}]`);
    for (let row = 0; row < B; row++) checkInteger(`${place}[${row}]`, lengths[row], 1, T.get(names[index]!));
  }
}

/** Checks what a model is to learn from; `outputs` says what the losses compare the outputs with. */
export function checkBatch(
  where: string,
  batch: GraphBatch,
  model: Readings & { readonly outputs: readonly Slot[] },
  dtype: Dtype,
): void {
  checkLegible(where, batch, 'an object');
  checkOptions(where, batch, ['steps', 'rows', 'inputs', 'resets', 'lengths', 'targets', 'mask', 'carry']);
  checkInput(where, batch, model, dtype);
  const { rows: B } = batch;
  const names = model.outputs.map(({ name }) => name ?? '');
  const targets = byName(`${where}.targets`, batch.targets, names, ArrayBuffer.isView);
  const masks = byName(`${where}.mask`, batch.mask, names, ArrayBuffer.isView, true);
  for (const [index, { signal, clock }] of model.outputs.entries()) {
    const T = clock.kind === 'row' ? undefined : stepsOf(batch, clock);
    checkValues(targets[index]!.where, targets[index]!.value, signal, T, B, 'O', dtype);
    const { value, where: place } = masks[index]!;
    if (value === undefined) continue;
    if (T === undefined) {
      throw new BpttError(
        'invalid-argument',
        `${place}: expected none for a model with one output a row (returns: 'last'), got one`,
      );
    }
    checkFlags(place, value, T * B, `[T=${T}, B=${B}]`);
  }
  if (batch.carry !== undefined) checkBoolean(`${where}.carry`, batch.carry);
}

/** What is given for each name: one thing where there is one name, else an object with all names, or some. */
function byName(
  where: string,
  given: unknown,
  names: readonly string[],
  isOne: (value: unknown) => boolean,
  some = false,
): readonly { readonly where: string; readonly value: unknown }[] {
  if (names.length === 1 && (isOne(given) || typeof given !== 'object' || given === null || !(names[0]! in given))) {
    return [{ where, value: given }];
  }
  if (given === undefined && some) return names.map(() => ({ where, value: undefined }));
  if (isOne(given) || typeof given !== 'object' || given === null) {
    throw new BpttError(
      'invalid-argument',
      `${where}: expected one for each of ${names.map((name) => `'${name}'`).join(', ')}, as an object, got ${show(given)}`,
    );
  }
  checkOptions(where, given, names);
  return names.map((name) => {
    const value = (given as ByName<unknown>)[name];
    if (value === undefined && !some) {
      throw new BpttError('invalid-argument', `${where}.${name}: expected what belongs to '${name}', got none`);
    }
    return { where: `${where}.${name}`, value };
  });
}

/** [T,B] tokens or classes, or [T,B,size] reals; without T where there is one a row. */
function checkValues(
  where: string,
  value: unknown,
  { kind, size }: Signal,
  T: number | undefined,
  B: number,
  letter: 'F' | 'O',
  dtype: Dtype,
): void {
  const steps = T === undefined ? '' : `T=${T}, `;
  const count = (T ?? 1) * B;
  if (kind === 'tokens') checkTokens(where, value, size, count, `[${steps}B=${B}]`);
  else checkReals(where, value, count * size, `[${steps}B=${B}, ${letter}=${size}]`, dtype);
}

function checkReals(where: string, value: unknown, length: number, shape: string, dtype: Dtype): void {
  const values = checkArray(where, value, length, shape);
  if (dtype === 'f64' || values instanceof Float32Array) return;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(Math.fround(values[i]!))) continue;
    throw new BpttError('non-finite', `${where}[${i}]: expected a number that is finite in f32, got ${values[i]}`);
  }
}
