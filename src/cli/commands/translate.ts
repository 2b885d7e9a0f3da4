// `bptt translate`: what a model that `bptt train --task translate` wrote makes of texts.
import { createInterface } from 'node:readline';
import { BpttError } from '../../base/errors.ts';
import { integer } from '../../base/fields.ts';
import type { Model } from '../../index.ts';
import { loadModel } from '../../node.ts';
import { type Translation, translate, translateFields } from '../../translation/translate.ts';
import { flag, toggle, type Values } from '../flags/flags.ts';
import type { Output } from '../io/output.ts';
import { readSides, type Sides } from '../io/pair-files.ts';
import { renamedError } from '../io/renamed-error.ts';
import { encodeText, unknownFlag } from '../io/vocabulary.ts';

export const translateCommandFlags = {
  beams: flag('translations that are followed side by side', translateFields.beams, 4),
  best: flag('how many to print of each text, the likeliest first', integer({ min: 1 }), 1),
  length: flag('most tokens (default: twice those of the text and 10)', translateFields.length, undefined),
  minimum: flag('least tokens', translateFields.minimum, 0),
  lengthPenalty: flag('how much longer ones are helped (Wu et al. 2016)', translateFields.lengthPenalty, 0),
  coveragePenalty: flag(
    'how much those are at a disadvantage that leave out a part',
    translateFields.coveragePenalty,
    0,
  ),
  noRepeat: flag('no run of so many tokens twice; 0 allows all', translateFields.noRepeat, 0),
  unknown: unknownFlag,
  json: toggle('print one JSON value a text, with what each token looked at'),
};

type Flags = Values<typeof translateCommandFlags>;

/** Lines that are translated side by side where they come from a file or another program. */
const TOGETHER = 64;

/** A model and its tokens. */
interface Translator {
  readonly path: string;
  readonly model: Model;
  readonly sides: Sides;
}

/** Prints a line for each text, in their order; without texts, for each line of `lines`. */
export async function translateCommand(
  path: string,
  texts: readonly string[],
  lines: NodeJS.ReadStream,
  values: Flags,
  output: Output,
): Promise<void> {
  const { beams, best } = values;
  if (best > beams) {
    throw new BpttError('invalid-argument', `--best: expected at most the ${beams} of --beams, got ${best}`);
  }
  const { model, metadata } = await loadModel(path);
  const translator = { path, model, sides: readSides(path, metadata) };
  if (texts.length > 0) {
    const read = (text: string, index: number) => encodeSource(translator, text, `TEXT ${index + 1}`, values);
    await say(translator, texts, texts.map(read), values, output);
    return;
  }
  let [count, bad] = [0, 0];
  let waiting: string[] = [];
  const flush = async () => {
    bad += await sayLines(translator, { lines: waiting, before: count - waiting.length }, values, output);
    waiting = [];
  };
  const together = lines.isTTY ? 1 : TOGETHER;
  for await (const line of createInterface({ input: lines, crlfDelay: Number.POSITIVE_INFINITY })) {
    count++;
    waiting.push(line);
    if (waiting.length === together) await flush();
    if (output.closed.aborted) return;
  }
  await flush();
  if (bad > 0) {
    throw new BpttError('invalid-argument', `standard input: ${bad} of ${count} lines could not be translated`);
  }
}

/** Those that cannot be read are named, and leave an empty line in their place. Returns how many. */
async function sayLines(
  translator: Translator,
  { lines, before }: { readonly lines: readonly string[]; readonly before: number },
  values: Flags,
  output: Output,
): Promise<number> {
  let bad = 0;
  const sources = lines.map((line, index) => {
    try {
      return encodeSource(translator, line, `line ${before + index + 1}`, values);
    } catch (error) {
      if (!(error instanceof BpttError)) throw error;
      bad++;
      output.note(error.message);
      return undefined;
    }
  });
  await say(translator, lines, sources, values, output);
  return bad;
}

function encodeSource({ sides: { source } }: Translator, text: string, where: string, { unknown }: Flags): Int32Array {
  const tokens = encodeText(source, text, where, unknown);
  if (tokens.length > 0) return tokens;
  throw new BpttError('invalid-argument', `${where}: expected at least one character, got an empty text`);
}

/** Translates the sources that there are, and prints something for each text. */
async function say(
  { path, model, sides }: Translator,
  texts: readonly string[],
  sources: readonly (Int32Array | undefined)[],
  { beams, best, length, minimum, lengthPenalty, coveragePenalty, noRepeat, json }: Flags,
  output: Output,
): Promise<void> {
  const known = sources.filter((source) => source !== undefined);
  const attention = json && model.description.some(({ kind }) => kind === 'attention');
  const options = {
    beams,
    minimum,
    lengthPenalty,
    coveragePenalty,
    noRepeat,
    attention,
    ...(length !== undefined && { length }),
  };
  const all = await translate(model, known, options).catch((cause) => {
    throw renamedError(cause, {
      'translate(model)': path,
      'translate.minimum': '--minimum',
      'translate.coveragePenalty': '--coverage-penalty',
    });
  });
  const found = all[Symbol.iterator]();
  for (const [index, text] of texts.entries()) {
    const ours = sources[index] === undefined ? [] : (found.next().value ?? []).slice(0, best);
    if (json) {
      output.json({ type: 'translation', source: text, translations: ours.map((one) => plain(one, sides)) });
      continue;
    }
    const lines = ours.map(({ tokens, logProbability }) => {
      const written = sides.target.decode(tokens);
      return best > 1 ? `${logProbability.toFixed(3)}\t${written}` : written;
    });
    output.write(`${lines.join('\n')}\n`);
  }
}

/** As JSON has it. */
function plain({ tokens, logProbability, finish, attention }: Translation, { target }: Sides) {
  const weights = attention?.map((row) => Array.from(row, (weight) => Number(weight.toFixed(4))));
  return { text: target.decode(tokens), logProbability, finish, ...(weights && { attention: weights }) };
}
