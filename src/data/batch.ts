// What models read and learn from: B rows of T steps, time-major, as flat typed arrays.
import {
  checkBoolean,
  checkFlags,
  checkInteger,
  checkLegible,
  checkLength,
  checkNumber,
  checkNumbers,
  checkOptions,
  checkReals,
  checkTokens,
  readable,
  show,
} from '../base/check.ts';
import type { Dtype } from '../base/dtype.ts';
import { BpttError } from '../base/errors.ts';
import type { Clock, Signal } from '../base/signal.ts';

/** Numbers of one input or output. */
export type Values = Int32Array | Float32Array | Float64Array;

/** The labels of each row in their order, as many as there are, also none: what a loss of whole sequences such as CTC compares with. */
export type Labels = readonly Int32Array[];

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
   * [T,B], or [B] where the output is one a row: what the loss of a step counts for. As Uint8Array 1 where it counts and 0 where it has no
   * loss; as Float32Array or Float64Array any weights ≥ 0, by whose sum a mean is divided. Default: every step counts. Over padding at
   * the end of rows zeros do for losses and gradients of one direction what `lengths` do, which also say where the last valid state is and
   * where reverse begins.
   */
  readonly mask?: Mask;
  /** Whether the rows go on where those of the batch before ended, with its state. Default false: they start at zero. */
  readonly carry?: boolean;
}

/** Numbers as people give them. */
export type Given = Values | readonly number[];

/** The same for a loss of whole sequences. */
export interface LabelBatch extends Omit<Batch, 'targets' | 'mask'> {
  /** The labels of each row in their order, [B] arrays of any lengths. */
  readonly targets: Labels;
  /** [B], 1 where the row counts, 0 where it does not, or what it counts for as in `Batch`. Default: 1 each. */
  readonly mask?: Mask;
}

/**
 * What a model with several inputs or time axes reads: the same, each part by the name of its entry, in plain arrays too. An `Input` is one,
 * and so is what is learned from: its targets and mask have no part in reading.
 */
export interface GraphInput extends Pick<Input, 'rows' | 'resets'> {
  /** T; of several time axes that of each, by the name of its input. */
  readonly steps: number | ByName<number>;
  /** As in `Input`, of an input with `clock: 'row'` [B] or [B,F]; several inputs by name. */
  readonly inputs: Given | ByName<Given>;
  /** As in `Input`; those of several time axes by name. */
  readonly lengths?: Lengths | ByName<Lengths>;
}

/** What a model with several inputs or outputs learns from. A `Batch` is one too. */
export interface GraphBatch extends GraphInput, Pick<Batch, 'carry'> {
  /** As in `Batch`; for a loss of whole sequences the labels of each row. Of several outputs by name. */
  readonly targets: Given | Labels | ByName<Given | Labels>;
  /** As in `Batch`; of several outputs by name, of some or all. */
  readonly mask?: Mask | ByName<Mask>;
}

/** What steps count for. */
export type Mask = Uint8Array | Float32Array | Float64Array;

/** Valid steps of each row. */
export type Lengths = Int32Array | readonly number[];

/** What one of a model's inputs or outputs is. */
export interface Slot {
  readonly name: string | undefined;
  readonly signal: Signal;
  readonly clock: Clock;
}

/** What one of a model's outputs is compared with: numbers of each step, or something that a loss of whole sequences checks. */
export interface TargetSlot extends Omit<Slot, 'signal'> {
  readonly signal: Signal | CheckTargets;
}

/**
 * Checks targets of B rows that have lengths of their own, and gives them back. Of the outputs there are T steps, of which the first
 * `lengths` are valid, all by default; no T where there is one output a row. `leaves`: the entry that leaves those steps of what is read, where
 * one does.
 *
 * @throws BpttError for targets that are wrong.
 */
export type CheckTargets = (
  where: string,
  targets: unknown,
  B: number,
  T: number | undefined,
  lengths: Lengths | undefined,
  leaves: string | undefined,
) => Labels;

/** What a model reads. */
export interface Readings {
  readonly inputs: readonly Slot[];
  /** Its time axes, but those that follow others. */
  readonly clocks: readonly Clock[];
}

/** That of one input or output, of several by name, in what was checked. */
export function valuesOf<A = Values>(all: unknown, name: string | undefined): A {
  return (isList(all) ? all : (all as ByName<unknown>)[name!]) as A;
}

/** T of a time axis. */
export function stepsOf(input: Pick<GraphInput, 'steps'>, { name, follows }: Clock): number {
  if (follows !== undefined) return follows.steps(stepsOf(input, follows.clock));
  const { steps } = input;
  return typeof steps === 'number' ? steps : steps[name]!;
}

/** The lengths of a time axis. */
export function lengthsOf(input: Pick<GraphInput, 'lengths'>, { name, follows }: Clock): Lengths | undefined {
  if (follows !== undefined) {
    const own = lengthsOf(input, follows.clock);
    return own && Array.from(own, follows.steps);
  }
  const { lengths } = input;
  return lengths === undefined || isList(lengths) ? lengths : lengths[name];
}

const isList = (value: unknown): value is Lengths => ArrayBuffer.isView(value) || Array.isArray(value);

/**
 * Checks what a model is to read.
 *
 * @param others Names that it may have besides, of what has no part in reading.
 * @returns the same, with typed arrays in place of plain ones.
 * @throws BpttError for unknown and missing names, wrong kinds and lengths, tokens out of range, numbers that are not finite in `dtype`.
 */
export function checkInput<Input extends GraphInput>(
  where: string,
  input: Input,
  { inputs, clocks }: Readings,
  dtype: Dtype,
  others: readonly string[] = ['targets', 'mask'],
): Input {
  checkOptions(where, input, ['steps', 'rows', 'inputs', 'resets', 'lengths', ...others]);
  const B = checkInteger(`${where}.rows`, input.rows, 1);
  const names = clocks.map(({ name }) => name);
  const steps = byName(`${where}.steps`, input.steps, names, (value) => typeof value === 'number');
  const T = steps.map(({ where: place, value }) => checkInteger(place, value, 1));
  const given = byName(
    `${where}.inputs`,
    input.inputs,
    inputs.map(({ name }) => name ?? ''),
    isList,
  );
  const values = inputs.map(({ signal, clock }, index) =>
    checkValues(given[index]!.where, given[index]!.value, signal, T[clocks.indexOf(clock)], B, 'F', dtype),
  );
  checkRows(where, input, clocks, T, B);
  return { ...input, inputs: named(input.inputs, inputs, values) };
}

/** Where the rows begin anew, and where they end. */
function checkRows(where: string, input: GraphInput, clocks: readonly Clock[], T: readonly number[], B: number): void {
  const names = clocks.map(({ name }) => name);
  if (input.resets !== undefined) {
    if (clocks.length > 1) {
      throw new BpttError(
        'invalid-argument',
        `${where}.resets: expected none for a model with several time axes, got some`,
      );
    }
    checkFlags(`${where}.resets`, input.resets, T[0]! * B, `[T=${T[0]}, B=${B}]`);
  }
  if (input.lengths === undefined) return;
  for (const [index, { where: place, value }] of byName(
    `${where}.lengths`,
    input.lengths,
    names,
    isList,
    true,
  ).entries()) {
    if (value === undefined) continue;
    const lengths = checkNumbers(place, value);
    checkLength(place, lengths, B, `[B=${B}]`);
    for (let row = 0; row < B; row++) checkInteger(`${place}[${row}]`, lengths[row], 1, T[index]);
  }
}

/**
 * Checks what a model is to learn from; `outputs` says what the losses compare the outputs with.
 *
 * @returns the same, with typed arrays in place of plain ones.
 */
export function checkBatch<Batch extends GraphBatch>(
  where: string,
  batch: Batch,
  model: Readings & { readonly outputs: readonly TargetSlot[] },
  dtype: Dtype,
): Batch {
  checkLegible(where, batch, 'an object');
  const checked = checkInput(where, batch, model, dtype, ['targets', 'mask', 'carry']);
  const { rows: B } = batch;
  const names = model.outputs.map(({ name }) => name ?? '');
  const targets = byName(`${where}.targets`, batch.targets, names, isList);
  const masks = byName(`${where}.mask`, batch.mask, names, ArrayBuffer.isView, true);
  const values = model.outputs.map(({ signal, clock }, index) => {
    const T = clock.kind === 'row' ? undefined : stepsOf(batch, clock);
    const given = targets[index]!;
    const { value, where: place } = masks[index]!;
    // A loss of whole sequences is one for each row.
    const whole = typeof signal === 'function';
    if (value !== undefined && (whole || T === undefined)) checkMask(place, value, B, `[B=${B}]`);
    else if (value !== undefined) checkMask(place, value, T! * B, `[T=${T}, B=${B}]`);
    return whole
      ? signal(given.where, given.value, B, T, lengthsOf(batch, clock), clock.follows && clock.name)
      : checkValues(given.where, given.value, signal, T, B, 'O', dtype);
  });
  if (batch.carry !== undefined) checkBoolean(`${where}.carry`, batch.carry);
  return { ...checked, targets: named(batch.targets, model.outputs, values) };
}

/** What was checked in the form in which it was given: by name, or alone. */
function named<A>(given: unknown, slots: readonly Pick<Slot, 'name'>[], values: readonly A[]): A | ByName<A> {
  return isList(given) ? values[0]! : Object.fromEntries(slots.map(({ name }, index) => [name, values[index]!]));
}

/** What is given for each name: one thing where there is one name, else an object with all names, or some. */
function byName(
  where: string,
  given: unknown,
  names: readonly string[],
  isOne: (value: unknown) => boolean,
  some = false,
): readonly { readonly where: string; readonly value: unknown }[] {
  // What has no name of its own is checked as it is; only what is neither can be meant for a name.
  const nameless = names[0] === '' || Array.isArray(given) || ArrayBuffer.isView(given);
  if (names.length === 1 && (isOne(given) || typeof given !== 'object' || given === null || nameless)) {
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
  { kind, size, range, ignore }: Signal,
  T: number | undefined,
  B: number,
  letter: 'F' | 'O',
  dtype: Dtype,
): Values {
  const steps = T === undefined ? '' : `T=${T}, `;
  const count = (T ?? 1) * B;
  const checked =
    kind === 'tokens'
      ? checkTargets(where, value, size, count, `[${steps}B=${B}]`, ignore)
      : checkReals(where, value, count * size, `[${steps}B=${B}, ${letter}=${size}]`, dtype, range);
  if (ArrayBuffer.isView(checked)) return checked as Values;
  return kind === 'tokens' ? Int32Array.from(checked) : Float64Array.from(checked);
}

/** Tokens, of which those that are `ignore` may be any number. */
function checkTargets(
  where: string,
  value: unknown,
  size: number,
  count: number,
  shape: string,
  ignore: number | undefined,
): ArrayLike<number> {
  if (ignore === undefined || !isList(value)) return checkTokens(where, value, size, count, shape);
  const known = Array.from(value, (target) => (target === ignore ? 0 : target));
  checkTokens(where, known, size, count, shape);
  return value;
}

/** @throws BpttError for what is neither flags nor weights, or weights that are all zero. */
export function checkMask(where: string, mask: unknown, length: number, shape?: string): void {
  const isReals = () => mask instanceof Float32Array || mask instanceof Float64Array;
  if (readable(where, isReals)) {
    const weights = mask as Float32Array;
    checkLength(where, weights, length, shape);
    let sum = 0;
    for (let i = 0; i < length; i++) sum += checkNumber(`${where}[${i}]`, weights[i], { min: 0 });
    if (sum === 0) throw new BpttError('invalid-argument', `${where}: expected a weight above 0, got zeros alone`);
  } else checkFlags(where, mask, length, shape);
}
