// How much larger than a file what is unpacked from it may be.

/** Weights hardly shrink, JSON does so by ten: more than this is made to fill the memory. */
const GROWTH = 4;
/** Of a small file, which is mostly JSON. */
const SMALL = 2 ** 20;

/** Bytes that a file of so many may become. */
export function mostOf(bytes: number): number {
  return Math.max(SMALL, GROWTH * bytes);
}
