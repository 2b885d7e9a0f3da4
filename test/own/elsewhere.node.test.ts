// Models with own layers in files, in diagnostics, in generation, and in formats that do not have them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gradientByLag, hiddenStates } from '../../src/diagnostics/index.ts';
import { createModel, dense, elman, features, generate, type Model, serialize, tokens } from '../../src/index.ts';
import { exportOnnx } from '../../src/interchange/onnx/index.ts';
import { saveStateDict } from '../../src/interchange/pytorch/index.ts';
import { CheckpointFiles, loadModel, saveModel } from '../../src/node.ts';
import { defineLayer } from '../../src/own/index.ts';

/** Lets everything pass. */
const pass = defineLayer({
  kind: 'pass',
  forward: ({ x: [x], y }) => y.set(x),
  backward: ({ dy, dx: [dx] }) => dx.set(dy),
});

let directory = '';
let model: Model;
let twin: Model;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bptt-own-'));
  model = await createModel([features(2), elman({ units: 3 }), pass(), dense({ units: 2 })], { seed: 1 });
  twin = await createModel([features(2), elman({ units: 3 }), dense({ units: 2 })], { seed: 1 });
});
afterAll(() => rm(directory, { recursive: true }));

it('they are read where their kinds are handed in', async () => {
  const path = join(directory, 'model.safetensors');
  await saveModel(model, path);
  expect((await loadModel(path, { kinds: [pass] })).model.parameters()).toEqual(model.parameters());
  await expect(loadModel(path)).rejects.toThrow(/kinds: \[pass\]$/);

  const bytes = serialize(model);
  await new CheckpointFiles(path).write({ step: 3, bytes });
  expect(await new CheckpointFiles(path, { kinds: [pass] }).newest()).toMatchObject({ step: 3 });
  await expect(new CheckpointFiles(path).newest()).rejects.toThrow(/kinds: \[pass\]$/);
});

it('diagnostics look into them', async () => {
  const inputs = Float32Array.of(1, 2, 3, 4, 5, 6);
  const input = { steps: 3, rows: 1, inputs };
  expect(await hiddenStates(model, input)).toEqual(await hiddenStates(twin, input));
  const batch = { ...input, targets: inputs };
  const options = { loss: 'mean-squared-error' } as const;
  expect(await gradientByLag(model, batch, options)).toEqual(await gradientByLag(twin, batch, options));
});

it('they generate', async () => {
  const create = (...own: ReturnType<typeof pass>[]) =>
    createModel([tokens(4), elman({ units: 3 }), ...own, dense({ units: 4 })], { seed: 1 });
  const said = (speaker: Model) => [...generate(speaker, { prompt: [1], length: 20, seed: 2 })];
  expect(said(await create(pass()))).toEqual(said(await create()));
});

it('formats that do not have them refuse them', () => {
  expect(() => exportOnnx(model)).toThrow('exportOnnx: expected layers that ONNX has, got model[2] (own:pass)');
  expect(() => saveStateDict(model)).toThrow('state dict: expected layers that PyTorch has, got layer 1 (own:pass)');
});
