// @ts-check
// The adding problem (Hochreiter and Schmidhuber 1997, task 4, in the form of Le, Jaitly and Hinton 2015): a sequence of T
// random numbers in [0, 1), two of them marked; the answer at the end is their sum. To answer 1 always gives an MSE of 0.167;
// doing better takes a memory of up to T steps, so it shows what gradients that vanish cannot learn.
//
//   node examples/adding.js [--steps 100] [--updates 8000] [--seed 1]
//   node examples/adding.js --cell lstm [--steps 200] [--updates 2000] [--seed 1]
//
// Elman networks of 100 units are trained twice on the same sequences: ReLU with W = identity (IRNN), and tanh with orthogonal
// W. The LSTM has 32 units; its gates are set so that at the start each cell remembers for 1 to T - 1 steps (chrono
// initialisation, Tallec and Ollivier 2018).
import { parseArgs } from 'node:util';
import {
  adam,
  chrono,
  createModel,
  dense,
  elman,
  evaluate,
  features,
  identity,
  linear,
  lstm,
  normal,
  train,
} from 'bptt';
import { randomFrom } from './random.js';

const { values } = parseArgs({
  options: {
    cell: { type: 'string', default: 'elman' },
    steps: { type: 'string' },
    updates: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});
if (values.cell !== 'elman' && values.cell !== 'lstm') {
  console.error(`--cell: expected elman or lstm, got ${values.cell}`);
  process.exit(1);
}
const long = values.cell === 'lstm';
const [T, updates, seed] = [
  values.steps ?? (long ? 200 : 100),
  values.updates ?? (long ? 2000 : 8000),
  values.seed,
].map(Number);
const UNITS = long ? 32 : 100;
const RATE = long ? 1e-2 : 1e-3;

/** B sequences: inputs [T,B,2] are the number and the mark, the target counts at the last step only. */
function sequences(/** @type {() => number} */ random, /** @type {number} */ B) {
  const inputs = new Float32Array(T * B * 2);
  const targets = new Float32Array(T * B);
  for (let row = 0; row < B; row++) {
    const first = Math.floor((random() * T) / 2);
    const second = Math.floor(T / 2 + (random() * T) / 2);
    for (let t = 0; t < T; t++) {
      inputs[(t * B + row) * 2] = random();
      inputs[(t * B + row) * 2 + 1] = t === first || t === second ? 1 : 0;
    }
    targets[(T - 1) * B + row] =
      /** @type {number} */ (inputs[(first * B + row) * 2]) + /** @type {number} */ (inputs[(second * B + row) * 2]);
  }
  return { steps: T, rows: B, inputs, targets, mask: new Uint8Array(T * B).fill(1, (T - 1) * B) };
}

const test = sequences(randomFrom(12345), 1000);
const loss = 'mean-squared-error';

/** Trains a network on `updates` batches of fresh sequences and returns its MSE on sequences that it has not seen. */
async function run(/** @type {string} */ name, /** @type {import('bptt').LayerDescription} */ layer) {
  const model = await createModel([features(2), layer, dense({ units: 1 })], { seed });
  const random = randomFrom(seed + 1);
  const data = {
    *[Symbol.iterator]() {
      for (;;) yield sequences(random, 32);
    },
  };
  const optimizer = adam({ learningRate: linear({ from: RATE, to: 0, steps: updates }) });
  for await (const event of train(model, { data, loss, optimizer, clip: { norm: 1 }, steps: updates })) {
    if (event.type === 'step' && event.step % (updates / 10) === 0) {
      console.log(`${name.padEnd(5)} ${event.step} updates: MSE ${evaluate(model, test, { loss }).loss.toFixed(5)}`);
    }
  }
  return evaluate(model, test, { loss }).loss;
}

/** @type {[line: string, name: string, layer: import('bptt').LayerDescription][]} */
const networks = long
  ? [['LSTM', 'lstm', lstm({ units: UNITS, biasInitializer: chrono({ maximum: T }) })]]
  : [
      [
        'ReLU, W = identity',
        'irnn',
        elman({
          units: UNITS,
          activation: 'relu',
          inputInitializer: normal({ deviation: 0.001 }),
          recurrentInitializer: identity(),
        }),
      ],
      ['tanh, W orthogonal', 'tanh', elman({ units: UNITS })],
    ];
/** @type {[line: string, mse: number][]} */
const results = [];
for (const [line, name, layer] of networks) results.push([line, await run(name, layer)]);
console.log(`adding problem, T = ${T}, ${UNITS} units, ${updates} updates of 32 sequences:`);
for (const [line, mse] of results) {
  console.log(`  ${line.padEnd(20)}   MSE ${mse.toFixed(5)}${mse < 0.01 ? '  learned (< 0.01)' : ''}`);
}
