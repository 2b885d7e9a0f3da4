// What the command line does with models and series: eval, info, export, import, forecast.
import { copyFile, readFile, symlink, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { createModel, dense, elman, embedding, evaluate, lstm, textStream, tokens } from '../../src/index.ts';
import { loadStateDict } from '../../src/interchange/pytorch/index.ts';
import { loadModel, saveModel } from '../../src/node.ts';
import { Vocabulary } from '../../src/tokenizers/characters.ts';
import { at, events, expectFailure, run, small, verse } from '../support/cli-program.ts';

const model = () => at('made.safetensors');
beforeAll(async () => {
  const args = [
    'train',
    at('verse.txt'),
    ...small,
    '--cell',
    'lstm',
    '--steps',
    '30',
    '--schedule',
    'cosine',
    '--warmup',
    '5',
  ];
  expect((await run(...args, '--out', model())).code).toBe(0);
});

test('eval gives the loss of a text', async () => {
  const [said] = events(await run('eval', model(), at('verse.txt'), '--json'));
  const file = await loadModel(model());
  const ids = Vocabulary.fromJSON(JSON.parse(file.metadata.vocabulary!)).encode(verse);
  const { loss, counted } = evaluate(file.model, textStream(ids, { batch: 1 }), { loss: 'cross-entropy' });
  expect(said).toMatchObject({ type: 'eval', characters: counted });
  expect(said!.loss).toBeCloseTo(loss, 6);
  expect(said!.bitsPerCharacter).toBeCloseTo(loss / Math.LN2, 6);
  expect((await run('eval', model(), at('verse.txt'))).stdout).toContain(`${loss.toFixed(4)} nats`);
});

test('eval names a character that the model does not know', async () => {
  await writeFile(at('strange.txt'), 'The whale: ß');
  expect(expectFailure(await run('eval', model(), at('strange.txt')))).toMatch(/expected one of the 16 characters/);
  expect(expectFailure(await run('eval', at('nothing'), at('verse.txt')))).toMatch(/nothing: cannot read the file/);
});

test('info tells of models, checkpoints and other safetensors', async () => {
  const [said] = events(await run('info', model(), '--json'));
  const file = await loadModel(model());
  expect(said).toMatchObject({ kind: 'model', layers: file.model.description, numbers: file.model.parameterCount });
  expect((await run('info', model())).stdout).toMatch(/rnn\.weight_hh_l0\s+float32 \[32, 8\]/);
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

describe('export and import', () => {
  test('ONNX there and back gives the same parameters', async () => {
    const graph = at('model.onnx');
    expect((await run('export', model(), graph, '--lengths', '--states', '--output', 'softmax')).code).toBe(0);
    expect((await run('export', model(), graph)).stdout).toContain('saved');
    const [said] = events(await run('import', graph, at('again.safetensors'), '--json'));
    expect(said).toMatchObject({ type: 'import', output: 'logits' });
    const [first, second] = [await loadModel(model()), await loadModel(at('again.safetensors'))];
    expect(second.model.parameters()).toEqual(first.model.parameters());
  });

  test('a state dict for PyTorch', async () => {
    const path = at('bare.safetensors');
    const make = (seed: number) =>
      createModel([tokens(5), embedding({ units: 3 }), lstm({ units: 4 }), dense({ units: 2 })], { seed });
    const given = await make(1);
    await saveModel(given, at('given.safetensors'));
    expect((await run('export', at('given.safetensors'), path)).code).toBe(0);
    const other = await make(2);
    loadStateDict(other, new Uint8Array(await readFile(path)));
    expect(other.parameters()).toEqual(given.parameters());
    expect(events(await run('info', path, '--json'))[0]).toMatchObject({ kind: 'safetensors' });
  });

  test('what cannot be is refused, and no file is left', async () => {
    expect(expectFailure(await run('export', model(), at('model.pdf')))).toMatch(
      /expected a file name that ends with \.onnx/,
    );
    expect(expectFailure(await run('export', model(), at('x.safetensors'), '--states'))).toMatch(/with \.onnx only/);
    expect(expectFailure(await run('import', model(), at('x.safetensors')))).toMatch(
      /expected a file name that ends with/,
    );
    await writeFile(at('bad.onnx'), 'no graph');
    expect(expectFailure(await run('import', at('bad.onnx'), at('x.safetensors')))).toMatch(/bad\.onnx/);
    await saveModel(await createModel([tokens(5), elman({ units: 4 }), dense({ units: 2 })]), at('plain.safetensors'));
    await expect(readFile(at('x.safetensors'))).rejects.toThrow('ENOENT');
  });
});

describe('forecast', () => {
  const days = Array.from({ length: 140 }, (_, i) => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10));
  const wave = [10, 12, 15, 14, 11, 3, 2];
  beforeAll(async () => {
    const lines = days.map((day, i) => `${day},${wave[i % 7]! + (i % 3) / 10}`);
    await writeFile(at('series.csv'), ['day,sold', ...lines, ''].join('\n'));
  });

  test('learns a week, says how wrong it was, and goes on; a kept model says the same', async () => {
    const flags = [
      '--date',
      'day',
      '--column',
      'sold',
      '--context',
      '14',
      '--hidden',
      '8',
      '--epochs',
      '60',
      '--seed',
      '1',
    ];
    const saved = at('series.safetensors');
    const [said] = events(await run('forecast', at('series.csv'), ...flags, '--out', saved, '--json'));
    const { sold } = said!.columns as { readonly sold: readonly number[] };
    const { errors } = said as unknown as { readonly errors: { readonly sold: { readonly rmse: number } } };
    expect(errors.sold.rmse).toBeLessThan(1.5);
    expect(sold.length).toBe(7);
    const { stdout, stderr, code } = await run('forecast', at('series.csv'), '--model', saved);
    expect([stderr, code]).toEqual(['', 0]);
    const rows = stdout.trimEnd().split('\n');
    expect(rows[0]).toBe('date,sold');
    expect(rows.slice(1).map((row) => Number(row.split(',')[1]))).toEqual(sold);
    expect(rows[1]!.startsWith('2024-05-20,')).toBe(true);
  });

  test('says what is wrong', async () => {
    expect(expectFailure(await run('forecast', at('series.csv')))).toMatch(/day/);
    expect(expectFailure(await run('forecast', at('series.csv'), '--column', 'bought'))).toMatch(/bought/);
    expect(expectFailure(await run('forecast', at('series.csv'), '--model', model()))).toMatch(
      /"series" of a model that forecasts/,
    );
    expect(expectFailure(await run('forecast', at('none.csv')))).toMatch(/none\.csv: cannot read the file/);
    const none = ['--model', model()];
    for (const flag of ['--calendar', '--epochs 3', '--seed 0', '--column sold', '--out x.safetensors']) {
      const message = `${flag.split(' ')[0]}: expected no --model beside it, got ${model()}`;
      expect(expectFailure(await run('forecast', at('series.csv'), ...none, ...flag.split(' ')))).toBe(message);
    }
  });

  test('names the file, the line and the flag', async () => {
    await writeFile(at('wrong.csv'), 'day,sold\n2024-01-01,3\n2024-01-02,x\n');
    const wrong = (...flags: readonly string[]) => run('forecast', 'wrong.csv', ...flags);
    expect(expectFailure(await wrong('--column', 'sold'))).toBe(
      'wrong.csv, line 3, column "sold": expected a finite number, got "x"',
    );
    expect(expectFailure(await wrong('--column', 'solt'))).toMatch(
      /^--column: expected one of the columns "day", "sold"/,
    );
    expect(expectFailure(await wrong('--date', 'date'))).toMatch(/^--date: expected one of the columns "day", "sold"/);
    await writeFile(at('latin1.csv'), Buffer.from('caf\xe9\n1\n2\n', 'latin1'));
    expect(expectFailure(await run('forecast', 'latin1.csv'))).toBe(
      'latin1.csv: expected text in UTF-8, got bytes that are not: the file is binary or in another encoding',
    );
  });

  test('fills what is missing when it is told how', async () => {
    const lines = days.map((day, i) => `${day},${i % 9 === 3 ? '' : wave[i % 7]}`);
    await writeFile(at('gaps.csv'), ['day,sold', ...lines, ''].join('\n'));
    const flags = ['gaps.csv', '--date', 'day', '--context', '7', '--epochs', '1', '--steps', '2'];
    expect(expectFailure(await run('forecast', ...flags))).toBe(
      'gaps.csv, line 5, column "sold": expected a number, got a missing value; --missing previous or --missing interpolate fills it',
    );
    const filled = await run('forecast', ...flags, '--missing', 'previous', '--out', 'gaps.safetensors');
    const other = await run('forecast', ...flags, '--missing', 'interpolate');
    expect([filled.code, other.code]).toEqual([0, 0]);
    expect(filled.stdout).not.toBe(other.stdout);
    // The kept model fills as it did when it learned.
    const kept = await run('forecast', 'gaps.csv', '--model', 'gaps.safetensors', '--steps', '2');
    expect(kept.stdout).toBe(filled.stdout);
  });
});

test('nothing that is read is written over', async () => {
  const named = async (command: string, ...args: readonly string[]) => {
    const before = await readFile(at(args[0]!));
    expect(expectFailure(await run(command, ...args))).toContain('expected another file than ');
    expect(await readFile(at(args[0]!))).toEqual(before);
  };
  await copyFile(model(), at('own.safetensors'));
  await symlink('own.safetensors', at('link.safetensors'));
  await writeFile(at('own.onnx'), 'a graph');
  await writeFile(at('own.csv'), 'sold\n1\n2\n');
  await named('export', 'own.safetensors', 'own.safetensors');
  await named('export', 'own.safetensors', 'link.safetensors');
  await named('export', 'own.safetensors', at('own.safetensors'));
  await named('import', 'own.onnx', './own.onnx');
  await named('forecast', 'own.csv', '--out', 'own.csv');
  await named('train', 'verse.txt', '--out', 'verse.txt');
  await named('train', 'verse.txt', '--report', 'verse.txt', '--out', 'new.safetensors');
  await named('train', 'verse.txt', '--report', 'new.html', '--out', 'new.html');
});

test('wrong warm-ups are refused', async () => {
  const args = ['train', at('verse.txt'), ...small, '--steps', '3', '--warmup', '3', '--out', at('never.safetensors')];
  expect(expectFailure(await run(...args))).toMatch(/--warmup: expected less than the 3 updates, got 3/);
});
