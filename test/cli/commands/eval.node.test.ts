// `bptt eval`: the loss of a text.
import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { evaluate, textStream } from '../../../src/index.ts';
import { accuracy, confusionMatrix, f1, perplexity, precision, recall } from '../../../src/metrics/index.ts';
import { loadModel } from '../../../src/node.ts';
import { backtest, readCsv, readSeriesMetadata } from '../../../src/series/index.ts';
import { Vocabulary } from '../../../src/tokenizers/characters.ts';
import { at, events, expectFailure, run, verse } from '../../support/cli-program.ts';
import { model } from '../../support/trained-file.ts';

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

describe('--metrics', () => {
  const evaluated = async (...flags: readonly string[]) => run('eval', model(), at('verse.txt'), ...flags);

  test('are those of the library on the tokens of the text', async () => {
    const names = 'accuracy,top-3,precision,recall,f1,perplexity,confusion';
    const [said] = events(await evaluated('--metrics', names, '--plot', 'confusion.svg', '--json'));
    const file = await loadModel(model());
    const vocabulary = Vocabulary.fromJSON(JSON.parse(file.metadata.vocabulary!));
    const stream = textStream(vocabulary.encode(verse), { batch: 1 });
    const metrics = [accuracy(), accuracy({ top: 3, name: 'top-3' }), precision(), recall(), f1(), perplexity()];
    const { metrics: expected } = evaluate(file.model, stream, { loss: 'cross-entropy', metrics });
    const got = said!.metrics as Readonly<Record<string, number>>;
    expect(Object.keys(got)).toEqual(Object.keys(expected!));
    for (const [name, value] of Object.entries(got)) expect(value).toBeCloseTo(expected![name]!, 6);
    const { data, columns } = confusionMatrix(file.model, stream);
    const { tokens, counts } = said!.confusion as { readonly tokens: string[]; readonly counts: number[][] };
    expect(tokens).toEqual(vocabulary.symbols);
    expect(counts.flat()).toEqual([...data]);
    expect(counts[0]).toHaveLength(columns);
    expect(await readFile(at('confusion.svg'), 'utf8')).toContain('Confusion matrix');
  });

  test('are said in words, with what is most often taken for another', async () => {
    const { stdout } = await evaluated('--metrics', 'accuracy,confusion');
    expect(stdout).toMatch(/^accuracy [01]\.\d{4}$/m);
    expect(stdout).toMatch(
      /^(nothing is taken for anything else|most often taken for another: ".+" for ".+" \d+ times)/m,
    );
  });

  test.each([
    [
      ['--metrics', 'mae'],
      /^--metrics: expected some of accuracy, .*confusion, .*got mae, which is of numbers: this model says classes$/,
    ],
    [
      ['--metrics', 'acc'],
      /^--metrics: expected some of accuracy, precision, recall, f1, top-5, perplexity, confusion, between commas, got acc$/,
    ],
    [['--metrics', 'f1,f1'], /^--metrics: expected each metric once, got f1 again$/],
    [['--metrics', 'top-16'], /^--metrics top-16: expected a number less than 16, the number of classes, got 16$/],
    [['--plot', 'a.svg'], /^--plot: expected confusion among --metrics with it, got none$/],
    [['--metrics', 'confusion', '--plot', 'a.png'], /^--plot: expected a name that ends in \.svg, got a\.png$/],
    [['--metrics', 'confusion', '--plot', 'verse.txt'], /^--plot: expected a name that ends in \.svg/],
  ] as const)('%j is refused', async (flags, message) => {
    expect(expectFailure(await evaluated(...flags))).toMatch(message);
  });
});

describe('a model that forecasts', () => {
  const table = ['n,wave,other', ...Array.from({ length: 120 }, (_, t) => `${t},${[0, 3, 5, 3][t % 4]},${t % 7}`)].join(
    '\n',
  );
  const learn = ['--column', 'wave,other', '--context', '6', '--horizon', '2', '--epochs', '2', '--steps', '2'];

  test('is measured over all rows that have enough before them', async () => {
    await writeFile(at('waves.csv'), table);
    const flags = [...learn, '--out', 'waves.safetensors', '--overwrite', '--json'];
    expect((await run('forecast', 'waves.csv', ...flags)).code).toBe(0);
    const [said] = events(await run('eval', 'waves.safetensors', 'waves.csv', '--json'));
    const { model, metadata } = await loadModel(at('waves.safetensors'));
    const { pipeline } = readSeriesMetadata(metadata);
    const history = readCsv(table, { columns: ['wave', 'other'] });
    const first = history.length - (said!.rows as number) - 1;
    const { errors, predictions, rows } = backtest(model, pipeline, history, { from: first, to: 120 });
    expect(rows.length).toBe(said!.rows);
    const columns = said!.columns as Readonly<Record<string, { readonly mae: number; readonly r2: number }>>;
    for (const [name, { mae, r2 }] of Object.entries(columns)) {
      expect(mae).toBeCloseTo(errors[name]!.mae, 12);
      const actual = Array.from(predictions[name]!, (_, i) => history.columns[name]![rows[i >> 1]! + (i % 2)]!);
      const mean = actual.reduce((sum, value) => sum + value, 0) / actual.length;
      const spread = actual.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      expect(r2).toBeCloseTo(1 - (errors[name]!.rmse ** 2 * actual.length) / spread, 10);
    }
    // The first row that has all that is read before it: one more and the library refuses.
    expect(() => backtest(model, pipeline, history, { from: first - 1, to: 120 })).toThrow(/rows before it to read/);
    const { stdout } = await run('eval', 'waves.safetensors', 'waves.csv', '--metrics', 'r2');
    expect(stdout).toMatch(/^the next 2 rows forecast from \d+ rows\nwave: r2 -?[\d.]+\nother: r2 -?[\d.]+\n/m);
  });

  test('has no metrics of classes, and reads one CSV', async () => {
    const wrong = async (...flags: readonly string[]) =>
      expectFailure(await run('eval', 'waves.safetensors', ...flags));
    expect(await wrong('waves.csv', '--metrics', 'accuracy')).toBe(
      '--metrics: expected some of mae, r2, between commas, got accuracy, which is of classes: this model says numbers',
    );
    expect(await wrong()).toBe('waves.safetensors: expected one CSV file beside a model of a series, got none');
    expect(await wrong('waves.csv', '--unknown', 'skip')).toMatch(/^--unknown: expected a model of text with it/);
    await writeFile(at('short.csv'), table.split('\n').slice(0, 6).join('\n'));
    expect(await wrong('short.csv')).toMatch(
      /^short\.csv: expected at least \d+ rows, \d+ to read and 2 to forecast, got 5$/,
    );
  });
});
