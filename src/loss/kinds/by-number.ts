// Losses of numbers one by one: the sum over a row's outputs of f(y - target).
import type { Loss } from '../losses.ts';
import { realsOf } from './reals.ts';

/** Of one difference d = y - target: its loss, and the derivative by y. */
export interface ByNumber {
  loss(d: number): number;
  slope(d: number): number;
}

/** The loss that sums over the numbers of a row; a mean is over all numbers. */
export function byNumber({ loss, slope }: ByNumber): Loss {
  return {
    targets: (outputs) => ({ kind: 'features', size: outputs }),
    perStep: (outputs) => outputs,
    run(kernels, y, targets, mask, rows, size, ld, scale, sum) {
      const outputs = realsOf(kernels, y, rows * ld);
      const wanted = realsOf(kernels, targets, rows * ld);
      const counts = new Uint8Array(kernels.memory.buffer, mask, rows);
      for (let r = rows - 1; r >= 0; r--) {
        const start = r * ld;
        if (counts[r] === 0) {
          outputs.fill(0, start, start + ld);
          continue;
        }
        let ofRow = 0;
        for (let i = start; i < start + size; i++) {
          const d = outputs[i]! - wanted[i]!;
          ofRow += loss(d);
          outputs[i] = slope(d) * scale;
        }
        sum += ofRow;
      }
      return sum;
    },
  };
}
