// `bptt sample`: text from a model file, character by character.
import { BpttError } from '../errors.ts';
import { generate } from '../index.ts';
import { loadModel } from '../node.ts';
import { Vocabulary } from '../text.ts';
import { integer, number, text, toggle, type Values } from './flags.ts';
import type { Output } from './output.ts';
import { encodePrompt, VOCABULARY } from './train.ts';

export const sampleFlags = {
  prompt: text(
    'what to go on from (default: a line feed, or the first character of the vocabulary)',
    undefined,
    'text',
  ),
  length: integer('characters to give', 500),
  temperature: number('below 1 bolder, above 1 wilder, 0 always the likeliest character', 0.8),
  seed: integer('seed of the random choices', 0),
  json: toggle('print one JSON event with the whole text'),
};

/** Milliseconds of characters that are written at once: the text flows, and signals are heard. */
const SLICE = 16;

/** Prints the prompt, if one was given, and the characters that the model says after it. */
export async function sampleCommand(path: string, values: Values<typeof sampleFlags>, output: Output): Promise<void> {
  const { prompt, length, temperature, seed, json } = values;
  const { model, metadata } = await loadModel(path);
  const vocabulary = readVocabulary(path, metadata[VOCABULARY], model.description[0].size);
  const start = prompt ?? (vocabulary.symbols.includes('\n') ? '\n' : vocabulary.symbols[0]!);
  const tokens = generate(model, { prompt: encodePrompt(vocabulary, start), length, temperature, seed });
  if (json) {
    output.json({ type: 'sample', prompt: start, text: vocabulary.decode([...tokens]), temperature, seed });
    return;
  }
  let pending = prompt ?? '';
  let last = performance.now();
  for (const token of tokens) {
    pending += vocabulary.decode([token]);
    if (performance.now() - last < SLICE) continue;
    output.write(pending);
    pending = '';
    await output.flushed();
    if (output.closed.aborted) return;
    last = performance.now();
  }
  output.line(pending);
}

function readVocabulary(path: string, json: string | undefined, size: number): Vocabulary {
  const bad = (got: string) =>
    new BpttError('bad-file', `${path}: expected a vocabulary of ${size} characters in the metadata, got ${got}`);
  if (json === undefined) throw bad('none: `bptt train` did not make this model');
  let vocabulary: Vocabulary;
  try {
    vocabulary = Vocabulary.fromJSON(JSON.parse(json));
  } catch {
    throw bad('something else');
  }
  if (vocabulary.size !== size) throw bad(`one of ${vocabulary.size}`);
  return vocabulary;
}
