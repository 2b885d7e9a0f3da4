// Whether an update leaves numbers that the dtype does not hold. That it cannot is shown by bounds of a few operations a step; where they do not
// show it, the update is tried, and undone if it does.
import type { Network } from '../model/network.ts';
import type { Pointer } from '../wasm/kernels.ts';

/**
 * Makes an update. Returns undefined, or the name of a parameter that it would have taken too far: then nothing has changed.
 *
 * @param gradient Euclidean norm of the gradient after clipping: none of its numbers is greater.
 * @param rate The greatest factor from a gradient to a change of a parameter.
 * @param decay The greatest part of a parameter that is taken away.
 */
export type Guard = (update: () => void, gradient: number, rate: number, decay: number) => string | undefined;

/** `slots` are those of the optimizer; `squares`: whether the last one is of squares of gradients. */
export function guardOf(network: Network, slots: readonly Pointer[], squares: boolean): Guard {
  const { arena, layout, dtype, kernels } = network;
  // A quarter of the greatest number: a step of Nesterov's is up to twice as long, and sums are rounded.
  const limit = dtype === 'f32' ? 2 ** 126 : 2 ** 1022;
  const blocks = [network.parameters, ...slots];
  let edits: number | undefined;
  // No parameter is greater than this, and no number of a slot than that, or than its square in the slot of squares: all are sums of
  // gradients with factors of at most 1.
  let weights = 0;
  let gradients = 0;

  const isSafe: (...reach: [gradient: number, rate: number, decay: number]) => boolean = (gradient, rate, decay) => {
    gradients += gradient;
    // At least 1, so that a rate without end is seen also where nothing is to be learned.
    weights = weights * Math.max(1, decay - 1) + rate * Math.max(1, gradients);
    return weights < limit && gradients * gradients < limit;
  };
  const measure = () => {
    const [ofWeights, ...ofSlots] = blocks.map((block) => {
      let most = 0;
      for (const value of arena.reals(block, layout.count)) most = Math.max(most, Math.abs(value));
      return most;
    });
    if (squares) ofSlots.push(Math.sqrt(ofSlots.pop()!));
    weights = ofWeights!;
    gradients = Math.max(0, ...ofSlots);
  };

  return (update, ...reach) => {
    // What was set from outside is not in the bounds.
    const known = edits === network.edits;
    edits = network.edits;
    if (known && isSafe(...reach)) return void update();
    measure();
    if (isSafe(...reach)) return void update();
    const before = blocks.map((block) => arena.octets(block, layout.bytes).slice());
    update();
    const failed = layout.entries.find(({ offset, bytes }) =>
      blocks.some((block) =>
        arena.reals(block + offset, bytes / kernels.realBytes()).some((value) => !(Math.abs(value) <= 2 * limit)),
      ),
    );
    if (failed === undefined) measure();
    else for (const [index, block] of blocks.entries()) arena.octets(block, layout.bytes).set(before[index]!);
    return failed?.spec.name;
  };
}
