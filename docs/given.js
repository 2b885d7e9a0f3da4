// What the examples of the API pages take as given, beside all that the package exports: of each entry point names of its own, and those
// of `bptt` where it has no others.
import { readFile, writeFile } from 'node:fs/promises';
import {
  adam,
  attention,
  characters,
  createModel,
  dense,
  elman,
  embedding,
  features,
  gru,
  image,
  lstm,
  sequences,
  textStream,
  tokens,
} from 'bptt';
import { saveModel } from 'bptt/node';
import { fitPipeline, inputSize, series, splitByTime } from 'bptt/series';
import { frontEnd, recognizer, writeWav } from 'bptt/speech';
import { pairs } from 'bptt/translation';

/** A text, its characters, and a small network that writes such texts. */
async function core() {
  const text = 'the whale, the sea. the ship, the whale. '.repeat(20);
  const vocabulary = characters(text);
  const encode = (words) => vocabulary.encode(words);
  const model = await createModel([tokens(vocabulary.size), elman({ units: 8 }), dense({ units: vocabulary.size })]);
  const data = textStream(vocabulary.encode(text).subarray(0, 121), { batch: 2 });
  const [batch] = data; // 60 steps of 2 rows
  await saveModel(model, 'my-model.safetensors', { metadata: { vocabulary: JSON.stringify(vocabulary) } });
  const prompt = encode('the ');
  const options = { data, loss: 'cross-entropy', optimizer: adam(), steps: 5 };
  return {
    ...{ text, vocabulary, encode, prompt, model, options },
    ...{ data, training: data, validation: data, batch, input: batch, next: batch },
  };
}

/** Numbers, and a network that tells the next of them. */
async function numbers() {
  const values = Float32Array.from({ length: 31 }, (_, i) => Math.sin(i / 5));
  const list = [{ inputs: values.subarray(0, 30), targets: values.subarray(1) }];
  const forecaster = await createModel([features(1), gru({ units: 8 }), dense({ units: 1 })]);
  return { forecaster, numbers: sequences(list, { batch: 1 }) };
}

/** Three of its twelve letters as classes, and a network that tells them apart. */
async function classes() {
  const model = await createModel([tokens(3), gru({ units: 8 }), dense({ units: 3 })]);
  const list = Array.from({ length: 4 }, (_, i) => ({
    inputs: Int32Array.of(0, i % 3, 2),
    targets: Int32Array.of(1, i % 3, 0),
  }));
  return { ...(await numbers()), model, data: list };
}

/** Three years of days with a week in them, and a network that tells the next. */
async function days() {
  const dates = Array.from({ length: 1095 }, (_, day) => new Date(day * 864e5).toISOString().slice(0, 10));
  const values = dates.map((_, day) => 100 + day / 50 + 20 * Number(day % 7 < 5) + 3 * Math.sin(day));
  const births = series({ births: values }, { dates });
  const parts = splitByTime(births, { validation: 0.1, test: 0.2 }); // training, validation, test
  const pipeline = fitPipeline(births, parts.training, { targets: ['births'], calendar: ['weekday'], context: 14 });
  const model = await createModel([
    features(inputSize(pipeline)),
    gru({ units: 8, returns: 'last' }),
    dense({ units: 1 }),
  ]);
  const lines = dates.map((date, i) => [date, ...date.split('-'), values[i], i % 9, Number(i % 7 > 4)].join());
  const text = ['day,year,month,date_of_month,births,sold,holiday', ...lines].join('\n');
  return { births, ...parts, pipeline, model, text, csv: { columns: ['births'], date: 'day' } };
}

/** What days and translations give for pictures of them. */
async function plotted() {
  const { model: forecaster, births, pipeline, test } = await days();
  return { forecaster, births, pipeline, test, ...(await translation()) };
}

/** Vocabularies of dates, and a network that would write them in digits if it were trained. */
async function translation() {
  const [letters, digits] = [characters('0123456789 May'), characters('-0123456789')];
  const data = pairs([['4 May 1920', '1920-05-04']], { source: letters, target: digits, batch: 1 });
  const translator = await createModel([
    ...[tokens(data.sourceSize, { name: 'source' }), embedding({ units: 4 }), gru({ units: 8, name: 'encoder' })],
    ...[tokens(data.targetSize, { name: 'target' }), embedding({ units: 4 })],
    ...[gru({ units: 8, name: 'decoder', start: 'encoder' }), attention({ from: ['decoder', 'encoder'] })],
    dense({ units: data.targetSize }),
  ]);
  return { letters, digits, translator };
}

/** A second of sound, what makes features of it, and a network that hears two letters. */
async function sounds() {
  const samples = Float32Array.from({ length: 16_000 }, (_, i) => 0.3 * Math.sin(i / 4));
  const sound = { sampleRate: 16_000, channels: [samples] };
  await writeFile('hello.wav', writeWav(sound));
  const front = frontEnd({ convention: 'kaldi', sampleRate: 16_000, mels: 20 });
  const heard = recognizer({ front: front.options, labels: ['a', 'b'] });
  const hearing = await createModel([features(front.size), gru({ units: 8 }), dense({ units: 3 })]);
  const inputs = front.extract(samples);
  const utterances = [{ inputs, targets: heard.encode('ab') }];
  return { samples, sound, front, heard, hearing, inputs, steps: inputs.length / front.size, utterances };
}

/** Pictures of lines and of digits, what the lines say, and a network that would read them if it were trained. */
async function pictures() {
  const bytes = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAECAAAAACWpiEsAAAAEklEQVR42mP4z/D/PwMI42YAAGTNE+1iBhY7AAAAAElFTkSuQmCC',
    'base64',
  );
  await writeFile('line.png', bytes);
  const picture = (width, height) => ({
    ...{ width, height },
    data: Float32Array.from({ length: width * height }, (_, i) => Number(i % 5 > 1)),
  });
  const reading = await createModel([image({ height: 40 }), gru({ units: 8 }), dense({ units: 28 })]);
  return {
    bytes,
    reading,
    lines: [picture(30, 10), picture(20, 12)],
    texts: ['a ship', 'sea'],
    digits: [picture(8, 8)],
  };
}

/** A network of layers that TensorFlow.js has. */
async function embedded() {
  return {
    trained: await createModel([tokens(12), embedding({ units: 4 }), lstm({ units: 8 }), dense({ units: 12 })]),
  };
}

const rooms = {
  'bptt/keras': embedded,
  'bptt/losses': classes,
  'bptt/metrics': async () => ({ ...(await numbers()), ...(await sounds()) }),
  'bptt/plots': plotted,
  'bptt/series': days,
  'bptt/speech': sounds,
  'bptt/translation': translation,
  'bptt/vision': pictures,
};

/** What the examples of an entry point take as given. */
export async function given(entry) {
  return { readFile, writeFile, ...(await core()), ...(await rooms[entry]?.()) };
}
