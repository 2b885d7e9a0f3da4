// @ts-check
// Find what is unlike the rest: an autoencoder squeezes windows of a signal through a few numbers and writes them again; what it writes badly is
// an anomaly. `node examples/recipes/anomalies.js`
import { adam, createModel, dense, features, fit, gru, last, repeat } from 'bptt';
import { predict } from 'bptt/metrics';

const STEPS = 24;
const wave = (/** @type {number} */ i) => Math.sin((i / STEPS) * 4 * Math.PI) + 0.05 * Math.sin(i * i);
const windows = Array.from({ length: 240 }, (_, k) => Float32Array.from({ length: STEPS }, (_, t) => wave(5 * k + t)));

const model = await createModel([
  features(1, { name: 'signal' }),
  gru({ units: 12 }),
  last(),
  dense({ units: 3 }), // all that is kept of a window
  repeat({ clock: 'signal' }),
  gru({ units: 12 }),
  dense({ units: 1 }),
]);
await fit(model, {
  data: windows.map((window) => ({ inputs: window, targets: window })),
  loss: 'mean-squared-error',
  optimizer: adam({ learningRate: 0.01 }),
  epochs: 40,
});

/** Mean squared errors of what the model writes of each window. */
function errorsOf(/** @type {readonly Float32Array[]} */ list) {
  const written = predict(model, list);
  return list.map((window, k) => window.reduce((sum, x, t) => sum + (x - Number(written[k]?.[t])) ** 2, 0) / STEPS);
}
// What is rarer than one window in a hundred of those that were learned.
const limit = errorsOf(windows).sort((a, b) => a - b)[Math.floor(0.99 * windows.length)] ?? 0;
const stuck = Float32Array.from({ length: STEPS }, (_, t) => wave(Math.min(t, 6))); // the sensor stops
const spiked = Float32Array.from({ length: STEPS }, (_, t) => wave(t) + (t === 9 ? 3 : 0));
const usual = Float32Array.from({ length: STEPS }, (_, t) => wave(1203 + t));
for (const [name, error] of Object.entries({ stuck: 0, spiked: 1, usual: 2 }).map(([name, k]) => [
  name,
  errorsOf([stuck, spiked, usual])[k] ?? 0,
])) {
  console.log(`${name}: error ${Number(error).toFixed(4)}, ${Number(error) > limit ? 'an anomaly' : 'as always'}`);
}
