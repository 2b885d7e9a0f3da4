// What a window that slides over an image hands to the kernels: one word for each size. The kernels' side, build/sliding.ts, is written from
// this list when they are built (scripts/abi.js).
//
// An image lies as its columns, one a step: T·B rows of `rowReals` reals, each a column of H pixels of C channels, the channels of a pixel
// side by side. A sequence is an image of height 1.
import type { Kernels, Pointer } from './kernels.ts';

export const slidingWords = [
  // The columns that are read, and the rows of the batch.
  'T',
  'B',
  // The pixels of a column, and the channels of each.
  'H',
  'C',
  // Reals from one row to the next.
  'rowReals',
  // The window: pixels down and across, how far apart they are, and how far the window moves.
  'height',
  'width',
  'dilationDown',
  'dilationAcross',
  'strideDown',
  'strideAcross',
  // Rows of pixels above the image, and columns before it, that are read as nothing.
  'top',
  'left',
  // How many places it has in each column that it ends up in.
  'places',
] as const;

export type SlidingPlan = { readonly [Word in (typeof slidingWords)[number]]: number };

/** Writes a plan where the kernels read it. */
export function writeSliding({ memory }: Kernels, at: Pointer, plan: SlidingPlan): void {
  new Int32Array(memory.buffer, at, slidingWords.length).set(slidingWords.map((word) => plan[word]));
}
