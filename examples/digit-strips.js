// @ts-check
// Strips of handwritten digits, read as a whole: a convolution in front of a recurrent network with CTC behind (Shi, Bai and Yao 2015). A strip
// has 3 to 6 digits of 8x8 pixels, moved up and down by a pixel, apart or touching or one over the other, with noise of ±0.1. Which digits they
// are is known, not where. Every fifth of scikit-learn's 1,797 digits, from the first on, is in the strips of the test alone.
//
//   node examples/digit-strips.js [--updates 2000] [--seed 1] [--columns]
//
// --columns: without the convolutions, the recurrent network reads the columns as they are.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  activation,
  adamw,
  bidirectional,
  conv2d,
  cosine,
  createModel,
  dense,
  dropout,
  groupNormalization,
  gru,
  image,
  maxPool,
  train,
} from 'bptt';
import { ctc, decode, errorRate } from 'bptt/speech';
import { images } from 'bptt/vision';
import { randomFrom } from './random.js';

const { values } = parseArgs({
  options: {
    updates: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    columns: { type: 'boolean', default: false },
  },
});
const [updates, seed] = [values.updates, values.seed].map(Number);
const [SIDE, HEIGHT, ROWS, TESTED] = [8, 10, 32, 1000];

const all = readFileSync(new URL('./digits/digits.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => /^\d /.test(line))
  .map((line) => ({
    label: Number(line[0]),
    pixels: Float32Array.from(line.slice(2), (pixel) => Number.parseInt(pixel, 17) / 16),
  }));
const known = all.filter((_, i) => i % 5 !== 0);
const unknown = all.filter((_, i) => i % 5 === 0);

/** A strip, and the classes of its digits: 0 is the blank. @param {typeof all} digits @param {() => number} random */
function stripOf(digits, random) {
  const below = (/** @type {number} */ n) => Math.floor(random() * n);
  const chosen = Array.from({ length: 3 + below(4) }, () => digits[below(digits.length)] ?? digits[0]);
  // From one digit to the next: two columns over each other, to two between them.
  const places = [1];
  for (let i = 1; i < chosen.length; i++) places.push(Number(places.at(-1)) + SIDE - 2 + below(5));
  const width = Number(places.at(-1)) + SIDE + 1;
  const data = Float32Array.from({ length: width * HEIGHT }, () => 0.2 * random() - 0.1);
  for (const [i, digit] of chosen.entries()) {
    const down = below(3);
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        const at = (y + down) * width + Number(places[i]) + x;
        data[at] = Math.max(Number(data[at]), Number(digit?.pixels[y * SIDE + x]));
      }
    }
  }
  return {
    picture: { width, height: HEIGHT, data },
    labels: Int32Array.from(chosen, (digit) => 1 + Number(digit?.label)),
  };
}

/** @param {typeof all} digits @param {() => number} random @param {number} count */
function batchOf(digits, random, count) {
  const strips = Array.from({ length: count }, () => stripOf(digits, random));
  return { ...images(strips.map(({ picture }) => picture)), targets: strips.map(({ labels }) => labels) };
}

const relu = activation({ function: 'relu' });
const model = await createModel(
  [
    image({ height: HEIGHT }),
    ...(values.columns
      ? []
      : [
          conv2d({ filters: 16, kernel: 3, padding: 'same' }),
          groupNormalization({ groups: 4 }),
          relu,
          conv2d({ filters: 32, kernel: 3, padding: 'same' }),
          groupNormalization({ groups: 8 }),
          relu,
          maxPool({ kernel: [2, 1] }),
          dropout({ rate: 0.2 }),
        ]),
    bidirectional(gru({ units: 64 })),
    dropout({ rate: 0.3 }),
    dense({ units: 11 }),
  ],
  { seed },
);

const random = randomFrom(seed + 1);
const data = {
  *[Symbol.iterator]() {
    for (;;) yield batchOf(known, random, ROWS);
  },
};
const optimizer = adamw({ learningRate: cosine({ from: 4e-3, to: 0, steps: updates }), weightDecay: 0.01 });
for await (const event of train(model, {
  data,
  steps: updates,
  loss: await ctc(),
  optimizer,
  clip: { norm: 1 },
  seed,
})) {
  if (event.type === 'step' && event.step % 500 === 0)
    console.log(`${event.step} updates: loss ${event.loss.toFixed(4)}`);
}

/** @type {[Int32Array, Int32Array][]} */
const pairs = [];
const fresh = randomFrom(20_000);
for (let tested = 0; tested < TESTED; tested += 100) {
  const { targets, ...input } = batchOf(unknown, fresh, 100);
  const { outputs } = model.forward(input);
  const read = decode({ steps: input.steps, rows: input.rows, logits: outputs, lengths: input.lengths });
  for (const [row, labels] of targets.entries()) pairs.push([labels, Int32Array.from(read[row]?.[0]?.labels ?? [])]);
}
const { rate } = errorRate(pairs);
const wrong = pairs.filter(([expected, got]) => expected.join() !== got.join()).length;
console.log(
  `digit strips, ${updates} updates: label error rate ${(100 * rate).toFixed(2)} %, ${((100 * wrong) / pairs.length).toFixed(1)} % of ${pairs.length} strips wrong`,
);
