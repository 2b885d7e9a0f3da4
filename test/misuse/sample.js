// @ts-check
/** Which of all calls are made: each by itself, by the seed, so that a function more changes nothing for the others; of each function one at least. */

/**
 * @param {number} seed
 * @param {number} share from 0 to 1
 * @param {string} name of the function
 * @param {number} count how many calls it has
 * @returns {number[]} which of them, in their order
 */
export function chosen(seed, share, name, count) {
  const draws = Array.from({ length: count }, (_, index) => drawn(seed, name, index));
  const most = Math.max(share, Math.min(...draws) + 2 ** -32);
  return [...draws.keys()].filter((index) => /** @type {number} */ (draws[index]) < most);
}

/** From 0 to 1. @param {number} seed @param {string} name @param {number} index */
function drawn(seed, name, index) {
  let hash = seed ^ 0x9e3779b9;
  for (const code of [...Buffer.from(name), index & 255, index >>> 8]) hash = Math.imul(hash ^ code, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
