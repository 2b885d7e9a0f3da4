// Backpropagation through time, full and truncated: which steps are read, which losses count, how far back gradients go.
//
// Truncated BPTT(k1, k2) (Williams and Peng 1990, BPTT(h; h'); Sutskever 2013, section 2.8.6): each time k1 new steps have
// been read, and at the end for the rest, backward from the newest step t through at most k2 steps, with h_{t-k2} constant.

import { BpttError, NonFiniteError } from '../base/errors.ts';
import { checkFields } from '../base/fields.ts';
import { seedWords } from '../base/philox.ts';
import { type Batch, checkBatch } from '../data/batch.ts';
import type { StateReader, StateWriter } from '../formats/record.ts';
import { LossWindow, lossWindowBytes } from '../loss/loss-window.ts';
import { type Loss, losses, type Reduction, reduce } from '../loss/losses.ts';
import { addTerms, countTerms, totalPenalty, weighTerms } from '../loss/penalties.ts';
import { checkModel } from '../model/check-model.ts';
import type { Model } from '../model/model.ts';
import { type Network, refuseBothDirections } from '../model/network.ts';
import type { State } from '../model/state.ts';
import type { WindowOptions } from '../model/window-memory.ts';
import { type CheckedObjective, type Objective, objectiveFields, refuseObjective } from './objective.ts';
import { readSegments, segmentSteps } from './segments.ts';

/** One backward pass. */
export interface WindowResult {
  /** The first new step in its batch, and the step after the last. */
  readonly from: number;
  readonly to: number;
  /** The step of the batch that the gradient went back to; below `from` when k2 > k1, and below 0 into a batch before. */
  readonly backTo: number;
  /** The reduced loss of the new steps. 0 when no step counts. */
  readonly loss: number;
  /**
   * The value of what layers add to the objective: of `activityRegularization` in the new steps, of `vanishingRegularization` in
   * the steps that the gradient goes back through. Their gradients are in the gradients.
   */
  readonly penalty: number;
  /** Σ of the losses of the new steps. */
  readonly lossSum: number;
  /** How many numbers the sum is over. */
  readonly counted: number;
}

/** The new steps of each window over T steps: k1 at a time, then the rest. */
export function newSteps(T: number, k1: number): readonly (readonly [from: number, to: number])[] {
  return Array.from({ length: Math.ceil(T / k1) }, (_, index) => [index * k1, Math.min((index + 1) * k1, T)] as const);
}

/** A window that was read forward, and the way back. */
export interface ForwardPass {
  /** How many numbers each mean of the window is over. */
  readonly counts: readonly number[];
  /**
   * Leaves the gradient in the network's gradient block. `totals`: `counts`, or where the rows of a batch are read in several places
   * the sum of theirs, so that the gradients add up to that of the mean over all rows.
   */
  backward(totals: readonly number[]): WindowResult;
}

/** Reads batches window by window and leaves the gradient of each in the network's gradient block. */
export class Backpropagation {
  readonly #network: Network;
  readonly #loss: Loss;
  readonly #reduction: Reduction;
  readonly #truncation: CheckedObjective['truncation'] | undefined;
  readonly #memoryBudget: number | undefined;
  readonly #seed: readonly [low: number, high: number];
  readonly #rows: { readonly block: number; readonly of: number };
  #window: LossWindow | undefined;
  /** What the window is to hold when it is there. */
  #saved: StateReader | undefined;
  /** The newest backward pass of one window. */
  #last: { readonly begin: number; readonly factors: readonly number[] } | undefined;
  #step = 0;
  /** Batches begun: what numbers their random masks. */
  #batches = 0;

  /** `rows`: which block of a batch's rows this is, of so many; the random masks of each are others. */
  constructor(network: Network, objective: CheckedObjective, rows = { block: 0, of: 1 }) {
    checkReach(network, objective);
    this.#network = network;
    this.#rows = rows;
    this.#loss = losses[objective.loss];
    this.#reduction = objective.reduction;
    this.#truncation = objective.truncation;
    this.#memoryBudget = objective.memoryBudget;
    this.#seed = seedWords(objective.seed);
  }

  /** The state after the newest step, or undefined before the first batch. */
  state(): State | undefined {
    return this.#window?.state();
  }

  /**
   * Yields after each backward pass, with its gradient in the network's gradient block; what the caller does to the
   * parameters then holds for the next window. `state` is where the batch starts, by default zero, or where the batch
   * before ended when it carries on. `first`: the windows of the batch that were done before `load`.
   */
  *windows(batch: Batch, state?: State, first = 0): Generator<WindowResult> {
    checkTrainingBatch(this.#network, batch, this.#loss);
    for (const { counts, backward } of this.passes(batch, state, first)) yield backward(counts);
  }

  /** The same before each way back, of a batch that was checked. */
  *passes(batch: Batch, state?: State, first = 0): Generator<ForwardPass> {
    const window = this.#open(batch, state, first > 0);
    if (first === 0) this.#batches++;
    const number = (this.#batches - 1) * this.#rows.of + this.#rows.block;
    if (this.#truncation === undefined && window.capacity < batch.steps) {
      if (first === 0) yield this.#readInSegments(window, batch, number);
      return;
    }
    const steps = newSteps(batch.steps, this.#truncation?.k1 ?? batch.steps);
    for (let index = first; index < steps.length; index++) {
      const [from, to] = steps[index]!;
      const at = window.appendBatch(batch, from, to);
      window.draw(at, { seed: this.#seed, batch: number, window: index, step: from });
      const next = steps[index + 1];
      yield this.#read(window, { from, to, at, next: next && next[1] - next[0] });
    }
  }

  /**
   * The value of the penalties on gradients in the newest window with the parameters of now, all that they are a function of besides
   * as it was. Not in segments.
   */
  renewedPenalty(): number {
    const window = this.#window!;
    const { begin, factors } = this.#last!;
    const sums = window.mapPenalties((penalty, pass) => penalty.renewed?.(begin, window.filled, pass) ?? 0);
    return totalPenalty(window, sums, factors);
  }

  /** Writes what a later window or batch goes on from. */
  save(out: StateWriter): void {
    out.value('step', this.#step);
    out.value('batches', this.#batches);
    this.#saved?.copyTo(out.part('window'));
    // A window brings one new step at least.
    this.#window?.save(out.part('window'), this.#truncation === undefined ? 0 : this.#truncation.k2 - 1);
  }

  /** The inverse of `save`, before the first batch. */
  load(saved: StateReader): void {
    this.#step = saved.count('step');
    this.#batches = saved.count('batches');
    if (saved.has('window.rows')) this.#saved = saved.part('window');
  }

  /** Gives the memory back. */
  release(): void {
    this.#window?.release();
    this.#window = undefined;
  }

  /** A window with room for what the batch needs, at the right state; `within`: where it was left inside the batch. */
  #open(batch: Batch, state: State | undefined, within: boolean): LossWindow {
    const options: WindowOptions = { gradients: true, training: true, overlapping: this.#truncation !== undefined };
    const capacity = this.#capacity(batch, options);
    const whole = this.#truncation !== undefined || capacity === batch.steps;
    if (this.#saved !== undefined) {
      this.#window = new LossWindow(this.#network, this.#loss, capacity, this.#saved.count('rows'), options);
      this.#window.load(this.#saved);
      this.#saved = undefined;
    }
    let window = this.#window;
    if (within) {
      if (window?.rows === batch.rows) return window;
      throw new BpttError(
        'invalid-shape',
        `batch.rows: expected ${window?.rows ?? 'a saved window'}, as when the batch was left, got ${batch.rows}`,
      );
    }
    if (batch.carry === true && window !== undefined && window.rows !== batch.rows) {
      throw new BpttError(
        'invalid-shape',
        `batch.rows: expected ${window.rows}, as the batch that it carries on, got ${batch.rows}`,
      );
    }
    // In segments the window has the length that the budget is for.
    const fits = window !== undefined && (whole ? window.capacity >= capacity : window.capacity === capacity);
    if (window === undefined || window.rows !== batch.rows || !fits) {
      const carried = batch.carry === true ? window?.state() : undefined;
      window?.release();
      this.#window = undefined;
      window = new LossWindow(this.#network, this.#loss, capacity, batch.rows, options);
      this.#window = window;
      window.start(state ?? carried);
    } else if (state !== undefined || batch.carry !== true) {
      window.start(state);
    }
    return window;
  }

  /** The steps that the window for a batch holds. */
  #capacity({ steps, rows }: Batch, options: WindowOptions): number {
    if (this.#truncation !== undefined) return Math.max(this.#truncation.k1, this.#truncation.k2);
    if (this.#memoryBudget === undefined) return steps;
    const network = this.#network;
    const bytes = (T: number) => lossWindowBytes(network, this.#loss, T, rows, options);
    const stateBytes = network.stateWidths.reduce((sum, H) => sum + rows * H, 0) * network.kernels.realBytes();
    return segmentSteps(steps, this.#memoryBudget, bytes, stateBytes);
  }

  /** Full BPTT over a batch that is longer than the window. */
  #readInSegments(window: LossWindow, batch: Batch, number: number): ForwardPass {
    const { counts, backward } = readSegments(window, batch, (step) =>
      window.draw(0, { seed: this.#seed, batch: number, window: 0, step }),
    );
    return {
      counts,
      backward: (totals) => {
        this.#network.clearGradients('added');
        this.#network.gradientParts.useTokens(batch.inputs instanceof Int32Array ? batch.inputs : new Int32Array());
        const { lossSum, penalty } = backward(
          totals.map((count) => this.#scale(count)),
          (sum) => this.#checkLoss(window, sum, 0, window.filled),
        );
        this.#step++;
        const [counted] = counts as [number];
        const loss = reduce(this.#reduction, lossSum, counted);
        return { from: 0, to: batch.steps, backTo: 0, loss, penalty, lossSum, counted };
      },
    };
  }

  /** The factor of the gradients of losses that are over so many numbers. */
  #scale(counted: number): number {
    if (this.#reduction === 'sum') return 1;
    return counted === 0 ? 0 : 1 / counted;
  }

  /** @throws NonFiniteError that names the layer whose outputs in steps `from` to `to` of the window are at fault. */
  #checkLoss(window: LossWindow, lossSum: number, from: number, to: number): void {
    if (Number.isFinite(lossSum)) return;
    const where = window.firstNonFinite(from, to);
    throw new NonFiniteError({ quantity: 'loss', where, step: this.#step + 1, norm: lossSum });
  }

  /**
   * Forward over the new steps, from place `at` of the window on, and then backward over at most k2. `next`: how many steps the next
   * window brings, undefined where this is the batch's last: another batch may carry on.
   */
  #read(
    window: LossWindow,
    {
      from,
      to,
      at,
      next,
    }: { readonly from: number; readonly to: number; readonly at: number; readonly next?: number | undefined },
  ): ForwardPass {
    const end = window.filled;
    const { k2 = end - at, losses = 'new', activations = 'stored' } = this.#truncation ?? {};
    const begin = Math.max(0, end - k2);
    const recomputed = activations === 'recomputed' && begin < at;
    // Whether the losses of older steps, which were reported before, inject their gradients once more.
    const olderInject = losses === 'window';
    const firstInjecting = olderInject ? begin : Math.max(begin, at);

    // Steps before the first whose loss counts need no outputs.
    const start = recomputed ? begin : at;
    window.forward(start, end, Math.max(start, window.firstCounted(olderInject ? start : at, end)));

    // The loss that is reported is that of the new steps; its mean is over other numbers than that of the losses that inject.
    const reported = { begin, from: at, to: end };
    const injecting = olderInject ? { begin, from: Math.min(begin, at), to: end } : reported;
    const counted = window.counted(at, end);
    const reportedCounts = [counted, ...countTerms(window, reported)];
    const counts = [...reportedCounts, window.counted(injecting.from, end), ...countTerms(window, injecting)];

    const backward = (totals: readonly number[]): WindowResult => {
      const { kernels, gradients, layout } = this.#network;
      const [, ...factors] = totals.slice(0, reportedCounts.length).map((count) => this.#scale(count));
      const [divisor, ...termCounts] = totals.slice(reportedCounts.length) as [number, ...number[]];
      const scale = this.#scale(divisor);
      // The output gradients of older steps are kept from when these steps were new, and each window divides by another number:
      // they are kept undivided, and the finished gradient is divided.
      const divideAtEnd = olderInject && activations === 'stored' && divisor > 0;
      const lossSum = window.takeLoss(at, end, divideAtEnd ? 1 : scale);
      this.#checkLoss(window, lossSum, at, end);
      if (recomputed && olderInject) window.takeLoss(begin, at, scale);

      this.#network.clearGradients('added');
      this.#network.gradientParts.useTokens(window.tokens(begin, end));
      weighTerms(
        window,
        firstInjecting,
        termCounts.map((count) => this.#scale(count) / (divideAtEnd ? scale : 1)),
      );
      const keepsActivations = this.#truncation !== undefined && (next === undefined || next < k2);
      window.backward(begin, end, { headFrom: window.firstCounted(firstInjecting, end), keepsActivations });
      if (divideAtEnd && scale !== 1) kernels.scale(gradients, scale, layout.count);

      const penalty = totalPenalty(window, addTerms(window, [], reported), factors);
      this.#last = { begin, factors };
      this.#step++;
      const backTo = from - (at - begin);
      return { from, to, backTo, loss: reduce(this.#reduction, lossSum, counted), penalty, lossSum, counted };
    };
    return { counts, backward };
  }
}

/** @throws BpttError where gradients are to end at steps, and the network reads later ones. */
export function checkReach(network: Network, { truncation, memoryBudget }: Objective): void {
  if (truncation !== undefined) refuseBothDirections(network, 'truncation', 'leave it out for full BPTT');
  if (memoryBudget !== undefined) refuseBothDirections(network, 'memoryBudget', 'leave it out');
}

/** @throws BpttError for a batch that the network cannot learn from. */
export function checkTrainingBatch(network: Network, batch: Batch, loss: Loss): void {
  const { stack, dtype } = network;
  const outputs = stack.layers.at(-1)!.output.size;
  checkBatch('batch', batch, stack, loss.targets(outputs), dtype);
  if (batch.carry === true) refuseBothDirections(network, 'batch.carry', 'each batch must hold whole sequences');
}

/**
 * Backpropagation through time without an optimizer: yields after each backward pass over `batch`, with the gradient of
 * that window in `model.gradients()`. What the caller does to the parameters in between holds for the next window.
 * Without `truncation` there is one window: all steps.
 *
 * @param state Where the rows start. Default zero.
 * @throws BpttError for options, batches and states that are wrong; NonFiniteError for a loss that is not finite.
 */
export function* backpropagate(
  model: Model,
  batch: Batch,
  objective: Objective,
  state?: State,
): Generator<WindowResult> {
  checkModel('backpropagate', model);
  const checked = checkFields('backpropagate', objective, objectiveFields);
  refuseObjective('backpropagate', checked);
  const bptt = new Backpropagation(model.network, checked);
  try {
    yield* bptt.windows(batch, state);
  } finally {
    bptt.release();
  }
}
