// Steps that inputs say are none: which inputs can say so, and which steps these are. Loaded for models that have such an input.
import { checkInteger } from '../base/check.ts';
import type { Dtype } from '../base/dtype.ts';
import { BpttError } from '../base/errors.ts';
import type { Clock } from '../base/signal.ts';
import type { Track } from '../layers/contract.ts';
import type { Arena } from '../wasm/arena.ts';
import type { Graph, InputNode } from './graph.ts';

/** @throws BpttError for an input without steps, or whose time axis others follow, and for a token that it does not have. */
export function checkSkip({ skip, clock, output: { kind, size }, where }: InputNode, clocks: readonly Clock[]): void {
  if (skip === undefined) return;
  const slower = clocks.find(({ follows }) => follows?.clock === clock);
  if (slower !== undefined) {
    throw new BpttError(
      'invalid-argument',
      `${where}.skip: expected none where ${slower.name} has other steps than it reads, got ${skip}; lengths say where rows end`,
    );
  }
  if (clock.kind === 'row') {
    throw new BpttError(
      'invalid-argument',
      `${where}.skip: expected none with clock: 'row', which has no steps, got ${skip}`,
    );
  }
  if (kind === 'tokens') checkInteger(`${where}.skip`, skip, 0, size - 1);
}

/** What there is of a network and of a time axis in a window. */
interface Skipping {
  readonly graph: Graph;
  readonly arena: Arena;
  readonly dtype: Dtype;
}
interface Axis {
  readonly padding: Track;
  readonly filled: number;
  refill(steps: number): void;
}

/** Marks as padding what inputs skip of the steps that were appended last, which begin at place `at` of the first time axis. */
export function markSkipped(
  { graph: { inputs, clocks }, arena, dtype }: Skipping,
  tracks: readonly Track[],
  axes: readonly Axis[],
  at: number,
): void {
  for (const [index, { skip, clock, output }] of inputs.entries()) {
    if (skip === undefined) continue;
    const number = clocks.indexOf(clock);
    const { padding, filled } = axes[number]!;
    const from = number === 0 ? at : 0;
    const flags = arena.octets(padding.pointer + from * padding.stride, (filled - from) * padding.stride);
    const { pointer, stride, ld } = tracks[index]!;
    const place = pointer + from * stride;
    if (output.kind === 'tokens') {
      for (const [row, id] of arena.integers(place, flags.length).entries()) if (id === skip) flags[row] = 1;
    } else {
      const values = arena.reals(place, flags.length * ld);
      const value = dtype === 'f32' ? Math.fround(skip) : skip;
      for (const row of flags.keys()) {
        if (values.subarray(row * ld, row * ld + output.size).every((one) => one === value)) flags[row] = 1;
      }
    }
    axes[number]!.refill(filled);
  }
}
