// Texts for tokenizers.
import fc from 'fast-check';
import { type Tokenizer, tokenizerFromJSON } from '../../src/tokenizers/index.ts';

export const wellFormed = fc.string({ unit: 'binary', minLength: 1 });

/** Texts that look like texts: words, marks and spaces in all orders. */
export const texts = fc
  .array(
    fc.constantFrom(
      'the',
      'Whale',
      'naïve',
      "don't",
      'e\u0301',
      '日本',
      '_x1',
      "'",
      '-',
      ',',
      '🐋',
      ' ',
      '  ',
      '\n',
      '\u00a0',
    ),
    {
      minLength: 1,
    },
  )
  .map((parts) => parts.join(''));

export const half = 'a🐋\uD83D';

/** Through JSON and back. */
export const again = (tokenizer: Tokenizer) => tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer)));
