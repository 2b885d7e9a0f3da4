// @ts-check
// A wake word, learned from synthetic speech alone and measured on voices that it has not heard: how often it answers where nobody called
// (false accepts an hour), and how often it does not where somebody did (false rejects). A GRU that reads one direction hears speech of
// espeak-ng (apt-get install espeak-ng) in which the word is, or is not; CTC with that one label finds where. Then it listens to a stream, as
// it would to a microphone: to other voices that read Moby-Dick for hours, in noise, and to other voices that say the word among others.
//
//   node examples/wake-word.js [--word computer] [--updates 1500] [--units 40] [--phrases 900] [--trials 200] [--hours 5] [--seed 1] [--out wake-word.safetensors] [--json]
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { adam, createModel, dense, features, gru, linear, serialize, train, warmup } from 'bptt';
import { saveModel } from 'bptt/node';
import { ctc, frontEnd, mono, readWav, recognizer, resample, speechMetadata, varied } from 'bptt/speech';

const { values } = parseArgs({
  options: {
    word: { type: 'string', default: 'computer' },
    updates: { type: 'string', default: '1500' },
    units: { type: 'string', default: '40' },
    phrases: { type: 'string', default: '900' },
    trials: { type: 'string', default: '200' },
    hours: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const { word } = values;
const [updates, units, hours, seed] = [values.updates, values.units, values.hours, values.seed].map(Number);
const [phrases, trials] = [values.phrases, values.trials].map(Number);
const [RATE, BATCH, DEAF_FOR] = [16_000, 16, 1];
const THRESHOLDS = [0.5, 0.7, 0.9, 0.95, 0.98];
const say = (/** @type {string} */ text) => values.json || process.stderr.write(`${text}\n`);

/** Numbers from 0 to below 1 (mulberry32, Tommy Ettinger): of seeds side by side they have nothing in common. */
function randomOf(/** @type {number} */ start) {
  let state = Math.imul(start + 1, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
const oneOf = (/** @type {readonly any[]} */ list, /** @type {() => number} */ random) =>
  list[Math.floor(random() * list.length)];

/** What a voice of espeak-ng says, at a speed and a pitch that are drawn. */
function spoken(/** @type {string} */ text, /** @type {string} */ voice, /** @type {() => number} */ random) {
  const how = ['-s', String(130 + Math.floor(80 * random())), '-p', String(25 + Math.floor(50 * random()))];
  const options = { maxBuffer: 2 ** 30, input: text };
  const { status, stdout, error } = spawnSync('espeak-ng', ['-v', voice, ...how, '--stdout', '--stdin'], options);
  if (status !== 0) throw new Error(`espeak-ng: ${error?.message ?? status}; apt-get install espeak-ng`);
  const sound = readWav(stdout, `${voice}: ${text}`);
  return resample(mono(sound), sound.sampleRate, RATE);
}

/** Voices: three accents of each person that espeak-ng has; those of every fourth are only tested on. */
function voices() {
  const { stdout, error } = spawnSync('espeak-ng', ['--voices=variant'], { encoding: 'utf8' });
  if (error) throw new Error(`espeak-ng: ${error.message}; apt-get install espeak-ng`);
  // Those that whisper, croak or play a machine are not people.
  const people = [...stdout.matchAll(/!v\/(\S+)/g)]
    .map(([, name]) => String(name))
    .filter((name) => !/whisper|croak|robo|UniRobot|Half-LifeAnn|klatt|Demonic|Storm/i.test(name));
  const accents = ['en-us', 'en-gb', 'en-gb-x-rp'];
  const all = people.map((name, index) => ({
    held: index % 4 === 3,
    names: accents.map((accent) => `${accent}+${name}`),
  }));
  return {
    heard: all.filter(({ held }) => !held).flatMap(({ names }) => names),
    held: all.filter(({ held }) => held).flatMap(({ names }) => names),
  };
}

const book = readFileSync(new URL('../src/cli/moby-dick.txt', import.meta.url), 'utf8');
const paragraphs = book.split('\n').filter((line) => line.length > 40);
const half = Math.floor(paragraphs.length / 2);
/** A few words that follow each other in the first half of the text. */
function phrase(/** @type {() => number} */ random) {
  const words = oneOf(paragraphs.slice(0, half), random).split(' ');
  const from = Math.floor(random() * words.length);
  return words.slice(from, from + 2 + Math.floor(random() * 5)).join(' ');
}
/** Words that sound a little like it are what a wake word is mistaken for. */
const alike =
  {
    computer: [
      'compute',
      'commuter',
      'come here',
      'computing',
      'the pewter',
      'a competitor',
      'compare',
      'refuter',
      'compote',
      'tutor',
    ],
  }[word] ?? [];

const { heard, held } = voices();
const random = randomOf(seed);
say(`${heard.length} voices to learn from, ${held.length} to be tested on; they speak …`);
const calls = Array.from({ length: Math.ceil(phrases / 3) }, () => spoken(word, oneOf(heard, random), random));
const others = Array.from({ length: phrases }, (_, i) =>
  spoken(i % 4 === 0 && alike.length > 0 ? oneOf(alike, random) : phrase(random), oneOf(heard, random), random),
);

const front = frontEnd({
  convention: 'kaldi',
  sampleRate: RATE,
  mels: 32,
  floor: 1e-3,
  normalize: 'running',
  stack: 2,
});
const vary = varied(front, {
  speed: [0.9, 1.15],
  warp: [0.85, 1.2],
  echo: { decay: [0.05, 0.4], ratio: [3, 20] },
  noise: { ratio: [5, 40] },
  masks: { steps: 1, longest: 5, features: 1, widest: 6 },
});

/** Sounds one after another, with up to a fifth of a second between. @param {Float32Array[]} parts */
function joined(parts, /** @type {() => number} */ random) {
  const all = parts.flatMap((part) => [new Float32Array(Math.floor((random() * RATE) / 5)), part]);
  const samples = new Float32Array(all.reduce((sum, { length }) => sum + length, RATE / 4));
  let at = 0;
  for (const part of all) {
    samples.set(part, at);
    at += part.length;
  }
  return samples;
}

/** Clips in half of which the word is once, alone or between other words. */
const data = {
  *batches(/** @type {number} */ _, /** @type {number} */ skip) {
    for (let update = skip; update < updates; update++) {
      const rows = Array.from({ length: BATCH }, (_, row) => {
        const draw = randomOf(1_000_003 * seed + BATCH * update + row);
        const called = row % 2 === 0;
        const parts = Array.from({ length: called ? Math.floor(3 * draw()) : 1 + Math.floor(2 * draw()) }, () =>
          oneOf(others, draw),
        );
        if (called) parts.splice(Math.floor(draw() * (parts.length + 1)), 0, oneOf(calls, draw));
        return { inputs: vary(joined(parts, draw), BATCH * update + row), targets: Int32Array.from(called ? [1] : []) };
      });
      const F = front.size;
      const lengths = rows.map(({ inputs }) => inputs.length / F);
      const steps = Math.max(...lengths);
      const inputs = new Float32Array(steps * BATCH * F);
      for (const [row, { inputs: own }] of rows.entries()) {
        for (let t = 0; t < own.length / F; t++) inputs.set(own.subarray(t * F, (t + 1) * F), (t * BATCH + row) * F);
      }
      yield { steps, rows: BATCH, inputs, lengths, targets: rows.map(({ targets }) => targets) };
    }
  },
};

const model = await createModel([features(front.size), gru({ units }), dense({ units: 2 })], { seed });
const rise = Math.ceil(updates / 20);
const falling = linear({ from: 5e-3, to: 0, steps: updates - rise });
const optimizer = adam({ learningRate: warmup({ steps: rise, schedule: falling }) });
for await (const event of train(model, {
  data,
  loss: await ctc(),
  optimizer,
  clip: { norm: 5 },
  steps: updates,
  seed,
})) {
  if (event.type === 'step' && event.step % 100 === 0) say(`update ${event.step}: loss ${event.loss.toFixed(4)}`);
}

/** How likely the word is at each step of a stream, in pieces of 80 ms as a microphone has them. @param {Iterable<Float32Array>} pieces */
function* listen(pieces) {
  const stream = front.stream();
  /** @type {import('bptt').State | undefined} */
  let state;
  for (const piece of pieces) {
    const inputs = stream.push(piece);
    const steps = inputs.length / front.size;
    if (steps === 0) continue;
    const heard = model.forward({ steps, rows: 1, inputs }, state);
    state = heard.state;
    for (let t = 0; t < steps; t++) yield 1 / (1 + Math.exp(heard.outputs[2 * t] - heard.outputs[2 * t + 1]));
  }
}
function* cut(/** @type {Float32Array} */ samples) {
  for (let at = 0; at < samples.length; at += 0.08 * RATE) yield samples.subarray(at, at + 0.08 * RATE);
}
/** How often each threshold is passed; for a second after it nothing counts. */
function accepts(/** @type {Iterable<number>} */ likelihoods) {
  const counts = THRESHOLDS.map(() => 0);
  const again = THRESHOLDS.map(() => 0);
  let t = 0;
  for (const p of likelihoods) {
    for (const [i, threshold] of THRESHOLDS.entries()) {
      if (p < threshold || t < again[i]) continue;
      counts[i]++;
      again[i] = t + DEAF_FOR / front.frameSeconds;
    }
    t++;
  }
  return counts;
}

/** Noise 20 dB below the speech, by the front end's own means. */
const noisy = varied({ ...front, extract: (samples) => Float32Array.from(samples) }, { noise: { ratio: 20 } });
const draw = randomOf(seed + 77);
say('other voices call …');
const rejects = THRESHOLDS.map(() => 0);
for (let i = 0; i < trials; i++) {
  const voice = oneOf(held, draw);
  const clip = joined([spoken(phrase(draw), voice, draw), spoken(word, voice, draw)], draw);
  for (const [k, count] of accepts(listen(cut(noisy(clip, i)))).entries()) if (count === 0) rejects[k]++;
}
say(`other voices read for ${hours} hours …`);
let seconds = 0;
const wrong = THRESHOLDS.map(() => 0);
for (let i = 0; seconds < 3600 * hours; i++) {
  const clip = spoken(paragraphs[half + (i % (paragraphs.length - half))], oneOf(held, draw), draw);
  seconds += clip.length / RATE;
  for (const [k, count] of accepts(listen(cut(noisy(clip, i)))).entries()) wrong[k] += count;
}

const bytes = serialize(model).length;
const results = THRESHOLDS.map((threshold, k) => ({
  threshold,
  falseAcceptsAnHour: (wrong[k] * 3600) / seconds,
  falseRejects: rejects[k] / trials,
}));
if (values.out !== undefined) {
  const labels = recognizer({ front: front.options, labels: [word], between: ' ' });
  await saveModel(model, values.out, { metadata: speechMetadata(labels) });
}
if (values.json) console.log(JSON.stringify({ word, updates, bytes, hours: seconds / 3600, calls: trials, results }));
else {
  console.log(
    `"${word}": a model of ${(bytes / 1000).toFixed(0)} KB, ${updates} updates; ${trials} calls, ${(seconds / 3600).toFixed(1)} hours of other speech`,
  );
  for (const { threshold, falseAcceptsAnHour, falseRejects } of results) {
    console.log(
      `threshold ${threshold}: ${falseAcceptsAnHour.toFixed(2)} false accepts an hour, ${(100 * falseRejects).toFixed(1)} % false rejects`,
    );
  }
}
