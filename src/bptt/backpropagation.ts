// Backpropagation through time, full and truncated: which steps are read, which losses count, how far back gradients go.
//
// Truncated BPTT(k1, k2) (Williams and Peng 1990, BPTT(h; h'); Sutskever 2013, section 2.8.6): each time k1 new steps have
// been read, and at the end for the rest, backward from the newest step t through at most k2 steps, with h_{t-k2} constant. With k2 <= k1
// windows stand side by side: also the last, shorter one of a batch goes back through none but its own steps.

import { BpttError, NonFiniteError } from '../base/errors.ts';
import { checkFields } from '../base/fields.ts';
import { seedWords } from '../base/philox.ts';
import { type GraphBatch, stepsOf, valuesOf } from '../data/batch.ts';
import type { StateWriter } from '../formats/record.ts';
import type { StateReader } from '../formats/state-reader.ts';
import { LossWindow, lossWindowBytes, sizeOf } from '../loss/loss-window.ts';
import type { Reduction } from '../loss/losses.ts';
import {
  type BatchSlots,
  type LossResult,
  type OutputLoss,
  outputLosses,
  slotsOf,
  together,
} from '../loss/output-losses.ts';
import { addTerms, countTerms, totalPenalty, weighTerms } from '../loss/penalties.ts';
import { checkModel } from '../model/check-model.ts';
import type { Model } from '../model/model.ts';
import type { Network } from '../model/network.ts';
import type { State } from '../model/state.ts';
import type { WindowOptions } from '../model/window-memory.ts';
import { checkInjection, checkReach, checkTrainingBatch } from './checks.ts';
import { type CheckedObjective, type Objective, objectiveFields, refuseObjective } from './objective.ts';
import { readSegments, segmentSteps } from './segments.ts';

/** One backward pass: the losses are those of the new steps. */
export interface WindowResult extends LossResult {
  /** The first new step in its batch, and the step after the last. */
  readonly from: number;
  /** The step of the batch after the last new one. */
  readonly to: number;
  /** The step of the batch that the gradient went back to; below `from` when k2 > k1, and below 0 into a batch before. */
  readonly backTo: number;
  /**
   * The value of what layers add to the objective: of `activityRegularization` in the new steps, of `vanishingRegularization` in
   * the steps that the gradient goes back through. Their gradients are in the gradients.
   */
  readonly penalty: number;
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
  readonly #losses: readonly OutputLoss[];
  readonly #slots: BatchSlots;
  readonly #reduction: Reduction;
  readonly #truncation: CheckedObjective['truncation'] | undefined;
  /** The most steps of windows before that a gradient goes back through. */
  readonly #older: number;
  readonly #memoryBudget: number | undefined;
  readonly #seed: readonly [low: number, high: number];
  readonly #rows: { readonly block: number; readonly of: number };
  readonly #training: boolean;
  #window: LossWindow | undefined;
  /** What the window is to hold when it is there. */
  #saved: StateReader | undefined;
  /** The newest backward pass of one window. */
  #last: { readonly begin: number; readonly factors: readonly number[] } | undefined;
  #step = 0;
  /** Batches begun: what numbers their random masks. */
  #batches = 0;

  /**
   * `rows`: which block of a batch's rows this is, of so many; the random masks of each are others. `training`: whether dropout and its like
   * are on.
   */
  constructor(network: Network, objective: CheckedObjective, rows = { block: 0, of: 1 }, training = true) {
    this.#training = training;
    const losses = outputLosses('loss', network.graph, objective.loss, objective.reduction);
    this.#slots = slotsOf(network.graph, losses);
    checkReach(network, objective, this.#slots);
    checkInjection(losses, objective);
    this.#network = network;
    this.#rows = rows;
    this.#losses = losses;
    this.#reduction = objective.reduction;
    this.#truncation = objective.truncation;
    const { k1, k2 } = objective.truncation ?? { k1: 0, k2: 0 };
    this.#older = k2 > k1 ? k2 - 1 : 0;
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
  *windows(batch: GraphBatch, state?: State, first = 0): Generator<WindowResult> {
    const checked = checkTrainingBatch(this.#network, batch, this.#slots);
    for (const { counts, backward } of this.passes(checked, state, first)) yield backward(counts);
  }

  /** The same before each way back, of a batch that was checked. */
  *passes(batch: GraphBatch, state?: State, first = 0): Generator<ForwardPass> {
    const window = this.#open(batch, state, first > 0);
    if (first === 0) this.#batches++;
    const number = (this.#batches - 1) * this.#rows.of + this.#rows.block;
    const T = this.#stepsOf(batch);
    if (this.#truncation === undefined && window.capacity < T) {
      if (first === 0) yield this.#readInSegments(window, batch, number);
      return;
    }
    const k1 = this.#truncation?.k1 ?? T;
    for (let [index, from] = [first, first * k1]; from < T; index++, from += k1) {
      const to = Math.min(from + k1, T);
      const at = window.appendBatch(batch, from, to);
      window.draw(at, { seed: this.#seed, batch: number, window: index, step: from });
      yield this.#read(window, { from, to, at, next: Math.min(k1, T - to) });
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
    this.#window?.save(out.part('window'), this.#older);
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
  #open(batch: GraphBatch, state: State | undefined, within: boolean): LossWindow {
    const overlapping = this.#truncation !== undefined;
    const options: WindowOptions = { gradients: true, training: this.#training, overlapping };
    const capacity = this.#capacity(batch, options);
    const whole = this.#truncation !== undefined || capacity === this.#stepsOf(batch);
    const rows = this.#saved?.count('rows') ?? this.#window?.rows;
    if (rows !== batch.rows && (within || (batch.carry === true && rows !== undefined))) {
      const which = within ? 'as when the batch was left' : 'as the batch that it carries on';
      const expected = `${rows ?? 'a saved window'}, ${which}`;
      throw new BpttError('invalid-shape', `batch.rows: expected ${expected}, got ${batch.rows}`);
    }
    if (this.#saved !== undefined && rows === batch.rows) {
      this.#window = new LossWindow(this.#network, this.#losses, sizeOf(this.#network, batch, capacity), options);
      this.#window.load(this.#saved);
    }
    // Of other rows, nothing goes on from it.
    this.#saved = undefined;
    let window = this.#window;
    if (within) return window!;
    // In segments the window has the length that the budget is for.
    const size = sizeOf(this.#network, batch, capacity);
    if (window === undefined || !window.fits(size, whole)) {
      const carried = batch.carry === true ? window?.state() : undefined;
      // Gradients that go back into the batch before need its steps; else its memory is free first.
      const before = this.#older > 0 && carried !== undefined && state === undefined ? window : undefined;
      if (before === undefined) this.release();
      const next = new LossWindow(this.#network, this.#losses, size, options);
      this.#window = window = next;
      if (before === undefined) next.start(state === undefined ? carried : state);
      else next.adopt(before);
      before?.release();
    } else if (state !== undefined || batch.carry !== true) {
      window.start(state);
    }
    return window;
  }

  /** The steps that the window for a batch holds. */
  #capacity(batch: GraphBatch, options: WindowOptions): number {
    const steps = this.#stepsOf(batch);
    if (this.#truncation !== undefined) {
      // No more than there are: those of the batch and, where gradients go back further, those left of the batches before.
      const { filled = 0, capacity = 0 } = (batch.carry === true && this.#older > 0 && this.#window) || {};
      const needed = steps + (this.#saved?.count('steps') ?? filled);
      const grown = needed > capacity ? Math.max(needed, 2 * capacity) : needed;
      return Math.min(Math.max(this.#truncation.k1, this.#truncation.k2), grown);
    }
    if (this.#memoryBudget === undefined) return steps;
    const network = this.#network;
    const bytes = (T: number) => lossWindowBytes(network, this.#losses, sizeOf(network, batch, T), options);
    const numbers = network.states.reduce((sum, { columns }) => sum + batch.rows * columns, 0);
    const stateBytes = numbers * network.kernels.realBytes();
    return segmentSteps(steps, this.#memoryBudget, bytes, stateBytes);
  }

  /** Full BPTT over a batch that is longer than the window. */
  #readInSegments(window: LossWindow, batch: GraphBatch, number: number): ForwardPass {
    const T = this.#stepsOf(batch);
    const { counts, backward } = readSegments(window, batch, T, (step) =>
      window.draw(0, { seed: this.#seed, batch: number, window: 0, step }),
    );
    const n = this.#losses.length;
    return {
      counts,
      backward: (totals) => {
        this.#network.clearGradients('added');
        this.#network.gradientParts.useTokens((input) => this.#tokensOf(batch, input));
        const factors = totals.map((count) => this.#scale(count));
        const { sums, penalty } = backward(this.#scales(totals.slice(0, n)), factors.slice(n), (soFar) =>
          this.#checkLoss(window, soFar, 0, window.filled),
        );
        this.#checkOwn(window);
        this.#step++;
        const result = together(this.#reduction, this.#losses, sums, counts.slice(0, n));
        return { from: 0, to: T, backTo: 0, penalty, ...result };
      },
    };
  }

  /** T of the steps that windows are cut of. */
  #stepsOf(batch: GraphBatch): number {
    return stepsOf(batch, this.#network.graph.clocks[0]!);
  }

  /** All tokens of an input. */
  #tokensOf({ inputs }: GraphBatch, input: number): Int32Array {
    const values = valuesOf(inputs, this.#network.graph.nodes[input]!.name);
    return values instanceof Int32Array ? values : new Int32Array();
  }

  /** The factors of the gradients of all losses, of so many numbers each. */
  #scales(counts: readonly number[]): readonly number[] {
    return counts.map((count, index) => this.#losses[index]!.weight * this.#scale(count));
  }

  /** The factor of the gradients of losses that are over so many numbers. */
  #scale(counted: number): number {
    if (this.#reduction === 'sum') return 1;
    return counted === 0 ? 0 : 1 / counted;
  }

  /** @throws NonFiniteError that names the layer whose outputs in steps `from` to `to` of the window are at fault, or the user's own loss. */
  #checkLoss(window: LossWindow, sums: readonly number[], from: number, to: number): void {
    const lossSum = sums.reduce((total, sum) => total + sum, 0);
    if (Number.isFinite(lossSum)) return;
    const where = window.lossAtFault ?? window.firstNonFinite(from, to);
    throw new NonFiniteError({ quantity: 'loss', where, step: this.#step + 1, norm: lossSum });
  }

  /** @throws NonFiniteError that names a loss or layer of the user's own where it is at fault; others are known by their parameters. */
  #checkOwn({ lossAtFault, atFault }: LossWindow): void {
    const where = lossAtFault ?? atFault;
    if (where === undefined) return;
    throw new NonFiniteError({ quantity: 'gradient', where, step: this.#step + 1, norm: Number.NaN });
  }

  /**
   * Forward over the new steps, from place `at` of the window on, and then backward over at most k2. `next`: how many steps the next
   * window brings, 0 where this is the batch's last: another batch may carry on.
   */
  #read(
    window: LossWindow,
    { from, to, at, next }: { readonly from: number; readonly to: number; readonly at: number; readonly next: number },
  ): ForwardPass {
    const end = window.filled;
    const { k2 = end - at, losses = 'new', activations = 'stored' } = this.#truncation ?? {};
    const begin = Math.max(0, at - this.#older, end - k2);
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
    const n = this.#losses.length;
    const reportedCounts = [...counted, ...countTerms(window, reported)];
    const counts = [...reportedCounts, ...window.counted(injecting.from, end), ...countTerms(window, injecting)];

    const backward = (totals: readonly number[]): WindowResult => {
      const { kernels, gradients, layout } = this.#network;
      const factors = totals.slice(n, reportedCounts.length).map((count) => this.#scale(count));
      const divisors = totals.slice(reportedCounts.length, reportedCounts.length + n);
      const termCounts = totals.slice(reportedCounts.length + n);
      const scales = this.#scales(divisors);
      // The output gradients of older steps are kept from when these steps were new, and each window divides by another number:
      // they are kept undivided, and the finished gradient is divided.
      const divideAtEnd = olderInject && activations === 'stored' && divisors[0]! > 0;
      const scale = divideAtEnd ? scales[0]! : 1;
      const sums = window.takeLoss(at, end, divideAtEnd ? [1] : scales);
      this.#checkLoss(window, sums, at, end);
      if (recomputed && olderInject) window.takeLoss(begin, at, scales);

      this.#network.clearGradients('added');
      this.#network.gradientParts.useTokens((input) => window.tokens(input, begin, end));
      weighTerms(
        window,
        firstInjecting,
        termCounts.map((count) => this.#scale(count) / scale),
      );
      const keepsActivations = this.#older > 0 && (next === undefined || next <= this.#older);
      window.backward(begin, end, { headFrom: window.firstCounted(firstInjecting, end), keepsActivations });
      this.#checkOwn(window);
      if (scale !== 1) kernels.scale(gradients, scale, layout.count);

      const penalty = totalPenalty(window, addTerms(window, [], reported), factors);
      this.#last = { begin, factors };
      this.#step++;
      const backTo = from - (at - begin);
      return { from, to, backTo, penalty, ...together(this.#reduction, this.#losses, sums, counted) };
    };
    return { counts, backward };
  }
}

/**
 * Backpropagation through time without an optimizer: yields after each backward pass over `batch`, with the gradient of
 * that window in `model.gradients()`. What the caller does to the parameters in between holds for the next window.
 * Without `truncation` there is one window: all steps.
 *
 * @param state Where the rows start. Default zero.
 * @throws BpttError for options, batches and states that are wrong; NonFiniteError for a loss that is not finite.
 *
 * @example
 * for (const { loss, from, to } of backpropagate(model, batch, { loss: 'cross-entropy', truncation: { k1: 10, k2: 20 } })) {
 *   const [gradient] = model.gradients(); // of the losses of steps `from` to `to`
 *   console.log(from, to, loss, gradient.name);
 * }
 */
export function backpropagate(
  model: Model,
  batch: GraphBatch,
  objective: Objective,
  state?: State,
): Generator<WindowResult> {
  checkModel('backpropagate', model);
  const checked = checkFields('backpropagate', objective, objectiveFields);
  refuseObjective('backpropagate', checked);
  const bptt = new Backpropagation(model.network, checked);
  const windows = readAll(bptt, batch, state);
  model.network.dropped.watch(windows, () => bptt.release());
  return windows;
}

function* readAll(bptt: Backpropagation, batch: GraphBatch, state: State | undefined): Generator<WindowResult> {
  try {
    yield* bptt.windows(batch, state);
  } finally {
    bptt.release();
  }
}
