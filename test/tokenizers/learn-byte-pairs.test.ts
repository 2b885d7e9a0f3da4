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
    // "xy" comes 4 times, "cd" and "ef" 3 times each.
    const few = learnBytePairs('xy\nxy\nxy\nxy\nef\nef\nef\ncd\ncd\ncd', { size: 258 });
    expect(['xy', 'cd', 'ef'].map((part) => few.encode(part).length)).toEqual([1, 1, 2]);
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
