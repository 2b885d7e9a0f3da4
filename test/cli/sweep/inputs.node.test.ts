// What machines with nothing but a server read of a sweep: whoever can write there could have put it there.
import { expect, it } from 'vitest';
import { keepInputs, readInputs } from '../../../src/cli/sweep/inputs.ts';
import { memoryStore } from '../../../src/sweep/index.ts';

const inputs = { text: 'the whale', tokenizer: 'characters', validation: 0.1 } as const;

it('reads what was kept', async () => {
  const store = memoryStore();
  await keepInputs(store, inputs);
  expect(await readInputs(store, 'widths')).toEqual(inputs);
});

it.each([
  ['no JSON', '{ "format": 1', 'bad-file', 'sweep widths, inputs.json: expected an object in JSON, got '],
  ['a list', '[]', 'bad-file', 'sweep widths, inputs.json: expected an object in JSON, got '],
  ['a deep list', '['.repeat(1e5), 'bad-file', 'sweep widths, inputs.json: expected an object in JSON, got '],
  [
    'another format',
    JSON.stringify({ ...inputs, format: 2 }),
    'invalid-argument',
    'sweep widths, inputs.json.format: expected 1, got 2',
  ],
  [
    'more than inputs',
    JSON.stringify({ ...inputs, format: 1, script: '' }),
    'unknown-option',
    'sweep widths, inputs.json',
  ],
])('refuses %s, and says where it is', async (_, content, code, message) => {
  const store = memoryStore();
  await store.add('inputs.json', new TextEncoder().encode(content));
  await expect(readInputs(store, 'widths')).rejects.toMatchObject({ name: 'BpttError', code });
  await expect(readInputs(store, 'widths')).rejects.toThrow(message);
});

it('refuses a store without any', async () => {
  await expect(readInputs(memoryStore(), 'widths')).rejects.toThrow(
    'sweep widths: expected inputs.json in the store, got none',
  );
});
