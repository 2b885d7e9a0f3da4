// Full BPTT of sequences whose activations do not fit: forward once, keeping the states between segments; then back from the
// last segment to the first, each computed anew from its state (Chen et al. 2016, arXiv:1604.06174).
//
// Everything that backward adds up, it adds up from the last step to the first, so the bits are those of one long window.

import { BpttError } from '../base/errors.ts';
import type { GraphBatch } from '../data/batch.ts';
import type { LossWindow } from '../loss/loss-window.ts';
import { addTerms, countTerms, totalPenalty, weighTerms } from '../loss/penalties.ts';
import type { State } from '../model/state.ts';

/** Steps `from` to `to` of a batch. */
type Segment = readonly [from: number, to: number];

/**
 * The most steps of a segment, at most T, with which a window and the states between segments take no more than `budget` bytes.
 *
 * @param windowBytes Bytes of a window of so many steps.
 * @param stateBytes Bytes of one state.
 * @throws BpttError when no length does.
 */
export function segmentSteps(
  T: number,
  budget: number,
  windowBytes: (steps: number) => number,
  stateBytes: number,
): number {
  const states = (steps: number) => (Math.ceil(T / steps) - 1) * stateBytes;
  let steps = T;
  // Shorter segments leave more states between them, which leave less for the window: down to a length that does for both.
  for (;;) {
    const room = budget - states(steps);
    if (windowBytes(steps) <= room) return steps;
    // The longest below it that fits into this room.
    let [low, high] = [0, steps - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (windowBytes(middle) <= room) low = middle;
      else high = middle - 1;
    }
    if (low === 0) break;
    steps = low;
  }
  let enough = Number.POSITIVE_INFINITY;
  for (let length = 1; length <= T; length *= 2) enough = Math.min(enough, windowBytes(length) + states(length));
  throw new BpttError(
    'invalid-argument',
    `memoryBudget: expected room for the activations of ${T} steps in segments, for which ${enough} bytes are enough, got ${budget}`,
  );
}

/** T steps in segments of `steps`, but for the first, which has the rest: the last need not be computed twice. */
function segmentsOf(T: number, steps: number): readonly Segment[] {
  const count = Math.ceil(T / steps);
  return Array.from({ length: count }, (_, index) => {
    const to = T - (count - 1 - index) * steps;
    return [Math.max(0, to - steps), to];
  });
}

/** A batch that was read forward in segments, and the way back. */
export interface SegmentedPass {
  /** How many numbers the losses are over, then the terms of each penalty. */
  readonly counts: readonly number[];
  /**
   * Adds to the network's gradients; leaves the window at the state after the batch.
   *
   * @param scales The factors of the gradients of the losses.
   * @param factors Those of the gradients of the penalties.
   * @param check Is given the sums of the losses so far after each segment, before its backward.
   * @returns the sums of the losses, and the value of what layers add to the objective.
   */
  backward(
    scales: readonly number[],
    factors: readonly number[],
    check: (sums: readonly number[]) => void,
  ): { readonly sums: readonly number[]; readonly penalty: number };
}

/**
 * Reads all of a batch, in segments of as many steps as the window holds, from the state that the window is at.
 *
 * @param T Its steps.
 * @param draw Draws the random masks of what is in the window, whose first step is this one of the batch.
 */
export function readSegments(
  window: LossWindow,
  batch: GraphBatch,
  T: number,
  draw: (step: number) => void,
): SegmentedPass {
  const segments = segmentsOf(T, window.capacity);
  const last = segments.length - 1;
  const states: State[] = [];
  const read = (index: number) => {
    const [from, to] = segments[index]!;
    window.restore(states[index]);
    window.appendBatch(batch, from, to);
    draw(from);
  };

  let counted: readonly number[] = [];
  let terms: readonly number[] = [];
  let first = T;
  /** The first step of a segment that gets a gradient from its own output. */
  const head = (from: number, to: number) => Math.min(Math.max(first, from), to) - from;
  for (const [index, [from, to]] of segments.entries()) {
    states.push(window.state());
    read(index);
    const steps = to - from;
    counted = window.counted(0, steps).map((count, loss) => count + (counted[loss] ?? 0));
    if (first === T) {
      const found = window.firstCounted(0, steps);
      if (found < steps) first = from + found;
    }
    // Outputs are for the way back.
    window.forward(0, steps, index === last ? head(from, to) : steps);
    const more = countTerms(window, { begin: 0, from: 0, to: steps }, { continuesToEarlier: index > 0 });
    terms = more.map((count, penalty) => count + (terms[penalty] ?? 0));
  }
  const end = window.state();

  const backward: SegmentedPass['backward'] = (scales, factors, check) => {
    weighTerms(window, 0, factors);
    let sums: readonly number[] = [];
    let terms: readonly number[] = [];
    for (let index = last; index >= 0; index--) {
      const [from, to] = segments[index]!;
      const steps = to - from;
      const headFrom = head(from, to);
      if (index < last) {
        read(index);
        window.forward(0, steps, headFrom);
      }
      sums = window.takeLoss(0, steps, scales, sums);
      check(sums);
      const how = { continuesFromLater: index < last, continuesToEarlier: index > 0 };
      window.backward(0, steps, { headFrom, ...how });
      terms = addTerms(window, terms, { begin: 0, from: 0, to: steps }, how);
    }
    window.restore(end);
    return { sums, penalty: totalPenalty(window, terms, factors) };
  };
  return { counts: [...counted, ...terms], backward };
}
