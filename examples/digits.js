// @ts-check
// Handwritten digits read row by row: an LSTM sees the 8 rows of an image of 8x8 pixels one after the other and says at the last
// which digit it was. Every fifth of scikit-learn's 1,797 digits, from the first on, is for the test (360), the others are to learn
// from (1,437). The same 13 people wrote both parts. What is tested is the network after a fixed number of passes, and the settings
// were chosen with another fifth held out, the one from the fifth on (--first 4).
//
//   node examples/digits.js [--epochs 40] [--seed 1] [--first 0]
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { adamw, createModel, dense, dropout, features, linear, lstm, train } from 'bptt';
import { randomFrom } from './random.js';

const { values } = parseArgs({
  options: {
    epochs: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    first: { type: 'string', default: '0' },
  },
});
const [epochs, seed, first] = [values.epochs, values.seed, values.first].map(Number);
const [SIDE, CLASSES, UNITS, ROWS] = [8, 10, 128, 32];

const lines = readFileSync(new URL('./digits/digits.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');
const images = lines
  .filter((line) => !line.startsWith('#'))
  .map((line) => ({
    label: Number(line[0]),
    pixels: Array.from(line.slice(2), (pixel) => Number.parseInt(pixel, 17) / 16),
  }));
const training = images.filter((_, i) => i % 5 !== first);
const test = images.filter((_, i) => i % 5 === first);

const random = randomFrom(seed + 1);

/** Images as one batch: inputs [T=8,B,8] are their rows, and only the last step counts. */
function batchOf(/** @type {typeof images} */ chosen) {
  const B = chosen.length;
  const inputs = new Float32Array(SIDE * B * SIDE);
  const targets = new Int32Array(SIDE * B);
  for (const [row, { label, pixels }] of chosen.entries()) {
    for (let t = 0; t < SIDE; t++) inputs.set(pixels.slice(t * SIDE, (t + 1) * SIDE), (t * B + row) * SIDE);
    targets[(SIDE - 1) * B + row] = label;
  }
  return { steps: SIDE, rows: B, inputs, targets, mask: new Uint8Array(SIDE * B).fill(1, (SIDE - 1) * B) };
}

/** The training images in a new order for each pass, a batch at a time. */
const data = {
  *[Symbol.iterator]() {
    for (let i = training.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [training[i], training[j]] = [training[j], training[i]];
    }
    for (let from = 0; from < training.length; from += ROWS) yield batchOf(training.slice(from, from + ROWS));
  },
};

const model = await createModel(
  [features(SIDE), dropout({ rate: 0.1 }), lstm({ units: UNITS }), dropout({ rate: 0.5 }), dense({ units: CLASSES })],
  { seed },
);
const loss = 'cross-entropy';
const optimizer = adamw({
  learningRate: linear({ from: 3e-3, to: 0, steps: epochs * Math.ceil(training.length / ROWS) }),
});
let last = 0;
for await (const event of train(model, { data, loss, optimizer, clip: { norm: 1 }, epochs, seed })) {
  if (event.type !== 'step' || event.epoch === last) continue;
  last = event.epoch;
  if (last % 10 === 0) console.log(`${last} passes: loss ${event.loss.toFixed(4)}`);
}

const { outputs } = model.forward(batchOf(test)); // [T,B,10]
const right = test.filter(({ label }, row) => {
  const scores = outputs.subarray(((SIDE - 1) * test.length + row) * CLASSES).subarray(0, CLASSES);
  return scores.indexOf(Math.max(...scores)) === label;
}).length;
console.log(
  `digits, ${epochs} passes: ${right} of ${test.length} test images right, ${((100 * right) / test.length).toFixed(2)} %`,
);
