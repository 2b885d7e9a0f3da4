// A tokenizer of any kind from plain data, such as the metadata of a model file.
import { checkObject, checkOneOf, checkOptions } from '../base/check.ts';
import { BytePair } from './byte-pair.ts';
import { bytes } from './bytes.ts';
import { Vocabulary } from './characters.ts';
import type { Tokenizer } from './tokenizer.ts';
import { Words } from './words.ts';

/**
 * The tokenizer of what `toJSON` gave, whichever kind it is.
 *
 * @throws BpttError when it is anything else.
 *
 * @example
 * await saveModel(model, 'with-tokenizer.safetensors', { metadata: { tokenizer: JSON.stringify(vocabulary) } });
 * const { metadata } = await loadModel('with-tokenizer.safetensors');
 * const again = tokenizerFromJSON(JSON.parse(metadata.tokenizer));
 */
export function tokenizerFromJSON(value: unknown): Tokenizer {
  const where = 'tokenizerFromJSON';
  const { kind } = checkObject(where, value);
  switch (checkOneOf(`${where}.kind`, kind, ['characters', 'words', 'bytes', 'byte-pair'] as const)) {
    case 'characters':
      return Vocabulary.fromJSON(value);
    case 'words':
      return Words.fromJSON(value);
    case 'bytes':
      checkOptions(where, value, ['kind']);
      return bytes();
    case 'byte-pair':
      checkOptions(where, value, ['kind', 'tokenizer']);
      return BytePair.fromJSON(value);
  }
}
