// Pascanu's regulariser against vanishing gradients, as a part of an Elman layer. Loaded for layers that have it alone.

import type { Binding, BoundPenalty, Pass, Track } from '../contract.ts';
import { at } from '../parts/address.ts';

/** What the layer has, as it lies in the window. */
export interface VanishingParts {
  /** λ. */
  readonly weight: number;
  /** H. */
  readonly units: number;
  /** f, as kernels number it. */
  readonly activation: number;
  /** Slot t is the state before step t. */
  readonly h: Track;
  /** The gradient of the pre-activations, as backward leaves it. */
  readonly da: Track;
  /** Factors on what W sees of the state. */
  readonly dropout: Track | undefined;
  /** W as the steps used it, with the parameters of now. */
  recurrentWeight(): number;
}

/**
 * Ω of the steps of a window (Pascanu, Mikolov and Bengio 2013, eq. 9 and 10): d_t is ∂E/∂a_t, and
 * `Ω_t = (‖f'(a_{t-1})∘(Wᵀ d_t)‖ / ‖d_t‖ - 1)²`. Its gradient is that of W where it stands in this formula.
 */
export function bindVanishing(
  { kernels, rows: B, resets, padding, scratch, buffer }: Binding,
  { weight, units: H, activation, h, da, dropout, recurrentWeight }: VanishingParts,
) {
  const omega = buffer('omega');
  const ld = h.ld;
  let factor = 0;
  let sum = 0;

  /** From the state before the first step no gradient flows on, unless the steps before come next. */
  const firstOf = (from: number, pass: Pass) => (pass.continuesToEarlier ? from : from + 1);

  /** `before` and Ω of the steps; leaves in `omega` what d multiplies in the gradient of W. */
  const run = (before: number, first: number, to: number, pass: Pass): number => {
    const n = (to - first) * B;
    if (n <= 0) return before;
    const r = at(omega, first);
    const d = at(da, first);
    kernels.gemm(r, d, recurrentWeight(), n, H, H, ld, ld, ld, false, true, 0, scratch);
    const m = dropout === undefined ? 0 : at(dropout, first);
    const begins = pass.resets ? at(resets, first) : 0;
    return kernels.vanishing(r, d, at(h, first), m, begins, n, ld, activation, factor, before);
  };

  const penalty: BoundPenalty = {
    weight,
    of: 'gradients',
    count(from, to, pass) {
      const first = firstOf(from, pass);
      const begins = pass.resets ? at(resets, first) : 0;
      return kernels.transitions(begins, pass.padding ? at(padding, first) : 0, Math.max(0, to - first) * B);
    },
    weigh(_, scale) {
      factor = scale * weight;
    },
    // Backward has gone on adding since the last steps of the pass.
    add: () => sum,
    renewed: (from, to, pass) => run(0, firstOf(from, pass), to, pass),
  };

  return {
    penalty,
    /** After the backward of these steps: `seen`, [T,B,ld], with what Ω adds to it for the product with d. */
    seenWith(seen: number, from: number, to: number, pass: Pass): number {
      if (!pass.continuesFromLater) sum = 0;
      const first = firstOf(from, pass);
      sum = run(sum, first, to, pass);
      if (first > from) kernels.copy(at(omega, from), seen, B * ld);
      const n = (to - first) * B * ld;
      if (n > 0) kernels.add(at(omega, first), seen + (first - from) * h.stride, n);
      return at(omega, from);
    },
  };
}
