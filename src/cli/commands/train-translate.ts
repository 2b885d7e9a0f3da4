// `bptt train --task translate`: from pairs of texts to a model file that `bptt translate` reads.
import { createHash } from 'node:crypto';
import { BpttError } from '../../base/errors.ts';
import { integer, list, number, object } from '../../base/fields.ts';
import { readEntry } from '../../base/metadata-entry.ts';
import { permutation } from '../../base/philox.ts';
import {
  attention,
  bidirectional,
  type DirectedDescription,
  dense,
  dropout,
  embedding,
  type LayerDescription,
  type Model,
  type ModelDescription,
  type TrainOptions,
  tokens,
} from '../../index.ts';
import { describe } from '../../layers/describe.ts';
import { cellKindOf } from '../../layers/recurrent/cells.ts';
import { crossEntropy } from '../../loss/kinds/cross-entropy.ts';
import { trainWith } from '../../training/train.ts';
import { bleu, chrf, type Pair, pairs, translate } from '../../translation/index.ts';
import type { TranslateValues } from '../flags/task-flags.ts';
import { tokenizerOf } from '../io/corpus.ts';
import { createLarge } from '../io/create-large.ts';
import type { Output } from '../io/output.ts';
import { readPairFiles, type Sides, sidesMetadata } from '../io/pair-files.ts';
import { renamedError } from '../io/renamed-error.ts';
import type { Measured } from '../report/translate-report.ts';
import { follow, risingAndFalling } from './follow.ts';
import { checkpointOption, finish, type Going, type Kept, keptIn, tellDamaged } from './going.ts';
import { COMMAND, checkRead, commandOf, type Left } from './resume.ts';
import { openCheckpoints } from './train.ts';

/** Pairs of those held back that are translated at each validation. */
const MEASURED = 200;

/** Updates without --steps and --epochs: ten times through the pairs, within these. */
const UPDATES = { least: 1500, most: 6000 };

/** What was measured before a checkpoint: its entry in the metadata, and what is in it. */
const MEASURED_BEFORE = 'measured';
const measuredField = list(
  object({ step: integer(), loss: number(), bleu: number(), chrf: number(), exact: number() }),
  'measurements',
);

/** Trains, and writes the model, also when `interrupted` aborts before all updates are made. */
export async function trainTranslateCommand(
  paths: readonly string[],
  values: TranslateValues,
  going: Going,
  output: Output,
  interrupted: AbortSignal,
): Promise<void> {
  const { seed, threads, hidden } = values;
  const { lock, left } = going;
  if (hidden % 2 > 0) {
    throw new BpttError(
      'invalid-argument',
      `--hidden: expected an even number, half for each direction, got ${hidden}`,
    );
  }
  const checkpoints = await openCheckpoints(paths, values);
  const { name, list: all } = await readPairFiles(paths);
  const digest = digestOf(all);
  if (left !== undefined) checkRead(left, 'pairs', { name, digest });
  const measured = measuredBefore(left);
  const parts = split(name, all, values);
  const sides: Sides = { source: sideOf(all, 0, values), target: sideOf(all, 1, values) };
  const model = await createLarge(networkOf(values, sides), { seed, threads });
  tellStart(name, parts, { model, sides, left }, values, output);
  if (values.restart) await checkpoints.clear();
  const begin = performance.now();
  const metadata = sidesMetadata(sides);
  const command = commandOf(paths, { digest }, { task: 'translate', ...values });
  const kept = keptIn(checkpoints, going, { ...metadata, [COMMAND]: command });
  const { step, reason } = await learn(model, sides, { ...parts, measured, kept }, values, output, interrupted);
  const report = async () => {
    const { translateReport } = await import('../report/translate-report.ts');
    const shown = parts.validation.slice(0, MEASURED);
    return translateReport({ name, model, sides, pairs: shown, measured, values });
  };
  await finish({ model, metadata, step, reason, begin, report }, values, lock, checkpoints, output);
}

/** By which pairs are known again. */
function digestOf(all: readonly Pair[]): string {
  const hash = createHash('sha256');
  for (const [source, target] of all) hash.update(JSON.stringify([source, target]));
  return hash.digest('hex');
}

/** @throws BpttError for a checkpoint that says it in a way that is damaged. */
function measuredBefore(left: Left | undefined): Measured[] {
  if (left === undefined) return [];
  const { path, content } = left.checkpoint;
  try {
    const entry = { name: MEASURED_BEFORE, of: 'is learning to translate' };
    return [...readEntry('metadata', content.metadata, entry, (value) => measuredField.check('', value))];
  } catch (cause) {
    throw renamedError(cause, { metadata: `${path}, metadata` });
  }
}

interface Start {
  readonly model: Model;
  readonly sides: Sides;
  readonly left: Left | undefined;
}

/** What is learned from, from which update on, and what of the checkpoints was damaged. */
function tellStart(
  name: string,
  parts: Parts,
  { model, sides: { source, target }, left }: Start,
  { json, tokenizer }: TranslateValues,
  output: Output,
): void {
  const [training, validation] = [parts.training.length, parts.validation.length];
  const { parameterCount: parameters } = model;
  if (json) {
    const resumed = left === undefined ? {} : { resumed: left.checkpoint.step };
    const sizes = { source: source.size, target: target.size, parameters };
    output.json({ type: 'start', data: name, training, validation, ...sizes, ...resumed });
  } else {
    output.line(
      `${name}: ${training} pairs to learn from, ${validation} to validate on; ` +
        `${source.size} and ${target.size} ${tokenizer}, ${parameters.toLocaleString('en-US')} parameters` +
        (left === undefined ? '' : `, resumed at update ${left.checkpoint.step}`),
    );
  }
  tellDamaged(left, json, output);
}

/** Of the sources, in a random order, the last are for validation: no source that is learned is measured. */
function split(name: string, list: readonly Pair[], { validation, seed }: TranslateValues): Parts {
  const sources = [...new Set(list.map(([source]) => source))];
  const order = permutation(sources.length, seed, 0);
  const count = Math.floor(sources.length * validation);
  const held = new Set(Array.from(order.subarray(sources.length - count), (index) => sources[index]));
  if (validation > 0 && count === 0) {
    const got = `${sources.length} different sources`;
    throw new BpttError(
      'bad-file',
      `${name}: expected enough sources that --validation ${validation} holds one back, got ${got}; --validation 0 learns all`,
    );
  }
  return {
    training: list.filter(([source]) => !held.has(source)),
    validation: list.filter(([source]) => held.has(source)),
  };
}

function sideOf(list: readonly Pair[], side: 0 | 1, values: TranslateValues) {
  const { tokenizer, vocabularySize } = values;
  return tokenizerOf(list.map((pair) => pair[side]).join(tokenizer === 'characters' ? '' : '\n'), {
    tokenizer,
    vocabularySize,
  });
}

/** Layers of the encoder read in both directions; each of the decoder starts where the one beside it ended. */
function networkOf(values: TranslateValues, { source, target }: Sides): ModelDescription {
  const { cell, hidden: units, layers, embedding: width, dropout: rate, attention: score, heads } = values;
  const kind = cellKindOf({ kind: cell })!;
  const drop: readonly LayerDescription[] = rate > 0 ? [dropout({ rate })] : [];
  const embedded: readonly LayerDescription[] = width > 0 ? [embedding({ units: width }), ...drop] : [];
  // Attention reads the last layers as they are; what it gives is dropped from.
  const stacked = (layer: (depth: number) => LayerDescription) =>
    Array.from({ length: layers }, (_, depth) => [layer(depth + 1), ...(depth < layers - 1 ? drop : [])]).flat();
  const encoders = stacked((depth) => ({
    ...bidirectional(describe(kind, { units: units / 2 }) as DirectedDescription),
    name: `encoder-${depth}`,
  }));
  const decoders = stacked(
    (depth) => describe(kind, { units, name: `decoder-${depth}`, start: `encoder-${depth}` }) as LayerDescription,
  );
  const looks = score === 'none' ? [] : [attention({ from: [`decoder-${layers}`, `encoder-${layers}`], score, heads })];
  return [
    tokens(source.size, { name: 'source' }),
    ...embedded,
    ...encoders,
    tokens(target.size + 1, { name: 'target' }),
    ...embedded,
    ...decoders,
    ...looks,
    dense({ units, activation: 'tanh' }),
    ...drop,
    dense({ units: target.size + 1 }),
  ];
}

/** Pairs to learn from, and those held back. */
interface Parts {
  readonly training: readonly Pair[];
  readonly validation: readonly Pair[];
}

interface Learning extends Parts {
  /** Filled at each validation. */
  readonly measured: Measured[];
  readonly kept: Kept;
}

/** Goes through the pairs until all updates are made or `signal` aborts. */
function learn(
  model: Model,
  sides: Sides,
  { training, validation, measured, kept }: Learning,
  values: TranslateValues,
  output: Output,
  signal: AbortSignal,
) {
  const {
    batch,
    seed,
    epochs,
    steps: given,
    learningRate,
    clip,
    earlyStopping,
    json,
    logEvery,
    labelSmoothing,
  } = values;
  const perEpoch = Math.ceil(training.length / batch);
  const usual = Math.min(UPDATES.most, Math.max(UPDATES.least, 10 * perEpoch));
  const steps = given ?? (epochs === undefined ? usual : epochs * perEpoch);
  const options: TrainOptions = {
    data: dataOf(training, sides, { batch, shuffle: seed }),
    loss: labelSmoothing > 0 ? crossEntropy({ smoothing: labelSmoothing }) : 'cross-entropy',
    optimizer: risingAndFalling(learningRate, steps),
    ...(clip > 0 && { clip: { norm: clip } }),
    ...(validation.length > 0 && {
      validation: dataOf(validation, sides, { batch }),
      validateEvery: Math.max(1, Math.min(perEpoch, Math.ceil(steps / 10))),
    }),
    ...(earlyStopping !== undefined && { earlyStopping: { patience: earlyStopping } }),
    ...checkpointOption(values, steps, kept),
    seed,
    steps,
    signal,
  };
  const events = trainWith(model, options, {
    checkpoint: kept.left,
    kept: () => ({ [MEASURED_BEFORE]: JSON.stringify(measured) }),
  });
  const validated = async ({ step, loss }: { readonly step: number; readonly loss: number }) => {
    const found = await measure(model, sides, validation.slice(0, MEASURED));
    measured.push({ step, loss, ...found });
    const { bleu, chrf, exact } = found;
    return {
      metrics: found,
      words: `BLEU ${bleu.toFixed(1)}, chrF2 ${chrf.toFixed(1)}, exact ${exact.toFixed(1)} %`,
    };
  };
  return follow(events, { steps, logEvery, json, validated, kept: kept.write }, output);
}

/** `pairs`, whose errors name the flags. */
function dataOf(list: readonly Pair[], { source, target }: Sides, how: { batch: number; shuffle?: number }) {
  try {
    return pairs(list, { source, target, ...how });
  } catch (cause) {
    throw renamedError(cause, { 'pairs(list)': 'pair ' });
  }
}

/** How good translations are, the likeliest token at each step. */
async function measure(model: Model, { source, target }: Sides, list: readonly Pair[]) {
  const found = await translate(
    model,
    list.map(([text]) => source.encode(text)),
  );
  const ours = found.map(([best]) => target.decode(best!.tokens));
  const theirs = list.map(([, text]) => text);
  const exact = (100 * ours.filter((text, i) => text === theirs[i]).length) / ours.length;
  return { bleu: bleu(ours, theirs).score, chrf: chrf(ours, theirs).score, exact };
}
