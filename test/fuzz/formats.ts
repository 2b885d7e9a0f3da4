// Every kind of file that the package reads: some that are whole, and what reads them.
import { strToU8, unzipSync, unzlibSync, zipSync } from 'fflate';
import { checksum } from '../../src/base/crc32.ts';
import { decodeText } from '../../src/cli/io/text-file.ts';
import { decodeSafetensors } from '../../src/formats/decode-safetensors.ts';
import { encodeSafetensors, partsOfSafetensors } from '../../src/formats/safetensors.ts';
import {
  adam,
  characters,
  createModel,
  dense,
  deserialize,
  deserializeState,
  elman,
  embedding,
  features,
  fit,
  gru,
  lstm,
  type Model,
  serialize,
  serializeState,
  type TrainOptions,
  textStream,
  tokens,
  train,
} from '../../src/index.ts';
import { exportTfjs, importKeras, importTfjs, loadKerasWeights } from '../../src/interchange/keras/index.ts';
import { exportOnnx, importOnnx } from '../../src/interchange/onnx/index.ts';
import { loadStateDict } from '../../src/interchange/pytorch/index.ts';
import { plotNetwork } from '../../src/plots/index.ts';
import { fitPipeline, readCsv, readSeriesMetadata, seriesMetadata } from '../../src/series/index.ts';
import {
  readSpeechMetadata,
  readWav,
  recognizer,
  type Sound,
  speechMetadata,
  writeWav,
} from '../../src/speech/index.ts';
import { createStudy, float, int, studyFromJson } from '../../src/sweep/index.ts';
import { bytePair, tokenizerFromJSON, words } from '../../src/tokenizers/index.ts';
import { readPairs } from '../../src/translation/index.ts';
import { fromVgsl, readImage } from '../../src/vision/index.ts';
import { loadVectors } from '../../src/vocabulary/index.ts';
import bytePairs from '../truth/fixtures/byte-pair.json' with { type: 'json' };
import images from '../truth/fixtures/images.json' with { type: 'json' };
import keras from '../truth/fixtures/keras.json' with { type: 'json' };
import oldKeras from '../truth/fixtures/keras-old.json' with { type: 'json' };
import onnx from '../truth/fixtures/onnx-pytorch.json' with { type: 'json' };
import stateDicts from '../truth/fixtures/state-dicts.json' with { type: 'json' };
import tfjs from '../truth/fixtures/tfjs.json' with { type: 'json' };
import torch from '../truth/fixtures/torch-files.json' with { type: 'json' };
import { mutate, type Random } from './mutate.ts';

export interface Format {
  readonly files: readonly Uint8Array[];
  /** A file that is damaged. Default: bytes are changed. */
  damage?(file: Uint8Array, random: Random): Uint8Array;
  read(bytes: Uint8Array): unknown;
}

const fromBase64 = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
const unpacked = (base64: string) => unzlibSync(fromBase64(base64));
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const stream = textStream(
  Int32Array.from({ length: 400 }, (_, i) => (i * i) % 7),
  { batch: 2 },
);

const csv = `date,births,"other, too"\n2001-01-01,12.5,1\n2001-01-02,13,2\n2001-01-03,NA,"3"\n2001-01-05,1e2,4\n`;
const text = 'The whale, the whale! 🐋 Up helm, up helm!\n';

/** Files of these models, in which what stands in the metadata is changed, with the right checksum: what an attacker writes. */
function sealed(name: string): NonNullable<Format['damage']> {
  return (file, random) => {
    const { tensors, metadata } = decodeSafetensors(file, 'file');
    const { 'bptt.checksum': _, ...rest } = metadata;
    const value = strToU8(rest[name]!);
    const changed = { ...rest, [name]: textOf(mutate(value, [value], random)) };
    const sum = checksum(...partsOfSafetensors(tensors, changed));
    return encodeSafetensors(tensors, { ...changed, 'bptt.checksum': sum });
  };
}

/** One entry of an archive is changed, and what tells that it was is right again. */
function zippedAnew(file: Uint8Array, random: Random): Uint8Array {
  const entries = unzipSync(file);
  const name = random.pick(Object.keys(entries));
  const changed = mutate(entries[name]!, Object.values(entries), random);
  return zipSync({ ...entries, [name]: changed }, { level: 0 });
}

/** Of JSON one value becomes another: what mutations of its letters seldom reach. */
function revalued(name: string): NonNullable<Format['damage']> {
  const others = [-1, 0, 1, 1.5, 3, 1e6, 2 ** 31, 1e15, 1e300, '', 'x', true, null, [], {}];
  return (file, random) => {
    const { tensors, metadata } = decodeSafetensors(file, 'file');
    const { 'bptt.checksum': _, ...rest } = metadata;
    const places: (readonly [object, string])[] = [];
    const find = (value: unknown) => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(value)) {
        places.push([value, key]);
        find(inner);
      }
    };
    const value: unknown = JSON.parse(rest[name]!);
    find(value);
    const [where, key] = random.pick(places);
    Object.assign(where, { [key]: random.pick(others) });
    const { data } = random.pick(tensors);
    // Of every other file the numbers of a tensor too.
    if (random.below(2) === 0) data[random.below(data.length)] = random.pick([-1, 5, 1e9, 0.5]);
    const changed = { ...rest, [name]: JSON.stringify(value) };
    return encodeSafetensors(tensors, {
      ...changed,
      'bptt.checksum': checksum(...partsOfSafetensors(tensors, changed)),
    });
  };
}

const training: TrainOptions = {
  data: stream,
  loss: 'cross-entropy',
  steps: 2,
  truncation: { k1: 5, k2: 7 },
  optimizer: adam(),
  accumulate: 2,
  average: { decay: 0.9 },
  earlyStopping: { patience: 5 },
  validation: stream,
  validateEvery: 1,
};

async function checkpointOf(model: Model): Promise<Uint8Array> {
  for await (const event of train(model, { ...training, checkpoint: { every: 1 } })) {
    if (event.type === 'checkpoint') return event.bytes;
  }
  throw new Error('no checkpoint');
}

/** All formats by name. */
export async function formats(): Promise<Readonly<Record<string, Format>>> {
  const speaker = await createModel([tokens(7), embedding({ units: 3 }), lstm({ units: 4 }), dense({ units: 7 })]);
  const counter = await createModel([features(2), elman({ units: 3 }), gru({ units: 3 }), dense({ units: 1 })]);
  return {
    ...(await ownFiles(speaker, counter)),
    ...othersFiles(speaker, counter),
    ...texts(),
    ...soundsAndWords(speaker),
    ...studies(),
  };
}

/** What the package writes. */
async function ownFiles(speaker: Model, counter: Model): Promise<Readonly<Record<string, Format>>> {
  const models = [serialize(speaker, { metadata: { mine: text } }), serialize(counter)];
  const states = [serializeState(speaker.forward({ steps: 2, rows: 2, inputs: [1, 2, 3, 4] }).state)];
  const checkpoints = [await checkpointOf(speaker)];
  return {
    'model file': { files: models, read: (bytes) => deserialize(bytes) },
    'model file, sealed': { files: models, damage: sealed('bptt.model'), read: (bytes) => deserialize(bytes) },
    checkpoint: { files: checkpoints, read: (bytes) => deserialize(bytes) },
    'checkpoint, sealed': { files: checkpoints, damage: sealed('bptt.training'), read: (bytes) => deserialize(bytes) },
    'checkpoint, resumed': {
      files: checkpoints,
      damage: revalued('bptt.training'),
      read: async (resume) => fit(await speaker.clone(), { ...training, steps: 4, resume }),
    },
    state: { files: states, read: (bytes) => deserializeState(bytes) },
    'state, sealed': {
      files: states,
      damage: sealed('bptt.state'),
      read: async (bytes) => speaker.forward({ steps: 1, rows: 2, inputs: [1, 2] }, await deserializeState(bytes)),
    },
    description: {
      files: [speaker, counter].map(({ description }) => strToU8(JSON.stringify(description))),
      read: (bytes) => plotNetwork(parsed(textOf(bytes)) as never),
    },
  };
}

/** What other programs write. */
function othersFiles(speaker: Model, counter: Model): Readonly<Record<string, Format>> {
  const kerasFiles = keras.cases.flatMap(({ files }) =>
    Object.entries(files).map(([kind, base64]) => ({ kind, bytes: unpacked(base64) })),
  );
  const anyKeras = kerasFiles.map(({ bytes }) => bytes);
  const archives = kerasFiles.filter(({ kind }) => kind.endsWith('keras')).map(({ bytes }) => bytes);
  const torchFiles = Object.values(torch.files).map(unpacked);
  const browserModels = [exportTfjs(speaker), ...tfjs.cases.map((one) => ({ ...one, weights: unpacked(one.weights) }))];
  const [{ model, weights }] = browserModels as [{ model: string; weights: Uint8Array }];
  const load = (bytes: Uint8Array) => loadStateDict(counter, bytes);
  return {
    'state dict': { files: stateDicts.map(({ state }) => fromBase64(state)), read: load },
    'torch.save': { files: torchFiles, read: load },
    'torch.save, zipped anew': {
      files: torchFiles.filter((file) => textOf(file.subarray(0, 2)) === 'PK'),
      damage: zippedAnew,
      read: load,
    },
    ONNX: {
      files: [exportOnnx(speaker), ...onnx.map((one) => fromBase64(one.onnx))],
      read: (bytes) => importOnnx(bytes),
    },
    Keras: { files: anyKeras, read: (bytes) => importKeras(bytes) },
    'Keras, zipped anew': { files: archives, damage: zippedAnew, read: (bytes) => importKeras(bytes) },
    'Keras 1 and 2': {
      files: oldKeras.cases.map(({ file }) => unpacked(file)),
      read: (bytes) => importKeras(bytes, { kerasVersion: '2.2.4' }),
    },
    'Keras weights': { files: anyKeras, read: (bytes) => loadKerasWeights(counter, bytes) },
    'TensorFlow.js, model.json': {
      files: browserModels.map((one) => strToU8(one.model)),
      read: (bytes) => importTfjs(textOf(bytes), weights),
    },
    'TensorFlow.js, weights': { files: [weights], read: (bytes) => importTfjs(model, bytes) },
  };
}

/** What people write, and what says how a text is read. */
function texts(): Readonly<Record<string, Format>> {
  const series = readCsv(csv, { date: 'date', columns: ['births'], missing: 'previous' });
  const pipeline = fitPipeline(series, { from: 0, to: 4 }, { targets: ['births'], context: 1 });
  return {
    'tokenizer.json': {
      files: Object.values(bytePairs).map(({ tokenizer }) => strToU8(JSON.stringify(tokenizer))),
      read: (bytes) => bytePair(textOf(bytes)).encode(text),
    },
    tokenizers: {
      files: [characters(text), words(text, { unknown: '?' })].map((one) => strToU8(JSON.stringify(one))),
      read: (bytes) => tokenizerFromJSON(parsed(textOf(bytes))).size,
    },
    CSV: {
      files: [strToU8(csv), strToU8(csv.replaceAll(',', ';'))],
      read: (bytes) => readCsv(textOf(bytes), { date: 'date', missing: 'interpolate' }),
    },
    'metadata of series': {
      files: [strToU8(JSON.stringify(seriesMetadata({ pipeline, csv: { date: 'date' } })))],
      damage: (file, random) => {
        const value = strToU8((JSON.parse(textOf(file)) as { series: string }).series);
        return mutate(value, [value], random);
      },
      read: (bytes) => readSeriesMetadata({ series: textOf(bytes) }),
    },
    // What packages decode may be as large as the limits of readImage say.
    'PGM and PPM': {
      files: [
        ...[strToU8('P2 # made by hand\n3 2 15\n0 1 2 3 4 15\n'), strToU8('P3 2 1 255 1 2 3 4 5 255 ')],
        ...[images.cases['grey.pgm'], images.cases['colour.ppm']].map(({ file }) => fromBase64(file)),
      ],
      read: (bytes) => readImage(bytes),
    },
    text: { files: [strToU8(text)], read: (bytes) => characters(decodeText(bytes, 'text')).encode(text.slice(0, 1)) },
  };
}

/** What is heard and read. */
function soundsAndWords(speaker: Model): Readonly<Record<string, Format>> {
  const sound: Sound = {
    sampleRate: 8000,
    channels: [1, 2].map((seed) => Float32Array.from([0, 0.5, -0.5, seed / 4])),
  };
  const heard = recognizer({ front: { convention: 'kaldi', sampleRate: 8000, mels: 6 }, labels: ['a', 'b'] });
  const lines = 'a 0.1 0.2 0.3\nthe 1 -2 3e-1\n';
  const binary = [
    ...strToU8('2 3\nthe '),
    0,
    0,
    128,
    63,
    0,
    0,
    0,
    64,
    0,
    0,
    64,
    64,
    ...strToU8('\na '),
    ...new Array(12).fill(1),
  ];
  const symbols = ['a', 'the', 'c', 'd', 'e', 'f', 'g'];
  return {
    WAV: {
      files: ([16, 24, 32] as const).map((bits) => writeWav(sound, { bits })),
      read: (bytes) => readWav(bytes),
    },
    'metadata of speech': {
      files: [strToU8(speechMetadata(heard).speech!)],
      read: (bytes) => readSpeechMetadata({ speech: textOf(bytes) }),
    },
    'word vectors': {
      files: [strToU8(lines), strToU8(`2 3\n${lines}`), Uint8Array.from(binary)],
      read: (bytes) => loadVectors(speaker, { symbols }, bytes),
    },
    pairs: { files: [strToU8('4 May\t05-04\n1 June\t06-01\tnobody\n')], read: (bytes) => readPairs(textOf(bytes)) },
    VGSL: {
      files: ['[1,48,0,1 Cr3,3,32,2,2 Mp2,2 Gn4 Do0.1,2 S1(1x12)1,3 Lbxs{name}10 O1c60]'].map((text) => strToU8(text)),
      read: (bytes) => fromVgsl(textOf(bytes)),
    },
  };
}

/** What a sweep leaves. */
function studies(): Readonly<Record<string, Format>> {
  const space = { units: int({ min: 3, max: 9 }), rate: float({ min: 0.001, max: 0.1, scale: 'log' }) };
  const study = createStudy({ space, trials: 20 });
  for (let i = 0; i < 3; i++) study.tell(study.ask()!.number, i);
  return {
    study: {
      files: [strToU8(JSON.stringify(study))],
      read: (bytes) => {
        const again = studyFromJson(textOf(bytes));
        again.ask();
        return again.toCSV();
      },
    },
  };
}

/** What no JSON is, is no tokenizer either: `tokenizerFromJSON` takes values. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
