// Random whole numbers for what happens outside the kernels: the same generator, in integer arithmetic that every engine shares.
/** The constants of Philox-4x32-10 (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"). */
const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57] as const;
const WEYL = [0x9e3779b9, 0xbb67ae85] as const;
const ROUNDS = 10;

/** The upper 32 bits of a product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const other = aLow * bHigh + (middle % 65536);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(other / 65536)) >>> 0;
}

/** Four random words, a function of a counter of four words and a key of two: Philox-4x32-10. */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [low: number, high: number],
): readonly [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIERS[0], c0);
    const low0 = Math.imul(MULTIPLIERS[0], c0) >>> 0;
    const high1 = multiplyHigh(MULTIPLIERS[1], c2);
    const low1 = Math.imul(MULTIPLIERS[1], c2) >>> 0;
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + WEYL[0]) >>> 0;
    k1 = (k1 + WEYL[1]) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** Two 32-bit words of a seed, a whole number from 0 to 2^53 - 1. */
export function seedWords(seed: number): readonly [low: number, high: number] {
  return [seed >>> 0, Math.floor(seed / 2 ** 32)];
}

/**
 * The numbers 0 to n - 1 in a random order, all orders alike (Fisher and Yates; Durstenfeld 1964): a function of the seed and the
 * stream. A number below m ≤ 2^21 is taken from 53 random bits, so that none is likelier than another by more than 2^-32.
 */
export function permutation(n: number, seed: number, stream: number): Int32Array<ArrayBuffer> {
  const order = Int32Array.from({ length: n }, (_, index) => index);
  const key = seedWords(seed);
  for (let i = n - 1; i > 0; i--) {
    const [low, high] = philox([i, stream >>> 0, Math.floor(stream / 2 ** 32), 0], key);
    const fraction = (high * 2 ** 21 + (low >>> 11)) / 2 ** 53;
    const j = Math.floor(fraction * (i + 1));
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  return order;
}
