// @ts-check
// Read a stream one sample at a time, and go on after a restart: the state is a value that goes into a file. `node examples/recipes/streaming.js`
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adam, createModel, dense, deserializeState, elman, features, fit, serializeState } from 'bptt';
import { loadModel, saveModel } from 'bptt/node';

const sample = (/** @type {number} */ t) => Math.sin(t / 3) + 0.5 * Math.sin(t / 7);
const T = 400;
const inputs = Float32Array.from({ length: T }, (_, t) => sample(t));
const targets = Float32Array.from({ length: T }, (_, t) => sample(t + 1));
const model = await createModel([features(1), elman({ units: 16 }), dense({ units: 1 })]);
await fit(model, {
  data: [{ steps: T, rows: 1, inputs, targets }],
  loss: 'mean-squared-error',
  truncation: { k1: 20, k2: 40 },
  optimizer: adam({ learningRate: 0.01 }),
  epochs: 30,
});
const folder = await mkdtemp(join(tmpdir(), 'bptt-'));
const [modelFile, stateFile] = [join(folder, 'model.safetensors'), join(folder, 'state.safetensors')];
await saveModel(model, modelFile);

/** Reads samples one by one from where the state is, and keeps the state after the last. */
async function read(/** @type {number} */ from, /** @type {number} */ to) {
  const { model } = await loadModel(modelFile);
  let state = from === 0 ? undefined : await deserializeState(await readFile(stateFile));
  let next = 0;
  for (let t = from; t < to; t++) {
    const said = model.forward({ steps: 1, rows: 1, inputs: Float32Array.of(sample(t)) }, state);
    state = said.state;
    next = said.outputs[0] ?? 0;
  }
  if (state !== undefined) await writeFile(stateFile, serializeState(state));
  return next;
}
await read(0, 250); // until the process ends,
const after = await read(250, 500); // and another one goes on
const whole = await read(0, 500);
console.log(`after a restart ${after}, without one ${whole}: ${after === whole ? 'the same bits' : 'others'}`);
console.log(`the next sample is ${sample(500).toFixed(3)}, foreseen was ${whole.toFixed(3)}`);
await rm(folder, { recursive: true });
