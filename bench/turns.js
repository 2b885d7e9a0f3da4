// @ts-check
// Contenders that take turns: what else the machine does meanwhile hits all of them, and a ratio is taken within a round.

/**
 * What each contender gives in each of its turns, such as how long it took.
 *
 * @template T
 * @param {readonly (() => T | Promise<T>)[]} contenders
 * @param {{ rounds: number, warm?: number }} pace `warm`: first rounds that do not count, in which kernels become hot
 * @returns {Promise<T[][]>}
 */
export async function takeTurns(contenders, { rounds, warm = 1 }) {
  const results = contenders.map(() => /** @type {T[]} */ ([]));
  for (let round = 0; round < warm + rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      const result = await contender();
      if (round >= warm) results[index]?.push(result);
    }
  }
  return results;
}

/** The middle of some numbers, or of the two in the middle their mean. @param {readonly number[]} values @returns {number} */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (Number(low) + Number(high)) / 2;
}

/** How many times as large the first numbers are as the others: the median of the rounds. @param {readonly number[]} first @param {readonly number[]} others */
export const ratioOf = (first, others) => median(first.map((value, round) => value / Number(others[round])));
