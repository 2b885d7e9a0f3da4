// @ts-check
// What a layer in a user's own JavaScript costs beside a built-in one, at T·B·H = 200,000: what an update takes longer with it than
// without, compared with what it takes longer with dropout.
//
//   npm run build && node bench/studies/own-layer.js [--json]
//
// An elementwise layer that goes four numbers at a time may cost 1.5 times as much as dropout, which is a multiplication; what else a user may
// write is shown. Built-in layers have SIMD and JavaScript has none. Measured in Node 20: a loop over `y[i] = c * x[i]` takes 0.97 ns a
// number on views of Wasm memory, row by row as long, four at a time 0.52 ns, eight at a time 0.45 ns. What is seen to around such a layer
// (padding, numbers that are not finite) is 40 us of an update's 430. The time is that of the processor.
import { parseArgs } from 'node:util';
import { activityRegularization, createModel, dense, dropout, features, sgd, train } from 'bptt';
import { defineLayer } from 'bptt/own';
import { compare, processorTime } from './trainings.js';

const [steps, rows, units] = [50, 32, 125];
const AT_MOST = 1.5;

const scaled = defineLayer({
  kind: 'scaled',
  options: { by: 0.9 },
  forward({ x: [x], y, options: { by } }) {
    for (let i = 0; i < y.length; i++) y[i] = by * /** @type {number} */ (x[i]);
  },
  backward({ dy, dx: [dx], options: { by } }) {
    for (let i = 0; i < dx.length; i++) dx[i] = by * /** @type {number} */ (dy[i]);
  },
});

/** The same four at a time: rows are padded to a multiple of that. */
const unrolled = defineLayer({
  kind: 'unrolled',
  options: { by: 0.9 },
  forward({ x: [x], y, options: { by } }) {
    timesBy(by, x, y);
  },
  backward({ dy, dx: [dx], options: { by } }) {
    timesBy(by, dy, dx);
  },
});

/** @param {number} by @param {import('bptt').Reals} from @param {import('bptt').Reals} to */
function timesBy(by, from, to) {
  for (let i = 0; i < to.length; i += 4) {
    to[i] = by * /** @type {number} */ (from[i]);
    to[i + 1] = by * /** @type {number} */ (from[i + 1]);
    to[i + 2] = by * /** @type {number} */ (from[i + 2]);
    to[i + 3] = by * /** @type {number} */ (from[i + 3]);
  }
}

const leaky = defineLayer({
  kind: 'leaky',
  options: { slope: 0.1 },
  forward({ x: [x], y, options: { slope } }) {
    for (let i = 0; i < y.length; i++) {
      const value = /** @type {number} */ (x[i]);
      y[i] = value > 0 ? value : slope * value;
    }
  },
  backward({ y, dy, dx: [dx], options: { slope } }) {
    for (let i = 0; i < dx.length; i++) {
      const value = /** @type {number} */ (dy[i]);
      dx[i] = /** @type {number} */ (y[i]) > 0 ? value : slope * value;
    }
  },
});

/** The same four at a time. */
const leakyUnrolled = defineLayer({
  kind: 'leakyUnrolled',
  options: { slope: 0.1 },
  forward({ x: [x], y, options: { slope } }) {
    slopesOf(slope, x, x, y);
  },
  backward({ y, dy, dx: [dx], options: { slope } }) {
    slopesOf(slope, y, dy, dx);
  },
});

/** @param {number} slope @param {import('bptt').Reals} signs @param {import('bptt').Reals} from @param {import('bptt').Reals} to */
function slopesOf(slope, signs, from, to) {
  for (let i = 0; i < to.length; i += 4) {
    to[i] = leaking(slope, signs[i], from[i]);
    to[i + 1] = leaking(slope, signs[i + 1], from[i + 1]);
    to[i + 2] = leaking(slope, signs[i + 2], from[i + 2]);
    to[i + 3] = leaking(slope, signs[i + 3], from[i + 3]);
  }
}

/** @type {(slope: number, sign: any, value: any) => number} */
const leaking = (slope, sign, value) => (sign > 0 ? value : slope * value);

const swish = defineLayer({
  kind: 'swish',
  forward({ x: [x], y }) {
    for (let i = 0; i < y.length; i++) {
      const value = /** @type {number} */ (x[i]);
      y[i] = value / (1 + Math.exp(-value));
    }
  },
  backward({ x: [x], y, dy, dx: [dx] }) {
    for (let i = 0; i < dx.length; i++) {
      const s = 1 / (1 + Math.exp(-(/** @type {number} */ (x[i]))));
      dx[i] = /** @type {number} */ (dy[i]) * (s + /** @type {number} */ (y[i]) * (1 - s));
    }
  },
});

/**
 * What stands between two dense layers; the others are compared with the first two.
 * @type {Readonly<Record<string, import('bptt').LayerDescription[]>>}
 */
const forms = {
  without: [],
  dropout: [dropout({ rate: 0.3 })],
  activityRegularization: [activityRegularization({ activation: 1 })],
  'own: c x': [scaled()],
  'own: c x, by four': [unrolled()],
  'own: leaky ReLU': [leaky()],
  'own: leaky ReLU, by four': [leakyUnrolled()],
  'own: swish': [swish()],
};
const judged = ['own: c x, by four', 'own: leaky ReLU, by four'];

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });

const numbers = (/** @type {number} */ count) => Float32Array.from({ length: count }, (_, i) => ((i * 7) % 11) / 5 - 1);
const data = [{ steps, rows, inputs: numbers(steps * rows * 8), targets: numbers(steps * rows) }];
const trainings = Object.entries(forms).map(([name, layers]) => {
  const start = async () => {
    const model = await createModel([features(8), dense({ units }), ...layers, dense({ units: 1 })], { seed: 1 });
    const optimizer = sgd({ learningRate: 1e-6 });
    return { model, events: train(model, { data, loss: 'mean-squared-error', optimizer }) };
  };
  return /** @type {const} */ ([name, start]);
});
const results = await compare(Object.fromEntries(trainings), { updates: 20, rounds: 41, now: processorTime });
/** What an update takes longer than without, in updates without: of the fastest rounds, which other work on the machine disturbs least. */
const more = (/** @type {string} */ name) => Number(results.find((result) => result.name === name)?.fastest) - 1;
const found = Object.keys(forms)
  .slice(1)
  .map((name) => ({ name, updates: more(name), ratio: more(name) / more('dropout') }));
const failures = found
  .filter(({ name, ratio }) => judged.includes(name) && ratio > AT_MOST)
  .map(({ name }) => `${name} costs more than ${AT_MOST} times what dropout does`);

if (values.json) console.log(JSON.stringify({ found, failures }));
else {
  console.log(`T = ${steps}, ${rows} rows, ${units} features: what an update takes longer`);
  for (const { name, updates, ratio } of found) {
    console.log(
      `  ${name.padEnd(24)} ${updates.toFixed(2).padStart(6)} of an update without  ${ratio.toFixed(2).padStart(5)} of dropout`,
    );
  }
  for (const failure of failures) console.log(`FAILED: ${failure}`);
}
process.exitCode = failures.length > 0 ? 1 : 0;
