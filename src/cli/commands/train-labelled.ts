// What trainings on a folder of recordings and on one of images have in common: files with texts beside them, a network that learns these by CTC, those held
// back that it is measured on, a model file, and a report.
import { createHash } from 'node:crypto';
import { basename, resolve } from 'node:path';
import { BpttError } from '../../base/errors.ts';
import { permutation } from '../../base/philox.ts';
import { TimeSlice } from '../../base/time-slice.ts';
import {
  bidirectional,
  type DirectedDescription,
  dropout,
  type LabelBatch,
  type LayerDescription,
  type Model,
  type ModelDescription,
  sequences,
  type TrainOptions,
  type ValidationEvent,
} from '../../index.ts';
import { describe } from '../../layers/describe.ts';
import { cellKindOf } from '../../layers/recurrent/cells.ts';
import { labelErrorRate, wordErrorRate } from '../../metrics/index.ts';
import { ctc } from '../../speech/index.ts';
import { type LabelCodec, labelsOf } from '../../speech/labels.ts';
import { trainWith } from '../../training/train.ts';
import { EPOCHS } from '../flags/folder-flags.ts';
import type { LabelledValues } from '../flags/task-flags.ts';
import { createLarge } from '../io/create-large.ts';
import { type FileKind, type Labelled, readFolder } from '../io/labelled-folder.ts';
import type { Output } from '../io/output.ts';
import { renamedError } from '../io/renamed-error.ts';
import { follow, risingAndFalling } from './follow.ts';
import { checkpointOption, finish, type Going, type Kept, keptIn, tellDamaged } from './going.ts';
import { COMMAND, checkRead, commandOf, type Left } from './resume.ts';
import { openCheckpoints } from './train.ts';

/** A file in memory. */
export interface Example<Item> extends Labelled {
  readonly item: Item;
  readonly labels: Int32Array;
}

/** Examples to learn from, and those held back. */
export interface Parts<Item> {
  readonly training: readonly Example<Item>[];
  readonly validation: readonly Example<Item>[];
}

/** Codec and model. */
export interface Made<Reader> {
  readonly reader: Reader;
  readonly model: Model;
}

/** What files become. */
export interface LabelledTask<Item, Reader extends LabelCodec> {
  /** That of --task. */
  readonly name: string;
  readonly kind: FileKind;
  /** What stands between labels in a text. */
  readonly between: '' | ' ';
  reader(labels: readonly string[]): Reader;
  network(reader: Reader, labels: readonly string[]): ModelDescription;
  read(path: string, reader: Reader): Promise<Item>;
  /** @throws BpttError for a file with less than so many steps, which its labels need. */
  checkFits(example: Example<Item>, needed: number, made: Made<Reader>): void;
  /** By which an item is known again. */
  bytes(item: Item): NodeJS.ArrayBufferView;
  /** Features of a step. */
  size(reader: Reader): number;
  /** What the model reads, [T,size]; with a seed it is varied. */
  inputs(reader: Reader, item: Item, seed?: number): Float32Array;
  metadata(reader: Reader): Readonly<Record<string, string>>;
  /** What is said at the start: for JSON, and in words. */
  start(parts: Parts<Item>, reader: Reader): { readonly counts: object; readonly words: string };
  report(parts: Parts<Item>, made: Made<Reader>): string;
}

/** Trains, and writes the model, also when `interrupted` aborts before all updates are made. */
export async function trainLabelled<Item, Reader extends LabelCodec>(
  folder: string,
  values: LabelledValues,
  task: LabelledTask<Item, Reader>,
  going: Going,
  output: Output,
  interrupted: AbortSignal,
): Promise<void> {
  const { lock, left } = going;
  const checkpoints = await openCheckpoints(values.transcripts === undefined ? [] : [values.transcripts], values);
  const { made, labels, examples } = await load(folder, values, task, output);
  const { reader, model } = made;
  const digest = digestOf(examples, task);
  if (left !== undefined) checkRead(left, task.kind.files, { name: folder, digest });
  const parts = split(folder, examples, task, values);
  tellStart(folder, parts, { made, labels, task, left }, values.json, output);
  if (values.restart) await checkpoints.clear();
  const begin = performance.now();
  const metadata = task.metadata(reader);
  const command = commandOf([folder], { digest }, keptValues(task.name, values));
  const kept = keptIn(checkpoints, going, { ...metadata, [COMMAND]: command });
  const { step, reason } = await learn(made, parts, { values, task, labels, kept }, output, interrupted);
  const ended = { model, metadata, step, reason, begin, report: () => task.report(parts, made) };
  await finish(ended, values, lock, checkpoints, output);
}

interface Start<Item, Reader extends LabelCodec> {
  readonly made: Made<Reader>;
  readonly labels: readonly string[];
  readonly task: LabelledTask<Item, Reader>;
  readonly left: Left | undefined;
}

/** What is learned from, from which update on, and what of the checkpoints was damaged. */
function tellStart<Item, Reader extends LabelCodec>(
  folder: string,
  parts: Parts<Item>,
  { made, labels, task, left }: Start<Item, Reader>,
  json: boolean,
  output: Output,
): void {
  const { counts, words } = task.start(parts, made.reader);
  const [training, validation] = [parts.training.length, parts.validation.length];
  const { parameterCount: parameters } = made.model;
  if (json) {
    const resumed = left === undefined ? {} : { resumed: left.checkpoint.step };
    output.json({ type: 'start', folder, training, validation, ...counts, labels, parameters, ...resumed });
  } else {
    output.line(
      `${folder}: ${words}, ${validation} to validate on; ` +
        `${labels.length} labels, ${parameters.toLocaleString('en-US')} parameters` +
        (left === undefined ? '' : `, resumed at update ${left.checkpoint.step}`),
    );
  }
  tellDamaged(left, json, output);
}

/** Flags as a training that goes on from another folder has to find them. */
const keptValues = (task: string, { transcripts, ...values }: LabelledValues) => ({
  task,
  ...values,
  ...(transcripts !== undefined && { transcripts: resolve(transcripts) }),
});

/** By which files and what is said to be in them are known again. */
function digestOf<Item, Reader extends LabelCodec>(
  examples: readonly Example<Item>[],
  task: LabelledTask<Item, Reader>,
): string {
  const hash = createHash('sha256');
  for (const { text, item } of examples) {
    const bytes = task.bytes(item);
    hash.update(`${JSON.stringify(text)}${bytes.byteLength}`).update(bytes);
  }
  return hash.digest('hex');
}

/** Reads all files; those that cannot be used are named, or end it. */
async function load<Item, Reader extends LabelCodec>(
  folder: string,
  values: LabelledValues,
  task: LabelledTask<Item, Reader>,
  output: Output,
) {
  let skipped = 0;
  const onBad = (error: BpttError) => {
    if (!values.skipBad)
      throw new BpttError(error.code, `${error.message}; --skip-bad leaves it out`, { cause: error });
    skipped++;
    if (values.json) output.json({ type: 'skipped', reason: error.message });
    else output.note(`left out: ${error.message}`);
  };
  const { transcripts, lowercase, seed, threads } = values;
  const { kind } = task;
  const all = await readFolder(folder, { kind, transcripts, lowercase, onBad });
  const labels = [...new Set(all.flatMap(({ text }) => labelsOf(text, task.between)))].toSorted();
  if (labels.length === 0)
    throw new BpttError('bad-file', `${folder}: expected transcripts with something in them, got none`);
  const reader = task.reader(labels);
  const made = { reader, model: await createLarge(task.network(reader, labels), { seed, threads }) };
  const examples: Example<Item>[] = [];
  for (const one of all) {
    try {
      const example = { ...one, item: await task.read(one.path, reader), labels: reader.encode(one.text) };
      if (example.labels.length === 0)
        throw new BpttError('bad-file', `${one.path}: expected a transcript with something in it, got none`);
      task.checkFits(example, stepsNeeded(example.labels), made);
      examples.push(example);
    } catch (cause) {
      if (!(cause instanceof BpttError)) throw cause;
      onBad(cause);
    }
  }
  if (examples.length > 0) return { made, labels, examples };
  throw new BpttError(
    'bad-file',
    `${folder}: expected ${kind.files} that can be used, got none; ${skipped} were left out`,
  );
}

/** A step for each label, and one between two that are the same. */
const stepsNeeded = (labels: Int32Array) => labels.length + labels.filter((label, i) => label === labels[i - 1]).length;

/** The last of a random order are for validation. @throws BpttError where there are too few to hold one back. */
function split<Item, Reader extends LabelCodec>(
  folder: string,
  all: readonly Example<Item>[],
  { kind }: LabelledTask<Item, Reader>,
  { validation, seed }: LabelledValues,
): Parts<Item> {
  const count = Math.floor(all.length * validation);
  if (validation > 0 && count === 0) {
    const expected = `enough ${kind.files} that --validation ${validation} holds one back`;
    throw new BpttError('bad-file', `${folder}: expected ${expected}, got ${all.length}; --validation 0 learns all`);
  }
  const order = permutation(all.length, seed, 0);
  const held = new Set(order.subarray(all.length - count));
  return { training: all.filter((_, i) => !held.has(i)), validation: all.filter((_, i) => held.has(i)) };
}

/** The recurrent layers that flags ask for, which read in both directions. */
export function bothWays({ cell, hidden: units, layers, dropout: rate }: LabelledValues): readonly LayerDescription[] {
  const kind = cellKindOf({ kind: cell })!;
  return Array.from({ length: layers }, (): readonly LayerDescription[] => {
    const layer = bidirectional(describe(kind, { units }) as DirectedDescription);
    return rate > 0 ? [layer, dropout({ rate })] : [layer];
  }).flat();
}

interface Learning<Item, Reader extends LabelCodec> {
  readonly values: LabelledValues;
  readonly task: LabelledTask<Item, Reader>;
  readonly labels: readonly string[];
  readonly kept: Kept;
}

/** Goes through the files until all updates are made or `signal` aborts. */
async function learn<Item, Reader extends LabelCodec>(
  { model, reader }: Made<Reader>,
  { training, validation }: Parts<Item>,
  { values, task, labels, kept }: Learning<Item, Reader>,
  output: Output,
  signal: AbortSignal,
) {
  const { batch, seed, epochs, steps: given, learningRate, clip, earlyStopping, plain, json, logEvery } = values;
  const perEpoch = Math.ceil(training.length / batch);
  const steps = given ?? (epochs ?? EPOCHS) * perEpoch;
  const space = labels.indexOf(' ') + 1;
  const metrics = [labelErrorRate(), ...(space > 0 ? [wordErrorRate({ separator: space })] : [])];
  const order = { batch, features: task.size(reader) };
  const asIs = ({ item }: Example<Item>) => task.inputs(reader, item);
  const varied = (one: Example<Item>, drawn: number) => task.inputs(reader, one.item, drawn);
  const options: TrainOptions = {
    data: {
      batches: (epoch, skip) =>
        batchesOf(training, {
          ...{ ...order, shuffle: seed, epoch, skip, first: epoch * training.length },
          inputs: plain ? asIs : varied,
        }),
    },
    loss: await ctc(),
    optimizer: risingAndFalling(learningRate, steps),
    ...(clip > 0 && { clip: { norm: clip } }),
    ...(validation.length > 0 && {
      validation: {
        batches: (epoch, skip) => batchesOf(validation, { ...order, epoch, skip, first: 0, inputs: asIs }),
      },
      validateEvery: Math.max(1, Math.min(perEpoch, Math.ceil(steps / 20))),
      metrics,
    }),
    ...(earlyStopping !== undefined && { earlyStopping: { patience: earlyStopping, monitor: 'ler' } }),
    ...checkpointOption(values, steps, kept),
    seed,
    steps,
    signal,
  };
  const events = trainWith(model, options, { checkpoint: kept.left });
  const validated = ({ metrics: found = {} }: ValidationEvent) => ({ metrics: found, words: ratesOf(found) });
  return follow(events, { steps, logEvery, json, validated, kept: kept.write }, output);
}

const named: Readonly<Record<string, string>> = { ler: 'label errors', wer: 'word errors' };

const ratesOf = (metrics: Readonly<Record<string, number>>) =>
  Object.entries(metrics)
    .map(([name, rate]) => `${named[name]} ${(100 * rate).toFixed(1)} %`)
    .join(', ');

interface BatchesOptions<Item> {
  readonly batch: number;
  readonly features: number;
  readonly shuffle?: number;
  readonly epoch: number;
  readonly skip: number;
  readonly inputs: (example: Example<Item>, seed: number) => Float32Array;
  /** The seed of the first file. */
  readonly first: number;
}

/** The batches of an epoch, in which each file is varied by a seed of its own. */
async function* batchesOf<Item>(
  list: readonly Example<Item>[],
  { epoch, skip, inputs, first, ...order }: BatchesOptions<Item>,
): AsyncGenerator<LabelBatch> {
  const slice = new TimeSlice();
  const all = [];
  for (const [index, example] of list.entries()) {
    try {
      all.push({ inputs: inputs(example, first + index), targets: example.labels });
    } catch (cause) {
      throw renamedError(cause, { 'extract(samples)': basename(example.path) });
    }
    await slice.rest();
  }
  yield* sequences(all, { ...order, returns: 'labels', bucket: true }).batches(epoch, skip) as Iterable<LabelBatch>;
}
