// The model that a training goes on from, and what of the text it knows.
import { BpttError } from '../../base/errors.ts';
import type { EngineOptions, Model } from '../../index.ts';
import { loadModel } from '../../node.ts';
import { Vocabulary } from '../../tokenizers/characters.ts';
import { type Tokenizer, Words } from '../../tokenizers/index.ts';
import { extendVocabulary } from '../../vocabulary/index.ts';
import { typed } from '../flags/flags.ts';
import { ofModelFlags } from '../flags/train-flags.ts';
import { type Corpus, corpusOf } from './corpus.ts';
import { renamedError } from './renamed-error.ts';
import type { Text } from './text-file.ts';
import { encodeText, readVocabulary, VOCABULARY } from './vocabulary.ts';

export interface BaseModel {
  readonly path: string;
  readonly model: Model;
  readonly vocabulary: Tokenizer;
  /** The characters or words that a text brought. */
  readonly added: readonly string[];
  /** The parameters that got rows for them. */
  readonly grown: readonly string[];
}

/** @throws BpttError for flags of what the model has already. */
export async function readBase(
  path: string,
  given: (name: string) => boolean,
  engine: Pick<EngineOptions, 'threads'>,
): Promise<BaseModel> {
  const other = ofModelFlags.find(given);
  if (other !== undefined) {
    throw new BpttError(
      'invalid-argument',
      `${typed(other)}: expected no --from beside it, whose model says that, got ${path}`,
    );
  }
  const { model, metadata } = await loadModel(path, engine);
  const vocabulary = readVocabulary(path, metadata[VOCABULARY], model.description[0].size);
  return { path, model, vocabulary, added: [], grown: [] };
}

/** The model with rows for whatever is new in a text; of another seed than the training's, with which other rows may have begun. */
export async function withNewTokens(base: BaseModel, { text, name }: Text, seed: number): Promise<BaseModel> {
  const { model, vocabulary } = base;
  // Byte pairs have tokens for everything.
  if (!(vocabulary instanceof Vocabulary || vocabulary instanceof Words)) return base;
  try {
    const extended = await extendVocabulary(model, vocabulary, text, { seed: seed + 1 });
    if (extended.added.length === 0) return base;
    const before = new Map(model.parameters().map((parameter) => [parameter.name, parameter.data.length]));
    const grown = extended.model
      .parameters()
      .filter((parameter) => before.get(parameter.name) !== parameter.data.length);
    return { ...base, ...extended, grown: grown.map((parameter) => parameter.name) };
  } catch (cause) {
    throw renamedError(cause, { 'characters(text)': name, 'words(text)': name, extendVocabulary: base.path });
  }
}

/** A text as the model reads it; `unknown` as `encodeText` takes it. */
export function corpusFor({ vocabulary }: BaseModel, text: Text, unknown: string | undefined): Corpus {
  const tokens = encodeText(vocabulary, text.text, text.name, unknown);
  if (tokens.length > 1) return corpusOf(text, vocabulary, tokens);
  throw new BpttError(
    'bad-file',
    `${text.name}: expected at least 2 characters that the model knows, got ${tokens.length}`,
  );
}

/** The weights that every token is multiplied with. */
export function productsOf({ model }: BaseModel): number {
  const [input, next] = model.description;
  const looked = next?.kind === 'embedding' ? input.size * (next as unknown as { readonly units: number }).units : 0;
  return model.parameterCount - looked;
}
