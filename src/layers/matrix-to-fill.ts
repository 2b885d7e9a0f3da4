// A matrix whose initial values are written, where it lies in memory, and the random numbers for it.

import { seedWords } from '../base/philox.ts';
import type { Arena, Reals } from '../wasm/arena.ts';
import type { Kernels, Pointer } from '../wasm/kernels.ts';

/** A matrix [rows, columns] of zeros; its rows are `ld` reals apart, with something else's numbers between them where it is one gate of several. */
export interface MatrixToFill {
  readonly kernels: Kernels;
  readonly arena: Arena;
  readonly at: Pointer;
  readonly rows: number;
  readonly columns: number;
  readonly ld: number;
  /** Separates parameters: each draws its own numbers from the one seed. */
  readonly stream: number;
  readonly seed: number;
  /** Lets others have their turn where it is time; throws where nobody wants the matrix any more. */
  rest(): Promise<void>;
}

/** Numbers drawn between two rests: about a millisecond. */
const PART = 0x8000;

/** Each value uniform in [low, high) or normal with this mean and deviation: of the numbers of the stream those from `first` on. */
export async function draw(
  kernel: 'randomUniform' | 'randomNormal',
  { kernels, at, rows, columns, ld, seed, stream, rest }: MatrixToFill,
  lowOrMean: number,
  highOrDeviation: number,
  first = 0,
): Promise<void> {
  const part = Math.ceil(PART / columns);
  for (let row = 0; row < rows; row += part) {
    const to = at + row * ld * kernels.realBytes();
    const count = Math.min(part, rows - row);
    const numbers = [...seedWords(seed), stream, first + row * columns] as const;
    kernels[kernel](to, count, columns, ld, lowOrMean, highOrDeviation, ...numbers);
    await rest();
  }
}

/** The matrix with what lies between its rows; as short-lived as any view of the memory. */
export const realsOf = ({ arena, at, rows, columns, ld }: MatrixToFill): Reals =>
  arena.reals(at, (rows - 1) * ld + columns);
