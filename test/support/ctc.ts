// The kernel of CTC on logits that are given, without a model in front.
import { createModel, type Dtype, dense, features, type Labels } from '../../src/index.ts';
import { ctcKernels } from '../../src/loss/kinds/ctc/kernels.ts';

export interface CtcCase {
  readonly T: number;
  readonly C: number;
  /** [T,B,C]. */
  readonly logits: ArrayLike<number>;
  readonly lengths: readonly number[];
  readonly labels: Labels;
  readonly blank: number;
}

/** A function that gives the loss of each row of a case, and their gradients [T,B,C], each row's times its factor. */
export async function ctcOn(dtype: Dtype) {
  await ctcKernels.load(dtype);
  const { network } = await createModel([features(1), dense({ units: 1 })], { dtype });
  const { kernels, arena } = network;
  const { ctc, ctcScratch } = ctcKernels.of(kernels);
  const real = kernels.realBytes();
  return ({ T, C, logits, lengths, labels, blank }: CtcCase, factors: readonly number[]) => {
    const B = labels.length;
    const ld = kernels.padded(C);
    const most = Math.max(...labels.map(({ length }) => length));
    const sizes = [T * B * ld * real, 4 * most, ctcScratch(T, most, C, ld)] as const;
    const at = sizes.map((size) => arena.allocate(size));
    const [x, y, scratch] = at as [number, number, number];
    const values = arena.reals(x, T * B * ld);
    for (let row = 0; row < T * B; row++) for (let c = 0; c < C; c++) values[row * ld + c] = logits[row * C + c]!;
    const losses = labels.map((row, b) => {
      arena.integers(y, row.length).set(row);
      const where = [x + b * ld * real, B * ld * real, T, lengths[b]!, C, ld] as const;
      return ctc(...where, y, row.length, blank, factors[b]!, scratch);
    });
    const gradient = Float64Array.from({ length: T * B * C }, (_, i) => values[Math.floor(i / C) * ld + (i % C)]!);
    for (const [index, start] of at.entries()) arena.release(start, sizes[index]!);
    return { losses, gradient };
  };
}
