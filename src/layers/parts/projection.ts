// y = x·V + b over all rows of a range of steps, and its backward: what every layer with weights on its input shares.
// Token inputs look rows of V up instead of multiplying a one-hot matrix.

import type { Signal } from '../../base/signal.ts';
import type { Kernels, Pointer } from '../../wasm/kernels.ts';
import type { BufferSpec, Pass, Track } from '../contract.ts';
import { at } from './address.ts';
import { weightGradient } from './weight-gradient.ts';

export interface ProjectionBinding {
  readonly kernels: Kernels;
  /** B. */
  readonly rows: number;
  readonly input: Track;
  readonly dInput: Track | undefined;
  readonly addToInput?: boolean;
  /** V, [inputs, outputs]. */
  readonly weight: Pointer;
  readonly dWeight: Pointer;
  /** b, or 0: none. */
  readonly bias: Pointer;
  readonly dBias: Pointer;
  /** Room for V packed, where it stays as it is; else 0. */
  readonly packed: Pointer;
}

/** The buffer for `packed`. */
export function packedBuffer(name: string, input: Signal, columns: number, gates: number): readonly BufferSpec[] {
  if (input.kind === 'tokens') return [];
  return [{ name, extent: 'fixed', rows: input.size, columns, gates, type: 'real', kept: false, frozen: true }];
}

/** Runs over steps `from` to `to`; `y` and `dy` are the tracks of the result and of its gradient. */
export interface Projection {
  forward(y: Track, from: number, to: number): void;
  /** dV += xᵀ·dy, or = where no later steps have gone; db += Σ dy, dx = dy·Vᵀ. */
  backward(dy: Track, from: number, to: number, pass: Pass): void;
}

/** Bytes of scratch of a projection over at most `rows` rows. */
export function projectionScratch(kernels: Kernels, input: Signal, outputs: number, rows: number): number {
  if (input.kind === 'tokens') return 0;
  return Math.max(
    kernels.gemmScratch(rows, outputs, input.size),
    kernels.gemmScratch(input.size, outputs, rows),
    kernels.gemmScratch(rows, input.size, outputs),
  );
}

export function bindProjection(
  binding: ProjectionBinding,
  signal: Signal,
  outputs: number,
  scratch: Pointer,
): Projection {
  return signal.kind === 'tokens' ? bindLookup(binding, outputs) : bindProduct(binding, signal.size, outputs, scratch);
}

/** Of tokens: a row of the weights each. */
function bindLookup(binding: ProjectionBinding, outputs: number): Projection {
  const { kernels, rows, input, weight, dWeight, bias, dBias } = binding;
  const ld = kernels.padded(outputs);
  return {
    forward(y, from, to) {
      kernels.gatherRows(at(y, from), weight, bias, at(input, from), (to - from) * rows, ld);
    },
    backward(dy, from, to) {
      const n = (to - from) * rows;
      if (dBias !== 0) kernels.sumRows(dBias, at(dy, from), n, ld);
      kernels.scatterAddRows(dWeight, at(dy, from), at(input, from), n, ld);
    },
  };
}

/** Of features: a matrix product. */
function bindProduct(binding: ProjectionBinding, inputs: number, outputs: number, scratch: Pointer): Projection {
  const { kernels, rows, input, dInput, addToInput = false, weight, dWeight, bias, dBias, packed } = binding;
  const ld = kernels.padded(outputs);
  if (packed !== 0) kernels.packB(packed, weight, inputs, outputs, ld, false);
  return {
    forward(y, from, to) {
      const n = (to - from) * rows;
      if (packed !== 0) {
        const x = at(input, from);
        kernels.gemmPacked(at(y, from), x, packed, n, outputs, inputs, input.ld, ld, false, bias, scratch);
        return;
      }
      kernels.gemm(
        at(y, from),
        at(input, from),
        weight,
        n,
        outputs,
        inputs,
        input.ld,
        ld,
        ld,
        false,
        false,
        bias,
        scratch,
      );
    },
    backward(dy, from, to, pass) {
      const n = (to - from) * rows;
      if (dBias !== 0) kernels.sumRows(dBias, at(dy, from), n, ld);
      const both = { x: at(input, from), ldx: input.ld, inputs, dy: at(dy, from), ldy: ld, outputs, rows: n };
      weightGradient(kernels, dWeight, ld, both, pass.continuesFromLater, scratch);
      if (dInput !== undefined) {
        kernels.gemm(
          at(dInput, from),
          at(dy, from),
          weight,
          n,
          inputs,
          outputs,
          ld,
          ld,
          dInput.ld,
          false,
          true,
          addToInput ? at(dInput, from) : 0,
          scratch,
        );
      }
    },
  };
}
