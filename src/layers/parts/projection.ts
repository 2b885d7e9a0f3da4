// y = x·V + b over all rows of a range of steps, and its backward: what every layer with weights on its input shares.
// Token inputs look rows of V up instead of multiplying a one-hot matrix.

import type { Signal } from '../../base/signal.ts';
import type { Kernels, Pointer } from '../../wasm/kernels.ts';
import type { BoundPort, Pass, Track, Weight } from '../contract.ts';
import { at } from './address.ts';
import { weightGradient } from './weight-gradient.ts';

/** What is projected, and by what. */
export interface ProjectionBinding {
  readonly kernels: Kernels;
  /** B. */
  readonly rows: number;
  readonly input: BoundPort;
  /** V, [inputs, outputs], or turned. */
  readonly weight: Weight;
  /** b, or 0: none. */
  readonly bias: Pointer;
  readonly dBias: Pointer;
}

/** Runs over steps `from` to `to`; `y` and `dy` are the tracks of the result and of its gradient. */
export interface Projection {
  forward(y: Track, from: number, to: number): void;
  /** dV += xᵀ·dy, or = where no later steps have gone; db += Σ dy, dx = dy·Vᵀ. */
  backward(dy: Track, from: number, to: number, pass: Pass): void;
}

/** Bytes of scratch of a projection over at most `rows` rows. `turned`: by a matrix that lies as [outputs, inputs]. */
export function projectionScratch(
  kernels: Kernels,
  input: Signal,
  outputs: number,
  rows: number,
  turned = false,
): number {
  if (input.kind === 'tokens') return 0;
  return Math.max(
    kernels.gemmScratch(rows, outputs, input.size),
    turned ? kernels.gemmScratch(outputs, input.size, rows) : kernels.gemmScratch(input.size, outputs, rows),
    kernels.gemmScratch(rows, input.size, outputs),
  );
}

export function bindProjection(
  binding: ProjectionBinding,
  signal: Signal,
  outputs: number,
  scratch: Pointer,
): Projection {
  return signal.kind === 'tokens' ? bindLookUp(binding, outputs) : bindProduct(binding, signal.size, outputs, scratch);
}

function bindLookUp({ kernels, rows, input, weight, bias, dBias }: ProjectionBinding, outputs: number): Projection {
  const ld = kernels.padded(outputs);
  const tokens = input.track;
  return {
    forward(y, from, to) {
      kernels.gatherRows(at(y, from), weight.pointer, bias, at(tokens, from), (to - from) * rows, ld);
    },
    backward(dy, from, to) {
      const n = (to - from) * rows;
      if (dBias !== 0) kernels.sumRows(dBias, at(dy, from), n, ld);
      if (weight.gradient !== 0) kernels.scatterAddRows(weight.gradient, at(dy, from), at(tokens, from), n, ld);
    },
  };
}

function bindProduct(
  { kernels, rows, input, weight, bias, dBias }: ProjectionBinding,
  inputs: number,
  outputs: number,
  scratch: Pointer,
): Projection {
  const ld = kernels.padded(outputs);
  const { track: x, gradient: dx, add } = input;
  const { pointer: V, packed, turned } = weight;
  // A tied matrix lies as [outputs, inputs].
  const ldV = turned ? kernels.padded(inputs) : ld;
  return {
    forward(y, from, to) {
      const n = (to - from) * rows;
      const [target, source] = [at(y, from), at(x, from)];
      if (packed !== 0) {
        kernels.gemmPacked(target, source, packed, n, outputs, inputs, x.ld, ld, false, bias, scratch);
      } else {
        kernels.gemm(target, source, V, n, outputs, inputs, x.ld, ldV, ld, false, turned, bias, scratch);
      }
    },
    backward(dy, from, to, pass) {
      const n = (to - from) * rows;
      const source = at(dy, from);
      if (dBias !== 0) kernels.sumRows(dBias, source, n, ld);
      const product = { x: at(x, from), ldx: x.ld, inputs, dy: source, ldy: ld, outputs, rows: n };
      weightGradient(kernels, weight, ldV, product, pass, scratch);
      if (dx === undefined) return;
      const target = at(dx, from);
      kernels.gemm(target, source, V, n, inputs, outputs, ld, ldV, dx.ld, false, !turned, add ? target : 0, scratch);
    },
  };
}
