// `bptt info`: what a file holds.
import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { encodeSafetensors } from '../../../src/formats/safetensors.ts';
import { createModel, dense, gru, serialize, tokens } from '../../../src/index.ts';
import { loadModel } from '../../../src/node.ts';
import { defineLayer } from '../../../src/own/index.ts';
import { at, events, expectFailure, run, small } from '../../support/cli-program.ts';
import { model } from '../../support/trained-file.ts';

test('info tells of models, checkpoints and other safetensors', async () => {
  const [said] = events(await run('info', model(), '--json'));
  const file = await loadModel(model());
  expect(said).toMatchObject({ kind: 'model', layers: file.model.description, numbers: file.model.parameterCount });
  expect((await run('info', model())).stdout).toMatch(/rnn\.weight_hh_l0\s+float32 \[32, 8\]/);
  expect((await run('info', model())).stdout).toContain(file.model.summary());
  const out = at('left.safetensors');
  const endless = [
    'train',
    at('verse.txt'),
    ...small,
    '--steps',
    '20',
    '--checkpoint-every',
    '7',
    '--out',
    out,
    '--json',
  ];
  const written = events(await run(...endless)).filter(({ type }) => type === 'checkpoint');
  expect(written.map(({ step }) => step)).toEqual([7, 14, 20]);
  await writeFile(at('bare.bin'), 'not a model');
  expect(expectFailure(await run('info', at('bare.bin')))).toMatch(/bare\.bin: expected/);
});

test('info shows names of strangers without what they could do to a terminal', async () => {
  const tensor = { name: 'weight\x1b[2J\u202e', shape: [1], data: Float32Array.of(1) };
  await writeFile(at('strange.safetensors'), encodeSafetensors([tensor], { 'author\r\x9b': 'x' }));
  const { stdout } = await run('info', at('strange.safetensors'));
  expect(stdout).toContain('weight\\u001b[2J\\u202e');
  expect(stdout).toContain('author\\u000d\\u009b');
  expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

test("info names the layers of users' own, which it does not know, and tells the rest", async () => {
  const same = defineLayer({
    kind: 'same',
    parameters: ([size]) => ({ scale: { shape: [size] } }),
    forward: ({ x, y }) => y.set(x[0]),
    backward: ({ dy, dx }) => dx[0].set(dy),
  });
  const bytes = serialize(await createModel([tokens(5), gru({ units: 4 }), same(), dense({ units: 5 })]));
  await writeFile(at('own.safetensors'), bytes);
  const { stdout, code } = await run('info', at('own.safetensors'));
  expect(code).toBe(0);
  expect(stdout).toMatch(/tokens, gru, own:same, dense\nnot known here.*: own:same/);
  expect(stdout).toMatch(/same\.scale +float32 \[4\]/);
  const [said] = events(await run('info', at('own.safetensors'), '--json'));
  expect(said).toMatchObject({ kind: 'model', missing: ['own:same'] });
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(at('damaged.safetensors'), bytes);
  expect(expectFailure(await run('info', at('damaged.safetensors')))).toMatch(/the file is damaged/);
});
