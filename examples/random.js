// @ts-check
/** Numbers in [0, 1) from integers only (Marsaglia's xorshift32), so that every machine draws the same. @param {number} state any whole number but 0 */
export function randomFrom(state) {
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
