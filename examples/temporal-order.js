// @ts-check
// Temporal order (Hochreiter and Schmidhuber 1997, task 6a): a start symbol, 98 to 108 symbols of which two are X or Y and the
// others distractors, and an end symbol; at the end the network says in which order X and Y came: XX, XY, YX or YY. The first lies
// at position 10 to 20, the second at 50 to 60, so what counts is 39 to 99 steps back. As in the paper, every sequence is new
// and a sequence counts as right when each of the 4 outputs is within 0.3 of its target (1 for the right class, 0 else).
// Solved, as in the paper: the last 2,000 training sequences were all right, each before it was learned from, and their mean
// absolute error is below 0.1. These 2,000 are among the sequences that are counted.
// The LSTM has forget gates, which the paper's had not; their biases and those of the input gates are set so that at the start
// each cell remembers for 1 to T - 1 steps (chrono initialisation, Tallec and Ollivier 2018).
//
//   node examples/temporal-order.js [--seeds 1,2,3,4,5] [--units 16] [--batch 16] [--most 31390]
import { parseArgs } from 'node:util';
import { adam, chrono, createModel, dense, lstm, tokens, train } from 'bptt';
import { randomFrom } from './random.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1,2,3,4,5' },
    units: { type: 'string', default: '16' },
    batch: { type: 'string', default: '16' },
    most: { type: 'string', default: '31390' },
  },
});
const seeds = values.seeds.split(',').map(Number);
const [units, B, most] = [Number(values.units), Number(values.batch), Number(values.most)];
const [SYMBOLS, CLASSES, SHORTEST, T, STREAK, PAPER, TEST] = [8, 4, 100, 110, 2000, 31390, 2560];
const [X, START, END, DISTRACTOR] = [0, 2, 3, 4]; // Y is 1, the distractors are 4 to 7

/** Whole numbers below n. */
function generator(/** @type {number} */ state) {
  const random = randomFrom(state);
  return (/** @type {number} */ n) => Math.floor(random() * n);
}

/** B sequences: tokens [T,B], one target of 4 numbers at the last valid step of each. */
function sequences(/** @type {(n: number) => number} */ random, /** @type {number} */ rows) {
  const inputs = new Int32Array(T * rows);
  const targets = new Float32Array(T * rows * CLASSES);
  const mask = new Uint8Array(T * rows);
  const lengths = Int32Array.from({ length: rows }, () => SHORTEST + random(T - SHORTEST + 1));
  for (const [row, length] of lengths.entries()) {
    const [first, second] = [10 + random(11), 50 + random(11)];
    const [one, two] = [random(2), random(2)];
    for (let t = 0; t < length; t++) {
      const distractor = DISTRACTOR + random(4);
      inputs[t * rows + row] =
        t === 0 ? START : t === length - 1 ? END : t === first ? X + one : t === second ? X + two : distractor;
    }
    const last = (length - 1) * rows + row;
    targets[last * CLASSES + 2 * one + two] = 1;
    mask[last] = 1;
  }
  return { steps: T, rows, inputs, targets, mask, lengths };
}

/** The absolute errors of the 4 outputs of each sequence: [B][4]. */
function errorsOf(
  /** @type {import('bptt').Model} */ model,
  /** @type {ReturnType<typeof sequences>} */ { targets, mask, ...input },
) {
  const { outputs } = model.forward(input); // [T,B,4], before the sigmoid
  return Array.from(input.lengths, (length, row) => {
    const at = ((length - 1) * input.rows + row) * CLASSES;
    return Array.from({ length: CLASSES }, (_, k) => Math.abs(1 / (1 + Math.exp(-outputs[at + k])) - targets[at + k]));
  });
}
const isRight = (/** @type {number[]} */ errors) => errors.every((error) => error < 0.3);
const meanOf = (/** @type {number[][]} */ errors) =>
  errors.flat().reduce((a, b) => a + b, 0) / (errors.length * CLASSES);

/** Trains until the problem is solved; returns how many sequences that took. */
async function run(/** @type {number} */ seed) {
  const model = await createModel(
    [tokens(SYMBOLS), lstm({ units, biasInitializer: chrono({ maximum: T }) }), dense({ units: CLASSES })],
    { seed },
  );
  const random = generator(seed);
  /** @type {number[][]} */
  let recent = [];
  let streak = 0;
  let count = 0;
  const solved = () => streak >= STREAK && meanOf(recent) < 0.1;
  const data = {
    *[Symbol.iterator]() {
      // Each batch is first looked at as it is, then learned from.
      while (count < most && !solved()) {
        const batch = sequences(random, B);
        const errors = errorsOf(model, batch);
        count += B;
        for (const error of errors) streak = isRight(error) ? streak + 1 : 0;
        recent = [...recent, ...errors].slice(-STREAK);
        yield batch;
      }
    },
  };
  const options = { optimizer: adam({ learningRate: 1e-2 }), clip: { norm: 1 }, epochs: 1 };
  for await (const _ of train(model, { data, loss: 'binary-cross-entropy', ...options }));
  const test = errorsOf(model, sequences(generator(2 ** 30 + seed), TEST));
  const wrong = test.filter((errors) => !isRight(errors)).length;
  console.log(
    `seed ${seed}: ${solved() ? 'solved' : 'not solved'} after ${count} sequences; ${wrong} of ${TEST} test sequences wrong, mean error ${meanOf(test).toFixed(4)}`,
  );
  return solved() ? count : Number.POSITIVE_INFINITY;
}

const counts = [];
for (const seed of seeds) counts.push(await run(seed));
const mean = counts.reduce((a, b) => a + b, 0) / counts.length;
console.log(`temporal order, LSTM of ${units} units: ${Math.round(mean)} sequences on average (the paper: ${PAPER})`);
