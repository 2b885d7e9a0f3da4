// `bptt train` by words and byte pairs, from several files, from a model, with metrics.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { CheckpointFiles, loadModel } from '../../../src/node.ts';
import { at, events, expectFailure, finish, run, small, start, verse } from '../../support/cli-program.ts';

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
    expect(expectFailure(await more('--freeze', 'rn.*'))).toMatch(/^--freeze: expected a name or pattern of rnn/);
    events(await more('--freeze', '*'.concat('weight_hh*')));
  });
});

describe('--from with what the model has not learned', () => {
  const from = (base: string, text: string, ...flags: readonly string[]) =>
    run('train', text, '--from', base, '--steps', '3', '--out', 'new.safetensors', ...reading, ...flags);
  const rowsOf = async (file: string, name: string) => {
    const { model } = await loadModel(at(file));
    const { data, shape } = model.parameters().find((parameter) => parameter.name === name)!;
    const width = shape[1] ?? 1;
    return Array.from({ length: shape[0]! }, (_, row) => [...data.subarray(row * width, (row + 1) * width)]);
  };

  beforeAll(async () => {
    const learn = (...flags: readonly string[]) =>
      run('train', 'verse.txt', ...small, '--embedding', '5', '--steps', '2', '--json', ...flags);
    events(await learn('--out', 'letters.safetensors'));
    events(await learn('--tokenizer', 'words', '--out', 'worded.safetensors'));
    await writeFile(at('added.txt'), `${verse}${'Зов? Call the ship!\n'.repeat(20)}`);
  });

  test('characters get rows, and those of the others are where they were', async () => {
    const frozen = ['--freeze', 'embedding.weight,dense.weight'];
    const seen = events(await from('letters.safetensors', 'added.txt', ...frozen));
    expect(seen[0]).toMatchObject({ vocabulary: 23, added: ['?', 'C', 'i', 's', 'З', 'в', 'о'] });
    expect(seen.find(({ type }) => type === 'warning')).toMatchObject({
      message: '--freeze: new rows of embedding.weight, dense.weight stay as they began, as all of what is frozen does',
    });
    for (const name of ['embedding.weight', 'dense.weight']) {
      const [before, after] = [await rowsOf('letters.safetensors', name), await rowsOf('new.safetensors', name)];
      expect([before.length, after.length]).toEqual([16, 23]);
      const found = before.map((row) => after.findIndex((other) => isDeepStrictEqual(row, other)));
      // In the order of code points: after "," come "?" and "C", which are new.
      expect(found.slice(0, 5)).toEqual([0, 1, 2, 3, 6]);
      expect(found).toEqual([...found].sort((a, b) => a - b));
    }
    const { stdout, code } = await run('sample', 'new.safetensors', '--prompt', 'Зов', '--length', '4');
    expect([code, stdout.startsWith('Зов')]).toEqual([0, true]);
  });

  test('words get rows after the others', async () => {
    const [begun] = events(await from('worded.safetensors', 'added.txt'));
    expect(begun!.added).toEqual(['? ', 'Call', 'ship', 'Зов']);
    const [before, after] = await Promise.all(
      ['worded.safetensors', 'new.safetensors'].map((file) => rowsOf(file, 'embedding.weight')),
    );
    expect(after!.length - before!.length).toBe(4);
  });

  test('a frozen row stays to the bit, and one that learns does not', async () => {
    const flags = ['--freeze', 'embedding.weight', '--learning-rate', '0.1'];
    events(await from('letters.safetensors', 'added.txt', ...flags));
    const [first] = await rowsOf('letters.safetensors', 'embedding.weight');
    expect((await rowsOf('new.safetensors', 'embedding.weight'))[0]).toEqual(first);
    const [head] = await rowsOf('letters.safetensors', 'dense.weight');
    expect((await rowsOf('new.safetensors', 'dense.weight'))[0]).not.toEqual(head);
  });

  test('are an error, left out or replaced where --unknown says so', async () => {
    expect(expectFailure(await from('letters.safetensors', 'added.txt', '--unknown', 'error'))).toMatch(/got "З"/);
    const [skipped] = events(await from('letters.safetensors', 'added.txt', '--unknown', 'skip'));
    expect(skipped).toMatchObject({ vocabulary: 16, characters: 1680 + 20 * (20 - 7) });
    expect(skipped).not.toHaveProperty('added');
  });

  test('lines say how many, and which', async () => {
    const { stdout } = await run(
      ...['train', 'added.txt', '--from', 'letters.safetensors', '--steps', '1', '--out', 'said.safetensors'],
      ...['--batch', '4', '--k1', '10', '--length', '0'],
    );
    expect(stdout).toContain('\nadded to the vocabulary: 7 ("?", "C", "i", "s", "З", "в", "о")\n');
  });

  test('a training that was left goes on with the same rows', async () => {
    const flags = [...reading.slice(0, -1), '--checkpoint-every', '2', '--schedule', 'constant', '--log-every', '1'];
    const begun = [
      'train',
      'added.txt',
      '--from',
      'letters.safetensors',
      ...flags,
      '--average',
      '0',
      '--validate-every',
      '50',
    ];
    const child = start([...begun, '--steps', '1000000', '--out', 'left.safetensors']);
    const outcome = finish(child);
    for await (const line of createInterface({ input: child.stdout! })) {
      if (line.includes('"step":6,')) child.kill('SIGKILL');
    }
    await outcome;
    const end = String((await new CheckpointFiles(at('left.safetensors')).steps())[0]! + 4);
    const resumed = ['train', '--resume', '--out', 'left.safetensors', '--steps', end, '--json', '--length', '0'];
    events(await run(...resumed));
    events(await run(...begun, '--steps', end, '--out', 'whole.safetensors'));
    expect(await readFile(at('left.safetensors'))).toEqual(await readFile(at('whole.safetensors')));
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
