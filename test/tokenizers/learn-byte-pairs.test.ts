// Byte pairs that are learned from a text.
import { describe, expect, test } from 'vitest';
import { learnBytePairs, tokenizerFromJSON } from '../../src/tokenizers/index.ts';

const text = 'low lower lowest, slow slower slowest; new newer newest: the low and the new. '.repeat(5);

describe('learnBytePairs', () => {
  const pairs = learnBytePairs(text, { size: 280 });

  test('gives back every text, and writes its own shorter', () => {
    for (const other of [text, 'Кит 🐋\n\t  two  spaces', '']) expect(pairs.decode(pairs.encode(other))).toBe(other);
    expect(pairs.size).toBe(280);
    expect(pairs.encode(text).length).toBeLessThan(text.length / 2);
    expect(tokenizerFromJSON(JSON.parse(JSON.stringify(pairs))).encode(text)).toEqual(pairs.encode(text));
  });

  test('joins the most frequent pair first, of equal ones the first in order', () => {
    // "ab" comes 4 times, "cd" and "ef" 3 times each.
    const few = learnBytePairs('ab ab ab ab cd cd cd ef ef ef', { size: 258 });
    const tokenOf = (part: string) => few.encode(part);
    expect([...tokenOf('ab')]).toEqual([256]);
    expect(tokenOf('cd').length + tokenOf('ef').length).toBe(4); // " a" comes before them
  });

  test('stops where no pair comes twice', () => {
    expect(learnBytePairs('abc').size).toBe(256);
    expect(learnBytePairs('aaaa', { size: 300 }).size).toBeLessThan(260);
  });

  test.each([
    ['', {}, 'expected at least one character'],
    ['a', { size: 256 }, 'learnBytePairs.size: expected an integer >= 257'],
  ])('refuses %j with %j', (wrong, options, message) => {
    expect(() => learnBytePairs(wrong, options)).toThrow(message);
  });
});
