// Pages hold about a hundred Wasm memories at a time: models that nobody holds must go when room for the next one is wanted.
import { expect, it } from 'vitest';
import { backpropagate, createModel, elman, generate, tokens } from '../../src/index.ts';

const batch = { steps: 2, rows: 1, inputs: new Int32Array(2), targets: new Int32Array(2) };

const model = () => createModel([tokens(2), elman({ units: 2 })]);
const objective = { loss: 'cross-entropy', truncation: { k1: 1, k2: 1 } } as const;

it.each([
  ['read to the end', async () => [...backpropagate(await model(), batch, objective)].length, 2],
  ['dropped after the first', async () => backpropagate(await model(), batch, objective).next().value.to, 1],
  ['dropped after the first', async () => generate(await model(), { prompt: [1], length: 2 }).next().value, 2],
])('makes 400 models one after the other, whose iterators are %s', async (_, read, expected) => {
  for (let i = 0; i < 400; i++) expect(await read()).toBeLessThanOrEqual(expected);
});
