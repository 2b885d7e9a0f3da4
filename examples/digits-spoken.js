// @ts-check
// Connected spoken digits: a bidirectional GRU learns by CTC which digits were said, without being told where. Strings of one to five digits
// are put together from recordings of single ones, `DIGIT_SPEAKER_INDEX.wav`, as the Free Spoken Digit Dataset has them: of each speaker and
// digit the indices 0 to 4 are for testing. With --speaker all recordings of that one are, and none is learned from; with --each-speaker that
// is done with one speaker after the other. Every string is heard otherwise each time: faster or slower, from another vocal tract,
// in noise. Without a folder the recordings are made by espeak-ng (apt-get install espeak-ng), whose voices are the speakers.
//
//   node examples/digits-spoken.js [FOLDER] [--updates 2500] [--units 64] [--seed 1] [--speaker NAME | --each-speaker] [--json]
//
// FSDD: https://github.com/Jakobovski/free-spoken-digit-dataset, CC BY-SA 4.0; its folder `recordings`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  adamw,
  bidirectional,
  createModel,
  dense,
  dropout,
  features,
  gru,
  linear,
  sequences,
  train,
  warmup,
} from 'bptt';
import { ctc, decode, errorRate, frontEnd, mono, readWav, resample, varied } from 'bptt/speech';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    updates: { type: 'string', default: '2500' },
    units: { type: 'string', default: '64' },
    seed: { type: 'string', default: '1' },
    speaker: { type: 'string' },
    'each-speaker': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const [updates, units, seed] = [values.updates, values.units, values.seed].map(Number);
const [RATE, BATCH, LONGEST, FOR_TESTING] = [8000, 16, 5, 5];
/** Digits in the strings of one update after the other: as many in each, so that nothing is padded, and single ones, which are hardest, more often. */
const COUNTS = [1, 2, 3, 4, 5, 1, 1];

/** @typedef {{ digit: number, speaker: string, index: number, samples: Float32Array }} Recording */

/** @returns {Recording[]} */
function recordingsIn(/** @type {string} */ folder) {
  const names = readdirSync(folder).filter((name) => /^\d_\w+_\d+\.wav$/.test(name));
  if (names.length === 0) throw new Error(`${folder}: expected files such as 7_jackson_12.wav, got none`);
  return names.map((name) => {
    const [digit, speaker, index] = name.slice(0, -4).split('_');
    const sound = readWav(readFileSync(join(folder, name)), name);
    const samples = resample(mono(sound), sound.sampleRate, RATE);
    return { digit: Number(digit), speaker, index: Number(index), samples };
  });
}

/** Ten digits by eight voices of espeak-ng, each at ten speeds and pitches. */
function synthesized() {
  const folder = mkdtempSync(join(tmpdir(), 'digits-'));
  for (const voice of ['m1', 'm3', 'm5', 'm7', 'f1', 'f2', 'f3', 'f4']) {
    for (let digit = 0; digit < 10; digit++) {
      for (let index = 0; index < 10; index++) {
        const file = join(folder, `${digit}_${voice}_${index}.wav`);
        const how = ['-v', `en+${voice}`, '-s', String(120 + 10 * ((index * 7) % 10)), '-p', String(20 + 6 * index)];
        const { status, error } = spawnSync('espeak-ng', [...how, '-w', file, String(digit)]);
        if (status !== 0) throw new Error(`espeak-ng: ${error?.message ?? status}; apt-get install espeak-ng`);
      }
    }
  }
  const made = recordingsIn(folder);
  rmSync(folder, { recursive: true });
  return made;
}

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

/**
 * So many recordings of one speaker, with up to a quarter of a second of silence between.
 *
 * @param {readonly Recording[][]} speakers
 * @param {() => number} random
 */
function stringOf(speakers, random, count = 1 + Math.floor(random() * LONGEST)) {
  const own = speakers[Math.floor(random() * speakers.length)];
  const chosen = Array.from({ length: count }, () => own[Math.floor(random() * own.length)]);
  const parts = chosen.flatMap(({ samples }) => [new Float32Array(Math.floor((random() * RATE) / 4)), samples]);
  const samples = new Float32Array(parts.reduce((sum, { length }) => sum + length, RATE / 10));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return { samples, labels: Int32Array.from(chosen, ({ digit }) => 1 + digit) };
}

const bySpeaker = (/** @type {readonly Recording[]} */ list) =>
  [...new Set(list.map(({ speaker }) => speaker))].map((name) => list.filter(({ speaker }) => speaker === name));

const front = frontEnd({
  convention: 'kaldi',
  sampleRate: RATE,
  mels: 40,
  floor: 1e-3,
  normalize: 'utterance',
  stack: 2,
});
const vary = varied(front, {
  speed: [0.9, 1.1],
  warp: [0.9, 1.1],
  noise: { ratio: [10, 40] },
  masks: { steps: 1, longest: 4, features: 2, widest: 8 },
});

/** A batch of what rows hear, padded to the longest. @param {readonly { inputs: Float32Array, targets: Int32Array }[]} rows */
function batchOf(rows) {
  const [batch] = sequences(rows, { batch: rows.length, returns: 'labels', features: front.size }).batches(0, 0);
  return /** @type {import('bptt').LabelBatch} */ (batch);
}

/** Trains on some recordings and tests on others. @param {Recording[]} training @param {Recording[]} test */
async function learn(training, test, /** @type {string} */ name) {
  const began = process.cpuUsage();
  const model = await createModel(
    [
      features(front.size),
      bidirectional(gru({ units })),
      dropout({ rate: 0.3 }),
      bidirectional(gru({ units })),
      dropout({ rate: 0.3 }),
      dense({ units: 11 }),
    ],
    { seed },
  );
  const speakers = bySpeaker(training);
  /** The strings of an update depend on its number alone. */
  const data = {
    *batches(/** @type {number} */ epoch, /** @type {number} */ skip) {
      for (let update = skip; update < updates; update++) {
        const first = BATCH * (update + epoch * updates) + 1_000_000 * seed;
        yield batchOf(
          Array.from({ length: BATCH }, (_, row) => {
            const { samples, labels } = stringOf(speakers, randomOf(first + row), COUNTS[update % COUNTS.length]);
            return { inputs: vary(samples, first + row), targets: labels };
          }),
        );
      }
    },
  };
  const falling = linear({ from: 5e-3, to: 0, steps: updates - Math.ceil(updates / 20) });
  const optimizer = adamw({ learningRate: warmup({ steps: Math.ceil(updates / 20), schedule: falling }) });
  // With two digits alike side by side, short ones may not leave room for the blank between.
  const loss = await ctc({ infeasible: 'skip' });
  for await (const event of train(model, { data, loss, optimizer, clip: { norm: 5 }, steps: updates, seed })) {
    if (event.type === 'step' && event.step % 100 === 0 && !values.json) {
      process.stderr.write(`\r${name}: update ${event.step}, loss ${event.loss.toFixed(3)} `);
    }
  }
  if (!values.json) process.stderr.write('\n');

  /** What is wrong among strings. @param {readonly { samples: Float32Array, labels: Int32Array }[]} strings */
  const errorsOf = (strings) => {
    const pairs = [];
    for (let from = 0; from < strings.length; from += 50) {
      const rows = strings
        .slice(from, from + 50)
        .map(({ samples, labels }) => ({ inputs: front.extract(samples), targets: labels }));
      const { targets, ...batch } = batchOf(rows);
      const found = decode({ ...batch, logits: model.forward(batch).outputs });
      for (const [row, [best]] of found.entries()) pairs.push(/** @type {const} */ ([targets[row], best.labels]));
    }
    const { rate, pairs: all } = errorRate(pairs);
    const wrong = all.filter(({ alignment }) => alignment.some(({ kind }) => kind !== 'match')).length;
    return { labels: 100 * rate, strings: (100 * wrong) / all.length };
  };
  const drawn = randomOf(777);
  const connected = errorsOf(Array.from({ length: 1000 }, () => stringOf(bySpeaker(test), drawn)));
  const silence = new Float32Array(RATE / 10);
  const single = errorsOf(
    test.map(({ samples, digit }) => ({
      samples: Float32Array.of(...silence, ...samples, ...silence),
      labels: Int32Array.of(1 + digit),
    })),
  );
  const { user, system } = process.cpuUsage(began);
  return {
    name,
    connected,
    single: 100 - single.strings,
    parameters: model.parameterCount,
    seconds: (user + system) / 1e6,
  };
}

const all = positionals[0] === undefined ? synthesized() : recordingsIn(positionals[0]);
const names = bySpeaker(all).map(([{ speaker }]) => speaker);
if (values.speaker !== undefined && !names.includes(values.speaker)) {
  throw new Error(`--speaker: expected one of ${names.join(', ')}, got ${values.speaker}`);
}
const held = values['each-speaker'] ? names : values.speaker === undefined ? [undefined] : [values.speaker];
const results = [];
for (const name of held) {
  const forTest = (/** @type {Recording} */ { speaker, index }) =>
    name === undefined ? index < FOR_TESTING : speaker === name;
  const result = await learn(
    all.filter((one) => !forTest(one)),
    all.filter(forTest),
    name ?? 'recordings 0 to 4',
  );
  results.push(result);
  if (values.json) continue;
  console.log(
    `${result.name}: connected ${result.connected.labels.toFixed(2)} % of labels and ${result.connected.strings.toFixed(1)} % of strings wrong, ` +
      `single ${result.single.toFixed(1)} % right; ${updates} updates, ${result.seconds.toFixed(0)} s of processor time`,
  );
}
const mean = results.reduce((sum, { connected }) => sum + connected.labels, 0) / results.length;
if (values.json) console.log(JSON.stringify({ updates, mean, results }));
else if (results.length > 1) console.log(`mean over ${results.length} speakers: ${mean.toFixed(2)} % of labels wrong`);
