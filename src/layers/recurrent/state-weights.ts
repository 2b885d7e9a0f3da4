// W and b_hn: W as the steps use it, and the gradients of both, each a product over all steps once the loop over time has run.

import type { Pointer } from '../../wasm/kernels.ts';
import { numberedFunctions } from '../../wasm/recurrent-plan.ts';
import type { Binding, BoundPenalty, Draw, Pass } from '../contract.ts';
import { at } from '../parts/address.ts';
import { sumOfProducts } from '../parts/weight-gradient.ts';
import type { Buffers, DirectedLayer, GradientTracks } from './buffers.ts';
import type { Extras } from './extras.ts';
import type { UsedWeights } from './plan.ts';

export interface StateWeights extends UsedWeights {
  readonly penalty: BoundPenalty | undefined;
  readonly draw: ((draw: Draw) => void) | undefined;
  /** Makes ready what forward uses. */
  prepare(pass: Pass): void;
  /** Adds up the gradients. */
  backward(gradients: GradientTracks, from: number, to: number, pass: Pass): void;
}

export function bindStateWeights(
  layer: DirectedLayer,
  binding: Binding,
  buffers: Buffers,
  { bindVanishing, bindWeightDropout }: Extras,
): StateWeights {
  const { cell, description, names } = layer;
  const { kernels, rows: B } = binding;
  const { h, dropout, dp } = buffers;
  const H = description.units;
  const width = cell.gates.length * h.ld;
  const weight = binding.weight(names.W);
  const { pointer: W, packed } = weight;
  const inTraining = {
    weight: W,
    gradient: weight.gradient,
    rows: cell.diagonal ? 1 : H,
    columns: width,
    rate: description.weightDropout,
  };
  const dropped = bindWeightDropout?.(binding, buffers, inTraining);
  const vanishing = bindVanishing?.(binding, {
    weight: cell.vanishing!,
    units: H,
    activation: numberedFunctions.indexOf(cell.activation),
    h,
    da: buffers.a,
    dropout,
    recurrentWeight: () => dropped?.weight() ?? W,
  });
  const addProducts = bindProducts(layer, binding, buffers);

  return {
    packed,
    penalty: vanishing?.penalty,
    draw: dropped?.draw,
    prepare(pass) {
      if (pass.training) dropped?.weight();
    },
    used: (pass) => (pass.training ? (buffers.w?.pointer ?? W) : W),
    backward(gradients, from, to, pass) {
      const now = pass.training ? dropped : undefined;
      let seen = seenStates(layer, binding, buffers, from, to, pass);
      if (pass.training && vanishing !== undefined) seen = vanishing.seenWith(seen, from, to, pass);
      // Where some weights may be dropped, that of W is added to.
      if (weight.gradient !== 0) {
        const accumulate = pass.continuesFromLater || (now === undefined && weight.shared);
        addProducts(now?.gradient ?? weight.gradient, accumulate, seen, gradients, from, to);
      }
      if (cell.reset === 'after') {
        kernels.sumRows(binding.gradient(names.bn), at(gradients.dp!, from), (to - from) * B, dp!.ld);
      }
      if (!pass.continuesToEarlier) now?.finish();
    },
  };
}

/** h_{t-1} of the steps as the products saw it, [T,B,H]: zero in rows that were reset, without what was dropped. */
function seenStates(
  { reverse }: DirectedLayer,
  { kernels, rows: B, resets }: Binding,
  { h, previous, dropout }: Buffers,
  from: number,
  to: number,
  pass: Pass,
): Pointer {
  const T = to - from;
  const masked = at(previous, from);
  let seen = at(h, reverse ? from + 1 : from);
  if (pass.resets) {
    // In reverse the state before a step comes from the one after: where that begins a sequence, there is none.
    const shift = reverse ? 1 : 0;
    kernels.maskRows(masked, seen, at(resets, from + shift), (T - shift) * B, h.ld);
    if (reverse) kernels.copy(at(previous, to - 1), at(h, to), B * h.ld);
    seen = masked;
  }
  if (pass.training && dropout !== undefined) {
    kernels.multiply(masked, seen, at(dropout, from), T * B * h.ld);
    seen = masked;
  }
  return seen;
}

/** The gradient of W, of some columns of gates after others where these were multiplied by other things. */
function bindProducts({ cell, description, reverse }: DirectedLayer, binding: Binding, { h, p, q }: Buffers) {
  const { kernels, rows: B, scratch } = binding;
  const H = description.units;
  const G = cell.gates.length;
  const ld = h.ld;
  const width = G * ld;
  const real = kernels.realBytes();
  return (
    target: Pointer,
    accumulate: boolean,
    seen: Pointer,
    { da, dp, dq = da }: GradientTracks,
    from: number,
    to: number,
  ): void => {
    const T = to - from;
    if (cell.diagonal) {
      if (!accumulate) kernels.clear(target, ld);
      kernels.sumProducts(target, seen, at(da, from), T * B, ld);
      return;
    }
    // A first state of zeros, as it often is, adds nothing. In reverse it belongs to the last rows.
    const idle = kernels.isZero(reverse ? seen + (T - 1) * B * ld * real : seen, B * ld);
    const rows = (T - idle) * B;
    const skipped = reverse ? 0 : idle * B * real;
    /** dW of some columns of gates, which begin at column `first`. */
    const product = (first: number, outputs: number, x: Pointer, dy: Pointer, ldy: number) => {
      const both = { x: x + skipped * ld, ldx: ld, inputs: H, dy: dy + skipped * ldy, ldy, outputs, rows };
      sumOfProducts(kernels, target + first * real, width, both, accumulate, scratch);
    };
    if (cell.reset === undefined) {
      product(0, G === 1 ? H : width, seen, at(dq, from), width);
      return;
    }
    // The candidate, the last gate, has a product of its own.
    const n = width - ld;
    product(0, n, seen, at(dq, from), width);
    if (cell.reset === 'before') product(n, ld, at(p!, from), at(dq, from) + n * real, width);
    else if (q !== undefined) product(n, ld, seen, at(dq, from) + n * real, width);
    else product(n, ld, seen, at(dp!, from), ld);
  };
}
