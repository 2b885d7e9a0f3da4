// DropConnect on W: one mask for all steps of a window.
import type { Pointer } from '../../wasm/kernels.ts';
import type { Binding, Draw } from '../contract.ts';
import { drawWindow } from '../parts/masks.ts';
import type { Buffers } from './buffers.ts';

/** W [rows, columns], with rows of as many reals, and where its gradient goes. */
export interface DroppedWeight {
  readonly weight: Pointer;
  readonly gradient: Pointer;
  readonly rows: number;
  readonly columns: number;
  readonly rate: number;
}

export interface WeightDropout {
  /** Where the gradient of W goes while steps are added up. */
  readonly gradient: Pointer;
  draw(draw: Draw): void;
  /** W as steps use it in training. */
  weight(): Pointer;
  /** Adds the gradient of what was kept to that of W. */
  finish(): void;
}

export function bindWeightDropout(
  { kernels }: Binding,
  buffers: Buffers,
  { weight, gradient, rows, columns, rate }: DroppedWeight,
): WeightDropout {
  const { w, dw, kept } = buffers as Required<Buffers>;
  const count = rows * columns;
  return {
    gradient: dw.pointer,
    draw(draw) {
      drawWindow(kernels, kept.pointer, rows, columns, columns, 1 - rate, draw);
    },
    weight() {
      kernels.multiply(w.pointer, weight, kept.pointer, count);
      return w.pointer;
    },
    finish() {
      if (gradient === 0) return;
      kernels.multiply(dw.pointer, dw.pointer, kept.pointer, count);
      kernels.add(gradient, dw.pointer, count);
    },
  };
}
