// Numbers as people write them in flags, files and links.

/** The number that a text is in decimal notation, which may be infinite where it has a large exponent; undefined for any other text. */
export function parseDecimal(text: string): number | undefined {
  // Number('') is 0, Number('0x10') is 16 and Number(' 1 ') is 1.
  // Digits are matched in one way only: else a text that is no number takes the square of its length.
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}
