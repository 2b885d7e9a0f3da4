// The model that a training goes on from, and what of the text it knows.
import { BpttError } from '../../base/errors.ts';
import type { EngineOptions, Model } from '../../index.ts';
import { loadModel } from '../../node.ts';
import type { Tokenizer } from '../../tokenizers/index.ts';
import { typed } from '../flags/flags.ts';
import { ofModelFlags } from '../flags/train-flags.ts';
import { type Corpus, corpusOf } from './corpus.ts';
import type { Text } from './text-file.ts';
import { encodeText, readVocabulary, VOCABULARY } from './vocabulary.ts';

export interface BaseModel {
  readonly path: string;
  readonly model: Model;
  readonly vocabulary: Tokenizer;
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
  return { path, model, vocabulary: readVocabulary(path, metadata[VOCABULARY], model.description[0].size) };
}

/** A text as the model reads it. */
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
