// A program of its own: trains small networks in each cell, shape and precision of the kernels, and prints a digest of what they become. With `wide`
// as its argument it does so with V8's pairs of instructions; io/widest.ts compares the two, and a crash is this process's alone.
import { createHash } from 'node:crypto';
import { adam, createModel, dense, elman, gru, type LayerDescription, lstm, tokens, train } from '../index.ts';
import { revectorize } from '../node/revectorize.ts';

const SIZE = 13;
const networks: readonly (readonly LayerDescription[])[] = [
  [lstm({ units: 33 }), elman({ units: 17, activation: 'relu' })],
  [gru({ units: 70, recurrentDropout: 0.2 })],
  [elman({ units: 130, layerNorm: true })],
];

if (process.argv.includes('wide')) revectorize();
const digest = createHash('sha256');
for (const dtype of ['f32', 'f64'] as const) {
  for (const rows of [1, 9, 32]) for (const layers of networks) await learn(layers, rows, dtype);
}
process.stdout.write(digest.digest('hex'));

async function learn(layers: readonly LayerDescription[], rows: number, dtype: 'f32' | 'f64') {
  const model = await createModel([tokens(SIZE), ...layers, dense({ units: SIZE })], { seed: 5, dtype });
  const ids = Int32Array.from({ length: 8 * rows }, (_, i) => (i * 7 + (i >> 3)) % SIZE);
  const data = [{ steps: 8, rows, inputs: ids, targets: ids }];
  for await (const _ of train(model, { data, loss: 'cross-entropy', optimizer: adam(), steps: 8 }));
  for (const parameter of model.parameters()) digest.update(new Uint8Array(parameter.data.slice().buffer));
}
