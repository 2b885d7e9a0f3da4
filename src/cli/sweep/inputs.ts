// What the trials of a sweep read, kept beside them, so that machines with nothing but a server can run them.
import { BpttError } from '../../base/errors.ts';
import { type Checked, checkFields, integer, number, oneOf, optional, string } from '../../base/fields.ts';
import { splitTokens } from '../../data/split.ts';
import type { CheckpointStore } from '../../sweep/index.ts';
import { readJson } from '../../sweep/store.ts';
import type { Tokenizer } from '../../tokenizers/index.ts';
import { wholeCorpus } from '../io/corpus.ts';

const inputFields = {
  format: oneOf(1),
  text: string,
  tokenizer: oneOf('characters', 'words', 'byte-pairs'),
  vocabularySize: optional(integer({ min: 2 })),
  validation: number({ exclusiveMin: 0, exclusiveMax: 1 }),
};

/** A text, what its tokens are, and which part trials are measured on. */
export type Inputs = Omit<Checked<typeof inputFields>, 'format'>;

const KEY = 'inputs.json';

export interface SweepData {
  readonly data: Int32Array;
  readonly validation: Int32Array;
  readonly vocabulary: Tokenizer;
}

/** What is learned from, and measured on. */
export function dataOf(name: string, { text, tokenizer, vocabularySize, validation: share }: Inputs): SweepData {
  const { vocabulary } = wholeCorpus({ name, text }, { tokenizer, vocabularySize });
  const { training: data, validation } = splitTokens(vocabulary.encode(text), share);
  return { data, validation, vocabulary };
}

/** Keeps them, unless some are there: the sweep itself refuses others. */
export async function keepInputs(store: CheckpointStore, inputs: Inputs): Promise<void> {
  await store.add(KEY, new TextEncoder().encode(JSON.stringify({ format: 1, ...inputs })));
}

/** @throws BpttError where there are none, as of a sweep of a program and not of `bptt sweep`, and for what is damaged. */
export async function readInputs(store: CheckpointStore, name: string): Promise<Inputs> {
  const bytes = await store.read(KEY);
  if (bytes === undefined) throw new BpttError('bad-file', `sweep ${name}: expected ${KEY} in the store, got none`);
  const where = `sweep ${name}, ${KEY}`;
  const { format: _, ...inputs } = checkFields(where, readJson(where, bytes), inputFields);
  return inputs;
}
