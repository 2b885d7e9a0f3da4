// `bptt train` by words and byte pairs, from several files, from a model, with metrics.
import { mkdir, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { at, events, expectFailure, run, small, verse } from '../../support/cli-program.ts';

const train = (...flags: readonly string[]) => run('train', ...flags, ...small, '--json', '--overwrite', '--restart');
/** As `small`, without the flags of what a model has already. */
const reading = ['--batch', '4', '--k1', '10', '--length', '0', '--json', '--overwrite', '--restart'];

beforeAll(async () => {
  await mkdir(at('texts'));
  const half = verse.length / 2;
  await writeFile(at('texts/a.txt'), verse.slice(0, half));
  await writeFile(at('texts/b.txt'), verse.slice(half));
  await writeFile(at('strange.txt'), `${verse}Ж`);
});

describe('tokens', () => {
  test.each([
    ['words', ['--vocabulary-size', '20']],
    ['byte-pairs', ['--vocabulary-size', '262']],
  ])('%s are learned, said and measured; losses are of characters', async (tokenizer, flags) => {
    const out = `${tokenizer}.safetensors`;
    const seen = events(await train('verse.txt', '--tokenizer', tokenizer, ...flags, '--steps', '60', '--out', out));
    expect(seen[0]).toMatchObject({ characters: 1680 });
    const { stdout } = await run('sample', out, '--prompt', 'The whale', '--length', '8', '--temperature', '0');
    expect(stdout).toMatch(/^The whale/);
    const [said] = events(await run('eval', out, 'verse.txt', '--json'));
    expect(said!.loss).toBeLessThan(5); // uniform over 262 byte pairs is 5.57, of about a character each
    expect(said!.characters).toBeGreaterThan(1600);
  });

  test('files and folders are one text', async () => {
    const [one] = events(await train('texts', '--steps', '2', '--out', 'folder.safetensors'));
    const [two] = events(await train('texts/a.txt', 'texts/b.txt', '--steps', '2', '--out', 'two.safetensors'));
    expect([one!.characters, two!.characters]).toEqual([1681, 1681]); // a line feed between them
    expect([one!.text, two!.text]).toEqual(['texts (2 files)', '2 files']);
  });

  test('characters that were not learned are an error, left out, or replaced', async () => {
    await train('verse.txt', '--steps', '2', '--out', 'known.safetensors');
    const evaluate = (...flags: readonly string[]) =>
      run('eval', 'known.safetensors', 'strange.txt', '--json', ...flags);
    expect(expectFailure(await evaluate())).toMatch(/got "Ж"/);
    const counts = [];
    for (const unknown of ['skip', '!']) counts.push(events(await evaluate('--unknown', unknown))[0]!.characters);
    expect(counts).toEqual([1679, 1680]);
    expect(expectFailure(await evaluate('--unknown', 'Щ'))).toMatch(/^--unknown: expected error, skip or a text/);
  });
});

describe('--from', () => {
  test('goes on with the network and vocabulary of a model, without what is frozen', async () => {
    events(await train('verse.txt', '--steps', '40', '--out', 'base.safetensors'));
    const more = (...flags: readonly string[]) =>
      run(
        'train',
        'verse.txt',
        '--from',
        'base.safetensors',
        '--steps',
        '40',
        '--out',
        'more.safetensors',
        ...reading,
        ...flags,
      );
    const lossOf = async (model: string) => events(await run('eval', model, 'verse.txt', '--json'))[0]!.loss as number;
    events(await more());
    expect(await lossOf('more.safetensors')).toBeLessThan(await lossOf('base.safetensors'));
    expect(expectFailure(await more('--hidden', '3'))).toBe(
      '--hidden: expected no --from beside it, whose model says that, got base.safetensors',
    );
    const none = await more('--freeze', 'rn.*');
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('rn.*')]);
    events(await more('--freeze', '*'.concat('weight_hh*')));
  });
});

test('metrics come with each validation, and one of them may stop the training', async () => {
  const flags = [
    '--metrics',
    'accuracy,top-2,perplexity',
    '--monitor',
    'accuracy',
    '--early-stopping',
    '2',
    '--steps',
    '20',
  ];
  const seen = events(await train('verse.txt', ...flags, '--out', 'measured.safetensors'));
  const { metrics, loss } = seen.find(({ type }) => type === 'validation') as unknown as {
    readonly metrics: Readonly<Record<string, number>>;
    readonly loss: number;
  };
  expect(metrics['top-2']).toBeGreaterThanOrEqual(metrics.accuracy!);
  expect(metrics.perplexity).toBeCloseTo(Math.exp(loss), 9);
  const wrong = async (...flags: readonly string[]) =>
    expectFailure(await run('train', 'verse.txt', '--steps', '2', ...flags));
  expect(await wrong('--metrics', 'acuracy')).toMatch(/^--metrics: expected some of accuracy/);
  expect(await wrong('--monitor', 'f1', '--early-stopping', '1')).toBe(
    '--monitor: expected it among --metrics with it, got none',
  );
});
