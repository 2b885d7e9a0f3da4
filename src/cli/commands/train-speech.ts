// `bptt train --task speech`: from a folder of recordings with transcripts to a model file that `bptt transcribe` reads.
import { basename } from 'node:path';
import { BpttError } from '../../base/errors.ts';
import { permutation } from '../../base/philox.ts';
import { TimeSlice } from '../../base/time-slice.ts';
import {
  bidirectional,
  type DirectedDescription,
  dense,
  dropout,
  features,
  type LabelBatch,
  type LayerDescription,
  type Model,
  type ModelDescription,
  sequences,
  serialize,
  train,
  type ValidationEvent,
} from '../../index.ts';
import { describe } from '../../layers/describe.ts';
import { cellKindOf } from '../../layers/recurrent/cells.ts';
import { labelErrorRate, wordErrorRate } from '../../metrics/index.ts';
import { writeFileAtomic } from '../../node/atomic-file.ts';
import type { FileLock } from '../../node/file-lock.ts';
import { ctc, frontEnd, type Recognizer, recognizer, speechMetadata, varied } from '../../speech/index.ts';
import { labelsOf } from '../../speech/recognizer.ts';
import { EPOCHS } from '../flags/speech-flags.ts';
import type { SpeechValues } from '../flags/task-flags.ts';
import { readSamples } from '../io/audio-file.ts';
import { createLarge } from '../io/create-large.ts';
import { writeLearned } from '../io/learned-file.ts';
import type { Output } from '../io/output.ts';
import { checkTarget } from '../io/paths.ts';
import { renamedError } from '../io/renamed-error.ts';
import { readFolder, type Spoken } from '../io/speech-folder.ts';
import { type Judged, speechReport } from '../report/speech-report.ts';
import { follow, risingAndFalling } from './follow.ts';

/** A recording in memory. */
interface Utterance extends Spoken {
  readonly samples: Float32Array;
  readonly labels: Int32Array;
}

/** How recordings are heard otherwise each time; wider ranges helped nobody's digits. */
const VARIATIONS = {
  speed: [0.9, 1.1],
  warp: [0.9, 1.1],
  noise: { ratio: [10, 40] },
  masks: { steps: 1, longest: 4, features: 2, widest: 8 },
} as const;

/** Trains, and writes the model, which `lock` holds, also when `interrupted` aborts before all updates are made. */
export async function trainSpeechCommand(
  folder: string,
  values: SpeechValues,
  lock: FileLock,
  output: Output,
  interrupted: AbortSignal,
): Promise<void> {
  const { out, overwrite, report, json } = values;
  await checkTarget({ where: '--out', path: out, others: [values.transcripts], overwrite });
  if (report !== undefined) await checkTarget({ where: '--report', path: report, others: [out], overwrite });
  const { heard, utterances } = await load(folder, values, output);
  const { training, validation } = split(folder, utterances, values);
  const { seed, threads } = values;
  const model = await createLarge(networkOf(values, heard), { seed, threads });
  const [trained, all] = [secondsOf(training, heard), utterances.length];
  if (json) {
    const { labels } = heard.options;
    const counts = { recordings: all, training: training.length, validation: validation.length, seconds: trained };
    output.json({ type: 'start', folder, ...counts, labels, parameters: model.parameterCount });
  } else {
    output.line(
      `${folder}: ${training.length} recordings to learn from, ${(trained / 60).toFixed(1)} minutes, ${validation.length} to validate on; ` +
        `${heard.options.labels.length} labels, ${model.parameterCount.toLocaleString('en-US')} parameters`,
    );
  }
  const begin = performance.now();
  const { step, reason } = await learn(model, heard, { training, validation }, values, output, interrupted);
  const bytes = serialize(model, { metadata: speechMetadata(heard) });
  await lock.check();
  const path = await writeLearned(out, bytes, overwrite);
  if (report !== undefined) {
    const judged = validation.map((one): Judged => ({ ...one, heard: heard.transcribe(model, one.samples) }));
    const page = speechReport({ folder, model, recognizer: heard, judged, values });
    await writeFileAtomic(report, new TextEncoder().encode(page), { replace: overwrite });
  }
  const seconds = (performance.now() - begin) / 1000;
  if (json) {
    output.json({ type: 'saved', path, bytes: bytes.length });
    output.json({ type: 'end', step, reason, seconds });
  } else output.line(`${reason} after ${step} updates, ${seconds.toFixed(1)} s; model in ${path}`);
}

/** Reads all recordings; those that cannot be used are named, or end it. */
async function load(folder: string, values: SpeechValues, output: Output) {
  let skipped = 0;
  const onBad = (error: BpttError) => {
    if (!values.skipBad)
      throw new BpttError(error.code, `${error.message}; --skip-bad leaves it out`, { cause: error });
    skipped++;
    if (values.json) output.json({ type: 'skipped', reason: error.message });
    else output.note(`left out: ${error.message}`);
  };
  const { transcripts, lowercase } = values;
  const spoken = await readFolder(folder, { transcripts, lowercase, onBad });
  const between = values.labels === 'words' ? ' ' : '';
  const labels = [...new Set(spoken.flatMap(({ text }) => labelsOf(text, between)))].toSorted();
  if (labels.length === 0)
    throw new BpttError('bad-file', `${folder}: expected transcripts with something in them, got none`);
  const heard = recognizer({ front: frontOf(values).options, labels, between });
  const utterances: Utterance[] = [];
  for (const one of spoken) {
    try {
      const samples = await readSamples(one.path, values.sampleRate);
      const classes = heard.encode(one.text);
      checkFits(one.path, heard, samples, classes);
      utterances.push({ ...one, samples, labels: classes });
    } catch (cause) {
      if (!(cause instanceof BpttError)) throw cause;
      onBad(cause);
    }
  }
  if (utterances.length === 0) {
    throw new BpttError(
      'bad-file',
      `${folder}: expected recordings that can be used, got none; ${skipped} were left out`,
    );
  }
  return { heard, utterances };
}

function frontOf({ sampleRate, mels }: SpeechValues) {
  try {
    return frontEnd({ convention: 'kaldi', sampleRate, mels, floor: 1e-3, normalize: 'utterance', stack: 2 });
  } catch (cause) {
    throw renamedError(cause, { 'frontEnd.mels': '--mels', 'frontEnd.sampleRate': '--sample-rate' });
  }
}

/** @throws BpttError for a recording that is too short for what is said to be in it, or in which nothing is said to be. */
function checkFits(path: string, { front }: Recognizer, samples: Float32Array, labels: Int32Array): void {
  if (labels.length === 0)
    throw new BpttError('bad-file', `${path}: expected a transcript with something in it, got none`);
  const repeats = labels.filter((label, i) => label === labels[i - 1]).length;
  const needed = labels.length + repeats;
  const seconds = (samples.length / front.sampleRate).toFixed(2);
  const expected = `at least ${(needed * front.frameSeconds + 0.05).toFixed(2)} s for its ${labels.length} labels`;
  // At the highest speed it has fewer frames.
  const frames = Math.floor(samples.length / VARIATIONS.speed[1] / front.sampleRate / front.frameSeconds) - 2;
  if (frames < needed) throw new BpttError('bad-file', `${path}: expected ${expected}, got ${seconds} s`);
}

/** The last of a random order are for validation. */
function split(folder: string, all: readonly Utterance[], { validation, seed }: SpeechValues) {
  const count = Math.floor(all.length * validation);
  if (validation > 0 && count === 0) {
    throw new BpttError(
      'bad-file',
      `${folder}: expected enough recordings that --validation ${validation} holds one back, got ${all.length}; --validation 0 learns all`,
    );
  }
  const order = permutation(all.length, seed, 0);
  const held = new Set(order.subarray(all.length - count));
  return { training: all.filter((_, i) => !held.has(i)), validation: all.filter((_, i) => held.has(i)) };
}

const secondsOf = (list: readonly Utterance[], { front }: Recognizer) =>
  list.reduce((sum, { samples }) => sum + samples.length, 0) / front.sampleRate;

function networkOf(values: SpeechValues, { front, options }: Recognizer): ModelDescription {
  const { cell, hidden: units, layers, dropout: rate } = values;
  const kind = cellKindOf({ kind: cell })!;
  const recurrent = Array.from({ length: layers }, (): readonly LayerDescription[] => {
    const layer = bidirectional(describe(kind, { units }) as DirectedDescription);
    return rate > 0 ? [layer, dropout({ rate })] : [layer];
  });
  return [features(front.size), ...recurrent.flat(), dense({ units: options.labels.length + 1 })];
}

interface Parts {
  readonly training: readonly Utterance[];
  readonly validation: readonly Utterance[];
}

/** Goes through the recordings until all updates are made or `signal` aborts. */
async function learn(
  model: Model,
  heard: Recognizer,
  { training, validation }: Parts,
  values: SpeechValues,
  output: Output,
  signal: AbortSignal,
) {
  const { batch, seed, epochs, steps: given, learningRate, clip, earlyStopping, plain, json, logEvery } = values;
  const { front, options } = heard;
  const perEpoch = Math.ceil(training.length / batch);
  const steps = given ?? (epochs ?? EPOCHS) * perEpoch;
  const vary = plain ? front.extract : varied(front, VARIATIONS);
  const space = options.labels.indexOf(' ') + 1;
  const metrics = [labelErrorRate(), ...(space > 0 ? [wordErrorRate({ separator: space })] : [])];
  const events = train(model, {
    data: {
      batches: (epoch, skip) =>
        batchesOf(training, {
          batch,
          size: front.size,
          shuffle: seed,
          epoch,
          skip,
          hear: vary,
          first: epoch * training.length,
        }),
    },
    loss: await ctc(),
    optimizer: risingAndFalling(learningRate, steps),
    ...(clip > 0 && { clip: { norm: clip } }),
    ...(validation.length > 0 && {
      validation: {
        batches: (epoch, skip) =>
          batchesOf(validation, { batch, size: front.size, epoch, skip, hear: front.extract, first: 0 }),
      },
      validateEvery: Math.max(1, Math.min(perEpoch, Math.ceil(steps / 20))),
      metrics,
    }),
    ...(earlyStopping !== undefined && { earlyStopping: { patience: earlyStopping, monitor: 'ler' } }),
    seed,
    steps,
    signal,
  });
  const validated = ({ metrics: found = {} }: ValidationEvent) => ({ metrics: found, words: ratesOf(found) });
  return follow(events, { steps, logEvery, json, validated }, output);
}

const named: Readonly<Record<string, string>> = { ler: 'label errors', wer: 'word errors' };

const ratesOf = (metrics: Readonly<Record<string, number>>) =>
  Object.entries(metrics)
    .map(([name, rate]) => `${named[name]} ${(100 * rate).toFixed(1)} %`)
    .join(', ');

interface BatchesOptions {
  readonly batch: number;
  readonly size: number;
  readonly shuffle?: number;
  readonly epoch: number;
  readonly skip: number;
  readonly hear: (samples: Float32Array, seed: number) => Float32Array;
  /** The seed of the first recording. */
  readonly first: number;
}

/** The batches of an epoch, in which each recording is heard by a seed of its own. */
async function* batchesOf(list: readonly Utterance[], options: BatchesOptions): AsyncGenerator<LabelBatch> {
  const { batch, size, shuffle, epoch, skip, hear, first } = options;
  const slice = new TimeSlice();
  const all = [];
  for (const [index, { path, samples, labels: targets }] of list.entries()) {
    try {
      all.push({ inputs: hear(samples, first + index), targets });
    } catch (cause) {
      throw renamedError(cause, { 'extract(samples)': basename(path) });
    }
    await slice.rest();
  }
  const order = {
    batch,
    features: size,
    returns: 'labels',
    bucket: true,
    ...(shuffle !== undefined && { shuffle }),
  } as const;
  yield* sequences(all, order).batches(epoch, skip) as Iterable<LabelBatch>;
}
