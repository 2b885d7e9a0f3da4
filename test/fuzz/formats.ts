// Every kind of file that the package reads: some that are whole, and what reads them.
import { strToU8, unzlibSync } from 'fflate';
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
  elman,
  embedding,
  features,
  gru,
  lstm,
  type Model,
  serialize,
  textStream,
  tokens,
  train,
} from '../../src/index.ts';
import { importKeras, loadKerasWeights } from '../../src/interchange/keras/index.ts';
import { exportOnnx, importOnnx } from '../../src/interchange/onnx/index.ts';
import { loadStateDict } from '../../src/interchange/pytorch/index.ts';
import { fitPipeline, readCsv, readSeriesMetadata, seriesMetadata } from '../../src/series/index.ts';
import { bytePair, tokenizerFromJSON, words } from '../../src/tokenizers/index.ts';
import bytePairs from '../truth/fixtures/byte-pair.json' with { type: 'json' };
import keras from '../truth/fixtures/keras.json' with { type: 'json' };
import onnx from '../truth/fixtures/onnx-pytorch.json' with { type: 'json' };
import states from '../truth/fixtures/state-dicts.json' with { type: 'json' };
import { mutate, type Random } from './mutate.ts';

export interface Format {
  readonly files: readonly Uint8Array[];
  /** A file that is damaged. Default: bytes are changed. */
  damage?(file: Uint8Array, random: Random): Uint8Array;
  read(bytes: Uint8Array): unknown;
}

const fromBase64 = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
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

async function checkpointOf(model: Model): Promise<Uint8Array> {
  const options = { data: stream, loss: 'cross-entropy', steps: 2, truncation: { k1: 5, k2: 5 } } as const;
  const optimizer = adam();
  for await (const event of train(model, { ...options, optimizer, checkpoint: { every: 1 } })) {
    if (event.type === 'checkpoint') return event.bytes;
  }
  throw new Error('no checkpoint');
}

/** All formats by name. */
export async function formats(): Promise<Readonly<Record<string, Format>>> {
  const speaker = await createModel([tokens(7), embedding({ units: 3 }), lstm({ units: 4 }), dense({ units: 7 })]);
  const counter = await createModel([features(2), elman({ units: 3 }), gru({ units: 3 }), dense({ units: 1 })]);
  const kerasFiles = keras.cases.flatMap(({ files }) =>
    Object.entries(files).map(([kind, base64]) => ({ kind, bytes: unzlibSync(fromBase64(base64)) })),
  );
  const series = readCsv(csv, { date: 'date', columns: ['births'], missing: 'previous' });
  const pipeline = fitPipeline(series, { from: 0, to: 4 }, { targets: ['births'], context: 1 });
  const models = [serialize(speaker, { metadata: { mine: text } }), serialize(counter)];
  const checkpoints = [await checkpointOf(speaker)];
  return {
    'model file': { files: models, read: (bytes) => deserialize(bytes) },
    'model file, sealed': { files: models, damage: sealed('bptt.model'), read: (bytes) => deserialize(bytes) },
    checkpoint: { files: checkpoints, read: (bytes) => deserialize(bytes) },
    'checkpoint, sealed': { files: checkpoints, damage: sealed('bptt.training'), read: (bytes) => deserialize(bytes) },
    'state dict': {
      files: states.map(({ state }) => fromBase64(state)),
      read: (bytes) => loadStateDict(counter, bytes),
    },
    ONNX: {
      files: [exportOnnx(speaker), ...onnx.map((one) => fromBase64(one.onnx))],
      read: (bytes) => importOnnx(bytes),
    },
    Keras: { files: kerasFiles.map(({ bytes }) => bytes), read: (bytes) => importKeras(bytes) },
    'Keras weights': {
      files: kerasFiles.map(({ bytes }) => bytes),
      read: (bytes) => loadKerasWeights(counter, bytes),
    },
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
    text: { files: [strToU8(text)], read: (bytes) => characters(decodeText(bytes, 'text')).encode(text.slice(0, 1)) },
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
