// The vocabulary that `bptt train` keeps in a model file, and what is typed or read as its tokens.
import { BpttError } from '../../base/errors.ts';
import { parseJson } from '../../base/parse-json.ts';
import { Vocabulary } from '../../tokenizers/characters.ts';
import { renamedError } from './renamed-error.ts';

/** Its name in a model file's metadata. */
export const VOCABULARY = 'vocabulary';

/** The vocabulary of a model that `bptt train` made. */
export function readVocabulary(path: string, json: string | undefined, size: number): Vocabulary {
  const bad = (got: string) =>
    new BpttError('bad-file', `${path}: expected a vocabulary of ${size} characters in the metadata, got ${got}`);
  if (json === undefined) throw bad('none: `bptt train` did not make this model');
  let vocabulary: Vocabulary;
  try {
    vocabulary = Vocabulary.fromJSON(parseJson(json));
  } catch {
    throw bad('something else');
  }
  if (vocabulary.size !== size) throw bad(`one of ${vocabulary.size}`);
  return vocabulary;
}

/** The tokens of a text; `where` is its name in errors. */
export function encodeText(vocabulary: Vocabulary, text: string, where: string): Int32Array<ArrayBuffer> {
  try {
    return vocabulary.encode(text);
  } catch (cause) {
    throw renamedError(cause, { 'encode(text)': where });
  }
}

/** The tokens of --prompt, or of another flag. */
export function encodePrompt(vocabulary: Vocabulary, prompt: string, flag = '--prompt'): Int32Array {
  if (prompt !== '') return encodeText(vocabulary, prompt, flag);
  throw new BpttError('invalid-argument', `${flag}: expected at least one character, got an empty text`);
}
