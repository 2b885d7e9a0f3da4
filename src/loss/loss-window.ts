// A window together with the losses of its outputs.
import { type GraphBatch, stepsOf } from '../data/batch.ts';
import type { Network } from '../model/network.ts';
import { Window } from '../model/window.ts';
import { type WindowOptions, type WindowSize, windowBytes } from '../model/window-memory.ts';
import { BoundStepLoss, lossBuffers, type StepOutput } from './bound-loss.ts';
import type { BoundLoss, Observed } from './losses.ts';
import type { OutputLoss } from './output-losses.ts';

/** A window that is large enough for a batch, or for `capacity` of its steps where they are taken in parts. */
export function sizeOf({ graph }: Network, batch: Pick<GraphBatch, 'steps' | 'rows'>, capacity?: number): WindowSize {
  const [main, ...others] = graph.clocks.map((clock) => stepsOf(batch, clock));
  return { steps: [capacity ?? main!, ...others], rows: batch.rows };
}

/** Bytes that a window with losses takes. */
export function lossWindowBytes(
  network: Network,
  losses: readonly OutputLoss[],
  size: WindowSize,
  options: WindowOptions,
): number {
  return windowBytes(network, size, { ...options, buffers: losses.flatMap(lossBuffers) });
}

export class LossWindow extends Window {
  readonly #losses: readonly BoundLoss[];

  constructor(network: Network, losses: readonly OutputLoss[], size: WindowSize, options: WindowOptions = {}) {
    super(network, size, { ...options, buffers: losses.flatMap(lossBuffers) });
    this.#losses = losses.map((output, index) => {
      const { node, loss, reduction } = output;
      return (
        loss.bind?.(network, this, node, reduction) ?? new BoundStepLoss(network, this, output as StepOutput, index)
      );
    });
  }

  /** Appends steps `from` to `to` of a batch with their targets; returns the place of the first. */
  appendBatch(batch: GraphBatch, from: number, to: number): number {
    const at = this.append(batch, from, to);
    for (const loss of this.#losses) loss.append(batch, from, to, at);
    return at;
  }

  /** How many numbers count in steps `from` to `to`, for each loss. */
  counted(from: number, to: number): readonly number[] {
    return this.#losses.map((loss) => loss.counted(from, to));
  }

  /** What one of the outputs is in steps `from` to `to`, before its loss is taken. */
  observed(output: number, from: number, to: number): Observed | undefined {
    return this.#losses[output]!.observed?.(from, to);
  }

  /** The first of steps `from` to `to` in which a loss is taken, or `to`. */
  firstCounted(from: number, to: number): number {
    return Math.min(...this.#losses.map((loss) => loss.firstCounted(from, to)));
  }

  /** The first loss that made numbers that are not finite of outputs that are. */
  get lossAtFault(): string | undefined {
    return this.#losses.find(({ atFault }) => atFault !== undefined)?.atFault;
  }

  /** `sums` and the losses of steps `from` to `to`; their outputs become gradients, times `scales`. */
  takeLoss(from: number, to: number, scales: readonly number[], sums: readonly number[] = []): readonly number[] {
    return this.#losses.map((loss, index) => loss.take(from, to, scales[index]!, sums[index] ?? 0));
  }

  override release(): void {
    // Taken after the window: given back before it.
    for (const loss of this.#losses) loss.release?.();
    super.release();
  }
}
