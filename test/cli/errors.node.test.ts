// The command line's errors: exit code 1, one line, and the files that were there are still there.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createModel, dense, elman, serialize, tokens } from '../../src/index.ts';
import { at, events, expectFailure, run, small } from '../support/cli-program.ts';

/** A model file of its own for each of the trainings that run side by side: one of them would lock it. */
const alone = () => `${count++}.safetensors`;
let count = 0;

describe('wrong flags', () => {
  test.concurrent.each([
    ['--hiden 5', "unknown option '--hiden' (Did you mean --hidden?)"],
    ['--hidden', "option '--hidden <n>' argument missing"],
    ['--hidden 2.5', '--hidden: expected an integer >= 1, got 2.5'],
    ['--hidden 0', '--hidden: expected an integer >= 1, got 0'],
    ['--hidden many', '--hidden: expected an integer >= 1, got "many"'],
    ['--hidden 0x10', '--hidden: expected an integer >= 1, got "0x10"'],
    ['--k1 0', '--k1: expected an integer >= 1, got 0'],
    ['--k1 -1', '--k1: expected an integer >= 1, got -1'],
    ['--k2 2.5', '--k2: expected an integer >= 1, got 2.5'],
    ['--k2 0', '--k2: expected an integer >= 1, got 0'],
    ['--batch 0', '--batch: expected an integer >= 1, got 0'],
    ['--seed -1', '--seed: expected an integer >= 0, got -1'],
    ['--cell gnu', '--cell: expected one of "elman", "lstm", "gru", "indrnn", got "gnu"'],
    ['--activation tan', '--activation: expected one of "tanh", "relu", "identity", "softsign", got "tan"'],
    ['--dropout 1', '--dropout: expected a finite number >= 0 and < 1, got 1'],
    ['--cell elman --forget-bias 1', '--forget-bias: expected --cell lstm with it, got elman'],
    ['--cell gru --peepholes', '--peepholes: expected --cell lstm with it, got gru'],
    ['--cell lstm --gru-reset before', '--gru-reset: expected --cell gru with it, got lstm'],
    ['--cell elman --gate-activation sigmoid', '--gate-activation: expected --cell lstm or gru with it, got elman'],
    ['--temporal-regularization -1', '--temporal-regularization: expected a finite number >= 0, got -1'],
    ['--cell gru --vanishing-regularization 1', '--vanishing-regularization: expected --cell elman with it, got gru'],
    [
      '--vanishing-regularization 1 --zoneout 0.1',
      'elman.vanishingRegularization: expected no zoneout beside it, with which gradients take other ways than through W and f, got both',
    ],
    ['--cell elman --chrono 20', '--chrono: expected --cell lstm or gru with it, got elman'],
    ['--cell gru --initializer irnn', '--initializer irnn: expected --cell elman with it, got gru'],
    ['--initializer irnn', '--initializer irnn: expected --activation relu with it, got tanh'],
    ['--variational-dropout', '--variational-dropout: expected --dropout above 0 with it, got 0'],
    ['--residual', '--residual: expected --layers 2 or more with it, got 1'],
    [
      '--cell lstm --peepholes --layer-norm',
      'lstm: expected peepholes or layerNorm, got both, and no form of the two together is known',
    ],
    ['--optimizer adma', '--optimizer: expected one of "sgd", "rmsprop", "adagrad", "adam", "adamw", got "adma"'],
    ['--dtype f16', '--dtype: expected one of "f32", "f64", got "f16"'],
    ['--learning-rate -1', '--learning-rate: expected a finite number >= 0, got -1'],
    ['--learning-rate 1e999', '--learning-rate: expected a finite number >= 0, got Infinity'],
    ['--learning-rate NaN', '--learning-rate: expected a finite number >= 0, got "NaN"'],
    ['--validation 1', '--validation: expected a finite number >= 0 and < 1, got 1'],
    ['--clip -1', '--clip: expected a finite number >= 0, got -1'],
    ['--momentum 0.9', '--momentum: expected --optimizer sgd with it, got adam'],
    ['--optimizer sgd --weight-decay 0.1', '--weight-decay: expected --optimizer adamw with it, got sgd'],
    ['--steps 5 --epochs 5', '--steps: expected no --epochs beside it, got 5'],
    ['--relaxed --dtype f64', "createModel.relaxed: expected dtype 'f32' with it, got 'f64'"],
    ['--batch 2000', '--batch: expected at most 1511 for a training text of 1512 characters, got 2000'],
    ['--prompt z', '--prompt: expected one of the 16 characters of the vocabulary, got "z" (U+007A) at position 0'],
    ['--prompt=', '--prompt: expected at least one character, got an empty text'],
    ['other.txt', 'other.txt: cannot read the file: there is no such file or directory'],
    ['--minutes 1 --steps 5', '--minutes: expected neither --steps nor --epochs beside it, got --steps 5'],
    ['--unknown skip', '--unknown: expected --from with it, got skip'],
  ])('train verse.txt %s', async (flags, message) => {
    const out = alone();
    expect(expectFailure(await run('train', at('verse.txt'), '--out', out, ...flags.split(' ')))).toBe(message);
    expect(await readdir(at('.'))).not.toContain(out);
  });

  test('an unknown command', async () => {
    expect(expectFailure(await run('trian'))).toBe("unknown command 'trian' (Did you mean train?)");
  });
});

describe('wrong texts', () => {
  beforeAll(async () => {
    await mkdir(at('folder'));
    await writeFile(at('nul.txt'), 'abc\0def');
    await writeFile(at('latin1.txt'), Buffer.from('caf\xe9 au lait', 'latin1'));
    await writeFile(at('lfs.txt'), 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n');
    await writeFile(at('twelve.txt'), 'twelve chars');
    await writeFile(at('empty.txt'), '');
    await writeFile(at('one.txt'), 'a');
    await writeFile(at('whale.txt'), '🐋');
    await writeFile(at('bom.txt'), '\uFEFF');
    await writeFile(at('two.txt'), 'ab');
  });

  test.concurrent.each([
    ['missing.txt', 'cannot read the file: there is no such file or directory'],
    ['folder', 'expected a folder with files, got one without'],
    ['nul.txt', 'expected text, got a NUL byte at offset 3: the file is binary'],
    [
      'latin1.txt',
      'expected text in UTF-8, got byte 0xE9 at offset 3, which is none: perhaps the file is in Latin-1 (Windows-1252); `iconv -f WINDOWS-1252 -t UTF-8` makes it UTF-8',
    ],
    ['lfs.txt', 'expected text, got a pointer of Git LFS in place of the file: `git lfs pull` fetches the file itself'],
    [
      'twelve.txt',
      'expected at least 2 characters to train and 2 to validate on, got 11 and 1 of 12 (--validation 0.1); --validation 0 trains on all',
    ],
    ['empty.txt', 'expected a text, got an empty file'],
    ['bom.txt', 'expected a text, got an empty file'],
    ['one.txt', 'expected at least 2 characters, one to read and one to predict, got 1'],
    ['whale.txt', 'expected at least 2 characters, one to read and one to predict, got 1'],
  ])('%s', async (name, message) => {
    expect(expectFailure(await run('train', at(name), '--out', alone()))).toBe(`${at(name)}: ${message}`);
  });

  test('two characters are too few to validate on, and enough without', async () => {
    expect(expectFailure(await run('train', at('two.txt')))).toContain('expected at least 2 characters to train');
    const flags = ['--validation', '0', '--batch', '1', '--steps', '3', '--hidden', '2', '--out', at('two.model')];
    const seen = events(await run('train', at('two.txt'), ...flags, '--json'));
    expect(seen.filter(({ type }) => type === 'validation')).toEqual([]);
    expect(seen.at(-1)).toMatchObject({ type: 'end', step: 3, reason: 'steps' });
  });
});

describe('the model file', () => {
  const model = () => at('survivor.safetensors');
  beforeEach(() => writeFile(model(), 'former'));
  const train = (...flags: readonly string[]) => run('train', at('verse.txt'), ...small, ...flags);

  test('in a directory that is not there fails before training', async () => {
    const out = at('nowhere/model');
    const message = expectFailure(await train('--out', out)); // the summary of the text is printed when training begins
    expect(message).toBe(`${out}: cannot write the file: there is no such file or directory`);
  });

  test('that is a directory fails before training', async () => {
    expect(expectFailure(await train('--out', at('.')))).toContain(
      'expected a regular file to replace, got a directory',
    );
  });

  test('survives a training that diverges', async () => {
    const flags = ['--optimizer', 'sgd', '--learning-rate', '1e38', '--clip', '0', '--out', model(), '--overwrite'];
    const { code, stderr } = await train(...flags, '--activation', 'relu');
    expect(stderr).toMatch(/^bptt: training step \d+, .*: expected a finite .*\n$/);
    expect(code).toBe(1);
    expect(await readFile(model(), 'utf8')).toBe('former');
  });

  test('survives wrong flags and wrong texts', async () => {
    expectFailure(await train('--out', model(), '--overwrite', '--k1', '0'));
    expectFailure(await run('train', at('missing.txt'), '--out', model(), '--overwrite'));
    expect(await readFile(model(), 'utf8')).toBe('former');
  });

  test('is replaced at the end, and nothing is left beside it', async () => {
    const before = await readdir(at('.'));
    expect((await train('--out', model(), '--overwrite', '--steps', '5')).code).toBe(0);
    expect((await readFile(model())).length).toBeGreaterThan(1000);
    expect(await readdir(at('.'))).toEqual(before);
  });
});

test.each(['eval', 'inspect'])('%s names the text whose character the model does not know', async (command) => {
  const metadata = { vocabulary: '{"kind":"characters","symbols":"abc"}' };
  await writeFile(
    at('abc'),
    serialize(await createModel([tokens(3), elman({ units: 2 }), dense({ units: 3 })]), { metadata }),
  );
  expect(expectFailure(await run(command, at('abc'), 'verse.txt'))).toBe(
    'verse.txt: expected one of the 3 characters of the vocabulary, got "T" (U+0054) at position 0',
  );
});

describe('sample refuses', () => {
  const description = [tokens(3), elman({ units: 2 }), dense({ units: 3 })] as const;

  test('a file that is not there, a directory, an empty file, a text', async () => {
    await writeFile(at('nothing'), '');
    const cases = [
      ['missing', 'cannot read the file: there is no such file or directory'],
      ['.', 'cannot read the file: it is a directory'],
      ['nothing', 'expected a safetensors file, got an empty one'],
      ['verse.txt', 'expected a header of at most 100000000 bytes'],
    ] as const;
    for (const [name, message] of cases)
      expect(expectFailure(await run('sample', name))).toContain(`${name}: ${message}`);
  });

  test('a model that is cut off', async () => {
    const whole = serialize(await createModel(description));
    for (const length of [5, 100, whole.length - 1]) {
      await writeFile(at('cut'), whole.subarray(0, length));
      expect(expectFailure(await run('sample', at('cut')))).toContain('the file is cut off');
    }
  });

  test('a model without a vocabulary or with another', async () => {
    const model = await createModel(description);
    const cases = [
      [undefined, 'got none: `bptt train` did not make this model'],
      ['{"kind":"characters","symbols":"ab"}', 'got one of 2'],
      ['{"kind":"characters","symbols":"ba"}', 'got something else'],
      ['[', 'got something else'],
    ] as const;
    for (const [vocabulary, message] of cases) {
      await writeFile(at('other'), serialize(model, vocabulary === undefined ? {} : { metadata: { vocabulary } }));
      const expected = `${at('other')}: expected a vocabulary of 3 tokens in the metadata, ${message}`;
      expect(expectFailure(await run('sample', at('other')))).toBe(expected);
    }
  });

  test.each([
    ['--prompt é', '--prompt: expected one of the 3 characters of the vocabulary, got "é" (U+00E9) at position 0'],
    ['--temperature -1', '--temperature: expected a finite number >= 0, got -1'],
    ['--length 2.5', '--length: expected an integer >= 0, got 2.5'],
    ['--promt a', "unknown option '--promt' (Did you mean --prompt?)"],
  ])('%s', async (flags, message) => {
    const metadata = { vocabulary: '{"kind":"characters","symbols":"abc"}' };
    await writeFile(at('abc'), serialize(await createModel(description), { metadata }));
    expect(expectFailure(await run('sample', at('abc'), ...flags.split(' ')))).toBe(message);
  });
});
