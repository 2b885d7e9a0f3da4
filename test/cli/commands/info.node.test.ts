// `bptt info`: what a file holds.
import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { encodeSafetensors } from '../../../src/formats/safetensors.ts';
import { loadModel } from '../../../src/node.ts';
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
