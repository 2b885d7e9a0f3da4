// Nothing that a file holds speaks to the terminal.
import { expect, test } from 'vitest';
import { printable, printableName } from '../../../src/cli/report/printable.ts';

test.each([
  ['\x1b]0;title\x07', '\\u001b]0;title\\u0007'],
  ['\x9b31m', '\\u009b31m'],
  ['one\ntwo\tthree', 'one\ntwo\tthree'],
  ['one\r\ntwo', 'one\r\ntwo'],
  ['secret\rshown', 'secret\\u000dshown'],
  ['a\u202eb\u2066c\u2028', 'a\\u202eb\\u2066c\\u2028'],
  ['\x7f\x08\0', '\\u007f\\u0008\\u0000'],
  ['é 🐋 👩‍👩‍👧 می‌خواهم', 'é 🐋 👩‍👩‍👧 می‌خواهم'],
])('%j', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('a name stays on its line', () => {
  expect(printableName('a\n\tb\r\nc\u200b\u{e0041}')).toBe('a\\u000a\\u0009b\\u000d\\u000ac\\u200b\\udb40\\udc41');
});

test('JSON that went through it says the same', () => {
  const value = { 'a\x1b': 'b\x9b\u202e\n"' };
  expect(JSON.parse(printable(JSON.stringify(value)))).toEqual(value);
});
