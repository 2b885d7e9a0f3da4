// `bptt train --task translate`: from pairs of texts to a model file that `bptt translate` reads.
import { BpttError } from '../../base/errors.ts';
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
  serialize,
  tokens,
  train,
} from '../../index.ts';
import { describe } from '../../layers/describe.ts';
import { cellKindOf } from '../../layers/recurrent/cells.ts';
import { crossEntropy } from '../../loss/kinds/cross-entropy.ts';
import { writeFileAtomic } from '../../node/atomic-file.ts';
import type { FileLock } from '../../node/file-lock.ts';
import { bleu, chrf, type Pair, pairs, translate } from '../../translation/index.ts';
import type { TranslateValues } from '../flags/task-flags.ts';
import { tokenizerOf } from '../io/corpus.ts';
import { createLarge } from '../io/create-large.ts';
import { writeLearned } from '../io/learned-file.ts';
import type { Output } from '../io/output.ts';
import { readPairFiles, type Sides, sidesMetadata } from '../io/pair-files.ts';
import { checkTarget } from '../io/paths.ts';
import { renamedError } from '../io/renamed-error.ts';
import type { Measured } from '../report/translate-report.ts';
import { follow, risingAndFalling } from './follow.ts';

/** Pairs of those held back that are translated at each validation. */
const MEASURED = 200;

/** Updates without --steps and --epochs: ten times through the pairs, within these. */
const UPDATES = { least: 1500, most: 6000 };

/** Trains, and writes the model, which `lock` holds, also when `interrupted` aborts before all updates are made. */
export async function trainTranslateCommand(
  paths: readonly string[],
  values: TranslateValues,
  lock: FileLock,
  output: Output,
  interrupted: AbortSignal,
): Promise<void> {
  const { out, overwrite, report, json, seed, threads, hidden } = values;
  if (hidden % 2 > 0) {
    throw new BpttError(
      'invalid-argument',
      `--hidden: expected an even number, half for each direction, got ${hidden}`,
    );
  }
  await checkTarget({ where: '--out', path: out, others: paths, overwrite });
  if (report !== undefined) await checkTarget({ where: '--report', path: report, others: [out, ...paths], overwrite });
  const { name, list } = await readPairFiles(paths);
  const { training, validation } = split(name, list, values);
  const sides: Sides = { source: sideOf(list, 0, values), target: sideOf(list, 1, values) };
  const model = await createLarge(networkOf(values, sides), { seed, threads });
  const { source, target } = sides;
  const sizes = { source: source.size, target: target.size, parameters: model.parameterCount };
  if (json) {
    output.json({ type: 'start', data: name, training: training.length, validation: validation.length, ...sizes });
  } else {
    const { tokenizer } = values;
    output.line(
      `${name}: ${training.length} pairs to learn from, ${validation.length} to validate on; ` +
        `${source.size} and ${target.size} ${tokenizer}, ${model.parameterCount.toLocaleString('en-US')} parameters`,
    );
  }
  const begin = performance.now();
  const measured: Measured[] = [];
  const end = await learn(model, sides, { training, validation, measured }, values, output, interrupted);
  const bytes = serialize(model, { metadata: sidesMetadata(sides) });
  await lock.check();
  const path = await writeLearned(out, bytes, overwrite);
  if (report !== undefined) {
    const { translateReport } = await import('../report/translate-report.ts');
    const shown = validation.slice(0, MEASURED);
    const page = await translateReport({ name, model, sides, pairs: shown, measured, values });
    await writeFileAtomic(report, new TextEncoder().encode(page), { replace: overwrite });
  }
  const seconds = (performance.now() - begin) / 1000;
  if (json) {
    output.json({ type: 'saved', path, bytes: bytes.length });
    output.json({ type: 'end', step: end.step, reason: end.reason, seconds });
  } else output.line(`${end.reason} after ${end.step} updates, ${seconds.toFixed(1)} s; model in ${path}`);
}

/** Of the sources, in a random order, the last are for validation: no source that is learned is measured. */
function split(name: string, list: readonly Pair[], { validation, seed }: TranslateValues) {
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

interface Parts {
  readonly training: readonly Pair[];
  readonly validation: readonly Pair[];
  /** Filled at each validation. */
  readonly measured: Measured[];
}

/** Goes through the pairs until all updates are made or `signal` aborts. */
function learn(
  model: Model,
  sides: Sides,
  { training, validation, measured }: Parts,
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
  const events = train(model, {
    data: dataOf(training, sides, { batch, shuffle: seed }),
    loss: labelSmoothing > 0 ? crossEntropy({ smoothing: labelSmoothing }) : 'cross-entropy',
    optimizer: risingAndFalling(learningRate, steps),
    ...(clip > 0 && { clip: { norm: clip } }),
    ...(validation.length > 0 && {
      validation: dataOf(validation, sides, { batch }),
      validateEvery: Math.max(1, Math.min(perEpoch, Math.ceil(steps / 10))),
    }),
    ...(earlyStopping !== undefined && { earlyStopping: { patience: earlyStopping } }),
    seed,
    steps,
    signal,
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
  return follow(events, { steps, logEvery, json, validated }, output);
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
