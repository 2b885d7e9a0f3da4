// The kernels of CTC, which pages load that name it. What they do stands in assembly/companions/ctc/.
import { Companion } from '../../../wasm/companion.ts';
import type { Pointer } from '../../../wasm/kernels.ts';

export interface CtcKernels {
  /** Bytes to work in for at most T steps and U labels. */
  ctcScratch(T: number, U: number, classes: number, ld: number): number;
  /**
   * The loss of a sequence; the logits of all T steps become their gradient times `scale`. `steps` are valid, with 0 there is no loss and
   * the gradient is 0.
   */
  ctc(
    logits: Pointer,
    stride: number,
    T: number,
    steps: number,
    classes: number,
    ld: number,
    labels: Pointer,
    U: number,
    blank: number,
    scale: number,
    scratch: Pointer,
  ): number;
}

export const ctcKernels = new Companion<CtcKernels>('ctc', {
  f32: () => import('../../../../build/kernels/ctc-f32.js'),
  f64: () => import('../../../../build/kernels/ctc-f64.js'),
});
