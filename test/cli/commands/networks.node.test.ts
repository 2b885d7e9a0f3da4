// The commands on a model that is no stack: they work, or refuse it in words.
import { readFile, writeFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { characters, createModel, dense, features, gru, tokens } from '../../../src/index.ts';
import { saveModel } from '../../../src/node.ts';
import { at, expectFailure, run } from '../../support/cli-program.ts';

beforeAll(async () => {
  const model = await createModel([
    tokens(5, { name: 'words' }),
    gru({ units: 4, name: 'memory' }),
    dense({ units: 5, name: 'next' }),
    features(2, { name: 'values', clock: 'words' }),
    dense({ units: 1, name: 'level' }),
  ]);
  const metadata = { vocabulary: JSON.stringify(characters('abcde')) };
  await saveModel(model, at('network.safetensors'), { metadata });
});

test('info and export take it', async () => {
  const file = at('network.safetensors');
  const { stdout, code } = await run('info', file);
  expect(code).toBe(0);
  expect(stdout).toMatch(/level {3}dense .* values\n.*outputs: next, level/s);
  expect((await run('export', file, at('network.onnx'))).code).toBe(0);
  expect((await readFile(at('network.onnx'))).length).toBeGreaterThan(100);
});

test.each([
  ['sample', []],
  ['inspect', ['text.txt']],
  ['eval', ['text.txt']],
])('%s refuses it, with what makes it no stack', async (command, files) => {
  await writeFile(at('text.txt'), 'abcde'.repeat(200));
  const said = expectFailure(await run(command, at('network.safetensors'), ...files.map(at)));
  expect(said).toMatch(/got one in which model\[0\] 'words' and model\[3\] 'values' are inputs/);
});
