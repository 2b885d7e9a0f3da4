// Backpropagation through time: full, and truncated with k1 and k2.
//
// The network reads the stream step by step and carries its state. Each time it has taken k1 new steps [start, end) (at the
// end of the stream: the rest), the gradient is taken back from the newest step through at most k2 steps, [end - k2, end);
// the state before them, h_{end-k2}, is a constant. Then the parameters may change.
//   k2 > k1: windows overlap. Only the new steps inject their losses (Williams and Peng 1990, BPTT(h; h')), or with
//            losses 'window' all steps of the window do (Sutskever 2013, section 2.8.6). Older steps have the states and
//            outputs of when they were computed; with 'recomputed' activations the window is computed anew from h_{end-k2}.
//   k2 <= k1: windows stand side by side: the last one of a stream, which is shorter, goes back through its own steps alone.
//   k2 < k1: the losses of all k1 new steps are reported, and divide the mean; the older k1 - k2 get no gradient.

import { elements } from './losses.ts';
import { backward, counted, forward, loss, type Network, type Stream } from './network.ts';

export type Reduction = 'sum' | 'mean';

export interface Truncation {
  k1: number;
  k2: number;
  losses?: 'new' | 'window';
  activations?: 'stored' | 'recomputed';
}

/** One update's window. The network's `gradients` are those of (losses of the injected steps) / divisor. */
export interface Update {
  /** New steps [start, end); gradient over [from, end); losses injected over [inject, end). */
  start: number;
  end: number;
  from: number;
  inject: number;
  /** The loss of the new steps, reduced. */
  loss: number;
  /** What the injected losses are divided by: 1 for 'sum', else the elements that count in [min(inject, start), end). */
  divisor: number;
}

/** Full BPTT over the first `steps` steps, from the states in slot 0. Leaves the gradients, returns the reduced loss. */
export function fullBptt(network: Network, stream: Stream, reduction: Reduction, steps = network.steps): number {
  const divisor = count(network, stream, reduction, 0, steps);
  network.gradients.fill(0);
  forward(network, stream, 0, steps);
  const total = loss(network, stream, 0, steps, 1 / divisor);
  backward(network, stream, 0, steps);
  return total / divisor;
}

/** Truncated BPTT over the first `steps` steps, from the states in slot 0; `update` is called with the gradients in place. */
export function truncatedBptt(
  network: Network,
  stream: Stream,
  { k1, k2, losses = 'new', activations = 'stored' }: Truncation,
  reduction: Reduction,
  update: (update: Update) => void,
  steps = network.steps,
): void {
  const width = network.batch * network.description.outputs;
  for (let start = 0; start < steps; start += k1) {
    const end = Math.min(start + k1, steps);
    const from = Math.max(end - k2, k2 > k1 ? 0 : start);
    const inject = losses === 'window' ? from : Math.max(start, from);
    forward(network, stream, activations === 'recomputed' ? Math.min(from, start) : start, end);

    const divisor = count(network, stream, reduction, Math.min(inject, start), end);
    network.gradients.fill(0);
    network.dOutputs.fill(0, from * width, inject * width);
    loss(network, stream, inject, end, 1 / divisor);
    backward(network, stream, from, end);
    const reported = loss(network, stream, start, end, 0) / count(network, stream, reduction, start, end);
    update({ start, end, from, inject, loss: reported, divisor });
  }
}

/** What losses of steps [from, to) are divided by. When nothing counts, 1: loss and gradient are then 0. */
function count(network: Network, stream: Stream, reduction: Reduction, from: number, to: number): number {
  if (reduction === 'sum') return 1;
  const { batch, description } = network;
  const mask = counted(stream, batch, network.steps);
  return elements(description.loss, mask, from * batch, to * batch, description.outputs) || 1;
}
