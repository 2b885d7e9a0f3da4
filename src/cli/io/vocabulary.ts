// The vocabulary that `bptt train` keeps in a model file, and what is typed or read as its tokens.
import { show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { string } from '../../base/fields.ts';
import { parseJson } from '../../base/parse-json.ts';
import { Vocabulary } from '../../tokenizers/characters.ts';
import { type Tokenizer, tokenizerFromJSON, Words } from '../../tokenizers/index.ts';
import { flag } from '../flags/flags.ts';
import { renamedError } from './renamed-error.ts';

/** Its name in a model file's metadata. */
export const VOCABULARY = 'vocabulary';

/** The vocabulary of a model that `bptt train` made. */
export function readVocabulary(path: string, json: string | undefined, size: number): Tokenizer {
  const bad = (got: string) =>
    new BpttError('bad-file', `${path}: expected a vocabulary of ${size} tokens in the metadata, got ${got}`);
  if (json === undefined) throw bad('none: `bptt train` did not make this model');
  let vocabulary: Tokenizer;
  try {
    vocabulary = tokenizerFromJSON(parseJson(json));
  } catch {
    throw bad('something else');
  }
  if (vocabulary.size !== size) throw bad(`one of ${vocabulary.size}`);
  return vocabulary;
}

/** What happens to characters that a vocabulary has not: an error, they are left out, or this text takes their place. */
export const unknownFlag = flag(
  'characters that the model has not learned: error, skip, or a text that takes the place of each (default: error)',
  string,
  undefined,
);

/** The tokens of a text; `where` is its name in errors. */
export function encodeText(
  vocabulary: Tokenizer,
  text: string,
  where: string,
  unknown?: string | undefined,
): Int32Array<ArrayBuffer> {
  const known =
    unknown === undefined || unknown === 'error' ? text : replaced(vocabulary, text, unknown === 'skip' ? '' : unknown);
  try {
    return vocabulary.encode(known);
  } catch (cause) {
    throw renamedError(cause, { 'encode(text)': where });
  }
}

/** A text of the characters of a vocabulary alone; words and byte pairs have a token for everything. */
function replaced(vocabulary: Tokenizer, text: string, by: string): string {
  if (!(vocabulary instanceof Vocabulary)) return text;
  const known = new Set(vocabulary.symbols);
  const stranger = [...by].find((character) => !known.has(character));
  if (stranger !== undefined) {
    throw new BpttError(
      'invalid-argument',
      `--unknown: expected error, skip or a text of what the model has learned, got ${show(by)}`,
    );
  }
  return Array.from(text, (character) => (known.has(character) ? character : by)).join('');
}

/** The tokens of --prompt, or of another flag. */
export function encodePrompt(vocabulary: Tokenizer, prompt: string, flag = '--prompt', unknown?: string): Int32Array {
  const tokens = encodeText(vocabulary, prompt, flag, unknown);
  if (tokens.length > 0) return tokens;
  throw new BpttError('invalid-argument', `${flag}: expected at least one character, got an empty text`);
}

/** What a text begins with that nobody began: a line feed, or the first token that there is. */
export function beginningOf(vocabulary: Tokenizer): string {
  if (!(vocabulary instanceof Vocabulary || vocabulary instanceof Words)) return '\n';
  return vocabulary.symbols.includes('\n') ? '\n' : vocabulary.symbols[0]!;
}
