// @ts-check
/** Which of all calls are made: each by itself, by the seed, so that a function more changes nothing for the others. */

/**
 * @param {number} seed
 * @param {number} share from 0 to 1
 * @param {string} name of the function
 * @param {number} index of the call
 */
export function chosen(seed, share, name, index) {
  let hash = seed ^ 0x9e3779b9;
  for (const code of [...Buffer.from(name), index & 255, index >>> 8]) hash = Math.imul(hash ^ code, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32 < share;
}
