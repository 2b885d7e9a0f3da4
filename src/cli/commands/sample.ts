// `bptt sample`: text from a model file, character by character.
import { BpttError } from '../../base/errors.ts';
import { integer, string } from '../../base/fields.ts';
import { beamFields } from '../../generation/beam-search.ts';
import { beamSearch } from '../../generation/index.ts';
import { samplingFields } from '../../generation/sampling.ts';
import { generate } from '../../index.ts';
import type { Model } from '../../model/model.ts';
import { loadModel } from '../../node.ts';
import type { Tokenizer } from '../../tokenizers/index.ts';
import { flag, toggle, typed, type Values } from '../flags/flags.ts';
import type { Output } from '../io/output.ts';
import { beginningOf, encodePrompt, readVocabulary, unknownFlag, VOCABULARY } from '../io/vocabulary.ts';

export const sampleFlags = {
  prompt: flag(
    'what to go on from (default: a line feed, or the first character of the vocabulary)',
    string,
    undefined,
  ),
  unknown: unknownFlag,
  length: flag('characters to give, or words or byte pairs', integer({ min: 0 }), 500),
  temperature: flag(
    'below 1 bolder, above 1 wilder, 0 always the likeliest character (default: 0.8)',
    samplingFields.temperature,
    undefined,
  ),
  topK: flag('draw from the n likeliest characters only (default: all)', samplingFields.topK, undefined),
  topP: flag(
    'draw from the likeliest characters that have this part of the probability (default: 1)',
    samplingFields.topP,
    undefined,
  ),
  repetitionPenalty: flag(
    'above 1 makes characters that have come rarer (default: 1)',
    samplingFields.repetitionPenalty,
    undefined,
  ),
  repetitionWindow: flag(
    'penalise the last n characters only (default: all)',
    samplingFields.repetitionWindow,
    undefined,
  ),
  stop: flag('end before this text', string, undefined),
  seed: flag('seed of the random choices (default: 0)', samplingFields.seed, undefined),
  beams: flag('search for the likeliest text with n beams, not at random', beamFields.beams, undefined),
  lengthPenalty: flag(
    'with --beams and --stop: above 0 favours longer texts (default: 0)',
    beamFields.lengthPenalty,
    undefined,
  ),
  json: toggle('print one JSON event with the whole text'),
};

type SampleValues = Values<typeof sampleFlags>;

const TEMPERATURE = 0.8;

/** Milliseconds of characters that are written at once: the text flows, and signals are heard. */
const SLICE = 16;

/** What is the same in every way of choosing characters. */
interface Plan {
  readonly model: Model;
  readonly vocabulary: Tokenizer;
  /** What the model reads first. */
  readonly start: string;
  readonly prompt: Int32Array;
  readonly stop: readonly Int32Array[];
}

/** Prints the prompt, if one was given, and the characters that the model says after it. */
export async function sampleCommand(path: string, values: SampleValues, output: Output): Promise<void> {
  checkCombination(values);
  const { model, metadata } = await loadModel(path);
  const vocabulary = readVocabulary(path, metadata[VOCABULARY], model.description[0].size);
  const start = values.prompt ?? beginningOf(vocabulary);
  const prompt = encodePrompt(vocabulary, start, '--prompt', values.unknown);
  const stop = values.stop === undefined ? [] : [encodePrompt(vocabulary, values.stop, '--stop')];
  const plan = { model, vocabulary, start, prompt, stop };
  await (values.beams === undefined ? draw(plan, values, output) : search(plan, values.beams, values, output));
}

/** Beam search draws nothing, and what draws searches nothing. */
function checkCombination(values: SampleValues): void {
  const drawing = ['temperature', 'topK', 'topP', 'repetitionPenalty', 'repetitionWindow', 'seed'] as const;
  const [others, how] = values.beams === undefined ? [['lengthPenalty'] as const, 'with'] : [drawing, 'without'];
  const name = others.find((other) => values[other] !== undefined);
  if (name !== undefined) {
    throw new BpttError('invalid-argument', `${typed(name)}: expected it ${how} --beams only, got ${values[name]}`);
  }
  if (values.beams !== undefined && values.length === 0) {
    throw new BpttError('invalid-argument', '--length: expected at least 1 with --beams, got 0');
  }
  if (values.repetitionWindow !== undefined && values.repetitionPenalty === undefined) {
    throw new BpttError('invalid-argument', '--repetition-window: expected --repetition-penalty with it, got none');
  }
}

async function draw({ model, vocabulary, start, prompt, stop }: Plan, values: SampleValues, output: Output) {
  const { length, temperature = TEMPERATURE, seed = 0, topK, topP, repetitionPenalty, repetitionWindow } = values;
  const filters = {
    ...(topK !== undefined && { topK }),
    ...(topP !== undefined && { topP }),
    ...(repetitionPenalty !== undefined && { repetitionPenalty }),
    ...(repetitionWindow !== undefined && { repetitionWindow }),
  };
  const tokens = generate(model, { prompt, length, temperature, seed, stop, ...filters });
  if (values.json) {
    const said = vocabulary.decode([...tokens]);
    output.json({ type: 'sample', prompt: start, text: said, temperature, seed, ...filters });
    return;
  }
  let pending = values.prompt ?? '';
  let last = performance.now();
  const said = decoderOf(vocabulary, prompt.at(-1)!);
  for (const token of tokens) {
    pending += said(token);
    // A carriage return and its line feed are written together.
    if (performance.now() - last < SLICE || pending.endsWith('\r')) continue;
    output.write(pending);
    pending = '';
    await output.flushed();
    if (output.closed.aborted) return;
    last = performance.now();
  }
  output.write(`${pending}\n`);
}

/** The text that each token adds: words have a space between them, and byte pairs may be parts of a character. */
function decoderOf(vocabulary: Tokenizer, first: number): (token: number) => string {
  let held = [first];
  let before = vocabulary.decode(held);
  return (token) => {
    held.push(token);
    const now = vocabulary.decode(held);
    if (now.endsWith('\uFFFD')) return '';
    const added = now.slice(before.length);
    held = [token];
    before = vocabulary.decode(held);
    return added;
  };
}

async function search(
  { model, vocabulary, start, prompt, stop }: Plan,
  beams: number,
  values: SampleValues,
  output: Output,
) {
  const { length, lengthPenalty = 0 } = values;
  const found = await beamSearch(model, { prompt, beams, length, lengthPenalty, stop, signal: output.closed });
  const [best] = found.map(({ tokens }) => vocabulary.decode(tokens));
  if (!values.json) {
    output.write(`${values.prompt ?? ''}${best}\n`);
    return;
  }
  const hypotheses = found.map(({ tokens, logProbability, score }) => ({
    text: vocabulary.decode(tokens),
    logProbability,
    score,
  }));
  output.json({ type: 'sample', prompt: start, text: best, beams, lengthPenalty, hypotheses });
}
