// The command line as a user meets it: processes, exit codes, one-line errors, files that survive.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createModel, dense, elman, serialize, tokens } from '../src/index.ts';

const root = join(import.meta.dirname, '..');
let program: string; // a directory inside the repository, so that the dependencies are found
let directory: string;

beforeAll(async () => {
  await mkdir(join(root, 'build/test'), { recursive: true });
  program = await mkdtemp(join(root, 'build/test/cli-'));
  await build({
    entryPoints: [join(root, 'src/cli/main.ts')],
    outfile: join(program, 'cli.js'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  });
  await copyFile(join(root, 'src/cli/moby-dick.txt'), join(program, 'moby-dick.txt'));
  directory = await mkdtemp(join(tmpdir(), 'bptt-cli-'));
});

afterAll(async () => {
  await rm(program, { recursive: true });
  await rm(directory, { recursive: true });
});

function start(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [join(program, 'cli.js'), ...args], { cwd: directory });
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function finish(child: ChildProcess): Promise<Outcome> {
  const read = async (stream: NodeJS.ReadableStream | null) => {
    let text = '';
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    return () => text;
  };
  const [stdout, stderr] = [await read(child.stdout), await read(child.stderr)];
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: stdout(), stderr: stderr() };
}

const run = (...args: readonly string[]) => finish(start(...args));

/** Exit code 1, nothing on standard output, one line without a stack on standard error, which it returns. */
function expectFailure({ code, stdout, stderr }: Outcome): string {
  expect(stderr).toMatch(/^bptt: [^\n]+\n$/);
  expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
  expect(stdout).toBe('');
  expect(code).toBe(1);
  return stderr.slice('bptt: '.length, -1);
}

type Event = { readonly type: string } & Readonly<Record<string, unknown>>;

/** Standard output that has one JSON value a line and nothing else. */
function events({ stdout, stderr, code }: Outcome): readonly Event[] {
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout.endsWith('\n')).toBe(true);
  return stdout
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line));
}

const verse = 'The whale, the whale! 🐋 Up helm, up helm!\n'.repeat(40);
const small = ['--hidden', '8', '--batch', '4', '--k1', '10', '--length', '20'];
const at = (name: string) => join(directory, name);

beforeAll(async () => {
  await writeFile(at('verse.txt'), verse);
});

describe('help', () => {
  test('is printed for the program and each command', async () => {
    for (const args of [['--help'], ['train', '--help'], ['sample', '--help'], ['bench', '--help']]) {
      const { code, stdout, stderr } = await run(...args);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain('Usage: bptt');
    }
  });

  test('has the version of the package', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    expect((await run('--version')).stdout).toBe(`${version}\n`);
  });
});

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
    ['--cell gnu', '--cell: expected "elman", got "gnu"'],
    ['--activation tan', '--activation: expected one of "tanh", "relu", "identity", got "tan"'],
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
    ['other.txt', "too many arguments for 'train'. Expected 1 argument but got 2."],
  ])('train verse.txt %s', async (flags, message) => {
    expect(expectFailure(await run('train', at('verse.txt'), ...flags.split(' ')))).toBe(message);
    expect(await readdir(directory)).not.toContain('model.safetensors');
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
    await writeFile(at('empty.txt'), '');
    await writeFile(at('one.txt'), 'a');
    await writeFile(at('whale.txt'), '🐋');
    await writeFile(at('bom.txt'), '\uFEFF');
    await writeFile(at('two.txt'), 'ab');
  });

  test.concurrent.each([
    ['missing.txt', 'cannot read the file: there is no such file or directory'],
    ['folder', 'cannot read the file: it is a directory'],
    ['nul.txt', 'expected text, got a NUL byte at offset 3: the file is binary or not in UTF-8'],
    ['latin1.txt', 'expected text in UTF-8, got bytes that are not: the file is binary or in another encoding'],
    ['empty.txt', 'expected a text, got an empty file'],
    ['bom.txt', 'expected a text, got an empty file'],
    ['one.txt', 'expected at least 2 characters, one to read and one to predict, got 1'],
    ['whale.txt', 'expected at least 2 characters, one to read and one to predict, got 1'],
  ])('%s', async (name, message) => {
    expect(expectFailure(await run('train', at(name)))).toBe(`${at(name)}: ${message}`);
  });

  test('two characters are too few to validate on, and enough without', async () => {
    expect(expectFailure(await run('train', at('two.txt')))).toContain('expected at least 2 tokens for validation');
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
    expect(expectFailure(await train('--out', directory))).toContain(
      'expected a regular file to replace, got a directory',
    );
  });

  test('survives a training that diverges', async () => {
    const flags = ['--optimizer', 'sgd', '--learning-rate', '1e38', '--clip', '0', '--out', model()];
    const { code, stderr } = await train(...flags, '--activation', 'relu');
    expect(stderr).toMatch(/^bptt: training step \d+, .*: expected a finite .*\n$/);
    expect(code).toBe(1);
    expect(await readFile(model(), 'utf8')).toBe('former');
  });

  test('survives wrong flags and wrong texts', async () => {
    expectFailure(await train('--out', model(), '--k1', '0'));
    expectFailure(await run('train', at('missing.txt'), '--out', model()));
    expect(await readFile(model(), 'utf8')).toBe('former');
  });

  test('is replaced at the end, and nothing is left beside it', async () => {
    const before = await readdir(directory);
    expect((await train('--out', model(), '--steps', '5')).code).toBe(0);
    expect((await readFile(model())).length).toBeGreaterThan(1000);
    expect(await readdir(directory)).toEqual(before);
  });
});

describe('train and sample', () => {
  const model = () => at('verse.safetensors');
  let seen: readonly Event[];

  beforeAll(async () => {
    const flags = [
      '--hidden',
      '32',
      '--batch',
      '4',
      '--k1',
      '10',
      '--length',
      '50',
      '--temperature',
      '0',
      '--learning-rate',
      '0.01',
    ];
    seen = events(await run('train', at('verse.txt'), ...flags, '--steps', '400', '--out', model(), '--json'));
  });

  test('every event is one line of JSON, in order', () => {
    expect(seen[0]).toMatchObject({
      type: 'start',
      characters: 1680,
      vocabulary: 16,
      trainingCharacters: 1512,
      steps: 400,
    });
    expect(seen.slice(-2).map(({ type }) => type)).toEqual(['saved', 'end']);
    const of = (type: string) => seen.filter((event) => event.type === type);
    expect(of('step').map(({ step }) => step)).toEqual(Array.from({ length: 50 }, (_, i) => 8 * (i + 1)));
    expect(of('validation').map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, i) => 20 * (i + 1)));
    expect(of('sample').map(({ step }) => step)).toEqual([80, 160, 240, 320, 400]);
    for (const { loss, bitsPerCharacter } of [...of('step'), ...of('validation')]) {
      expect((bitsPerCharacter as number) * Math.LN2).toBeCloseTo(loss as number, 12);
    }
  });

  test('the text is learned by heart, and the last sample shows it', () => {
    const { validationLoss } = seen.at(-1)!;
    expect(validationLoss).toBeLessThan(0.1); // uniform over 16 characters is 2.77
    const { text } = seen.findLast(({ type }) => type === 'sample')!;
    expect(text).toBe([...verse].slice(0, 51).join(''));
  });

  test('sample goes on from the prompt, as long as it should, character by character', async () => {
    const { code, stdout, stderr } = await run(
      'sample',
      model(),
      '--prompt',
      'The whale, ',
      '--temperature',
      '0',
      '--length',
      '60',
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`${[...verse].slice(0, 71).join('')}\n`);
  });

  test('sample is the same for the same seed and another for another', async () => {
    const sample = async (...flags: readonly string[]) =>
      (await run('sample', model(), '--temperature', '3', '--length', '100', ...flags)).stdout;
    const first = await sample();
    expect([...first]).toHaveLength(101);
    expect(await sample('--seed', '0')).toBe(first);
    expect(await sample('--seed', '1')).not.toBe(first);
  });

  test('sample --json is one event', async () => {
    const seen = events(
      await run('sample', model(), '--json', '--length', '7', '--temperature', '0', '--prompt', 'The '),
    );
    expect(seen).toEqual([{ type: 'sample', prompt: 'The ', text: 'whale, ', temperature: 0, seed: 0 }]);
  });

  test('the same flags give the same file, to the byte', async () => {
    const files = await Promise.all(
      ['a', 'b'].map(async (name) => {
        events(await run('train', at('verse.txt'), ...small, '--steps', '20', '--json', '--out', at(name)));
        return readFile(at(name));
      }),
    );
    expect(files[0]!.equals(files[1]!)).toBe(true);
  });

  test('every other hyperparameter is taken', async () => {
    const flags =
      '--activation relu --layers 2 --embedding 5 --k2 15 --optimizer adamw --weight-decay 0.1 --final-learning-rate 0.001 --l1 1e-6 --l2 1e-6 --clip 0 --epochs 1 --seed 7 --dtype f64 --validate-every 0 --sample-every 0 --log-every 20';
    const out = at('all.safetensors');
    const seen = events(await run('train', at('verse.txt'), ...small, ...flags.split(' '), '--out', out, '--json'));
    expect(seen.map(({ type }) => type)).toEqual(['start', 'step', 'validation', 'sample', 'saved', 'end']);
    expect(seen[0]!.steps).toBe(38); // 378 steps of 4 rows, 10 at a time
    const bytes = await readFile(out);
    const header = bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString();
    const { __metadata__: metadata, ...parameters } = JSON.parse(header);
    expect(JSON.parse(metadata['bptt.model']).map(({ kind }: { kind: string }) => kind)).toEqual([
      'tokens',
      'embedding',
      'elman',
      'elman',
      'dense',
    ]);
    expect(parameters['rnn.weight_hh_l1']).toMatchObject({ dtype: 'F64', shape: [8, 8] });
    expect((await run('sample', out)).code).toBe(0);
  });

  test('with no file it trains on the embedded text', async () => {
    const flags = ['--hidden', '8', '--steps', '2', '--json', '--out', at('moby.safetensors')];
    const seen = events(await run('train', ...flags));
    expect(seen[0]).toMatchObject({ text: 'Moby-Dick, chapters 1 to 28', characters: 255117, vocabulary: 78 });
  });

  test('away from a terminal the output is plain lines without control codes', async () => {
    const { code, stdout, stderr } = await run(
      'train',
      at('verse.txt'),
      ...small,
      '--steps',
      '50',
      '--out',
      at('plain'),
    );
    expect([code, stderr]).toEqual([0, '']);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
    expect(stdout).toMatch(
      /^step 10\/50: loss \d\.\d{3} nats, \d\.\d{3} bits per character, [\d.]+[kM]? characters\/s$/m,
    );
    expect(stdout).toMatch(/^step 50\/50: validation \d\.\d{3} nats, \d\.\d{3} bits per character$/m);
    expect(stdout).toMatch(/\ndone after 50 steps in .* s; validation .* per character\n$/);
  });
});

describe('interruptions', () => {
  const model = () => at('interrupted.safetensors');
  beforeAll(async () => {
    expect((await run('train', at('verse.txt'), ...small, '--steps', '5', '--out', model())).code).toBe(0);
  });

  /** Starts a long training and resolves when it has made its first steps. */
  async function training(out: string): Promise<ChildProcess> {
    const flags = [...small, '--steps', '100000000', '--log-every', '1', '--validate-every', '0', '--json'];
    const child = start('train', at('verse.txt'), ...flags, '--out', out);
    for await (const line of createInterface({ input: child.stdout! })) if (line.includes('"step":3')) break;
    return child;
  }

  test('two SIGINTs at the same moment, as npm causes them, save as one does', async () => {
    const out = at('twice.safetensors');
    const child = await training(out);
    const outcome = finish(child);
    child.kill('SIGINT');
    setTimeout(() => child.kill('SIGINT'), 5);
    expect((await outcome).code).toBe(130);
    expect((await run('sample', out, '--length', '10')).code).toBe(0);
  });

  test.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s saves what was learned and exits with %i', async (signal, code) => {
    const out = at(`${signal}.safetensors`);
    await writeFile(out, 'former');
    const child = await training(out);
    const outcome = finish(child);
    child.kill(signal);
    const { code: exit, stdout, stderr } = await outcome;
    expect([exit, stderr]).toEqual([code, '']);
    const last = stdout
      .trimEnd()
      .split('\n')
      .slice(-2)
      .map((line) => JSON.parse(line));
    expect(last).toMatchObject([
      { type: 'saved', path: out },
      { type: 'end', reason: 'aborted' },
    ]);
    expect([...(await run('sample', out, '--length', '10')).stdout]).toHaveLength(11);
  });

  test('a reader who goes away from train ends it, and the model is saved', async () => {
    const out = at('epipe.safetensors');
    const child = await training(out);
    child.stdout!.destroy();
    const { code, stderr } = await finish(child);
    expect([code, stderr]).toEqual([0, '']);
    expect((await run('sample', out, '--length', '10')).code).toBe(0);
  });

  test('a reader who goes away from sample ends it', async () => {
    const child = start('sample', model(), '--length', '1000000000');
    await once(child.stdout!, 'data');
    child.stdout!.destroy();
    const { code, stderr } = await finish(child);
    expect([code, stderr]).toEqual([0, '']);
  });

  test.skipIf(process.platform !== 'linux')('a full disk behind standard output is an error', async () => {
    const full = await open('/dev/full', 'w');
    const args = [join(program, 'cli.js'), 'sample', model()];
    const child = spawn(process.execPath, args, { stdio: ['ignore', full.fd, 'pipe'] });
    const { code, stderr } = await finish(child);
    await full.close();
    expect(stderr).toMatch(/^bptt: standard output: ENOSPC[^\n]*\n$/);
    expect(code).toBe(1);
  });
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
      const expected = `${at('other')}: expected a vocabulary of 3 characters in the metadata, ${message}`;
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

describe('bench', () => {
  test('prints a table', async () => {
    const { code, stdout, stderr } = await run('bench', '--seconds', '0.01');
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[2]!.trim().split(/\s+/)).toEqual(['H', 'T', 'B', 'ms/step', 'chars/s', 'GFLOP/s']);
    expect(lines.slice(3).map((line) => line.split(/\s+/)[0])).toEqual(
      'train train generate train train generate'.split(' '),
    );
  });

  test('--json prints the machine and one result a line', async () => {
    const [machine, ...results] = events(await run('bench', '--seconds', '0.01', '--json'));
    expect(machine).toMatchObject({ type: 'machine', node: process.version, dtype: 'f32', relaxed: false });
    expect(results).toHaveLength(6);
    for (const { T, B, milliseconds, charactersPerSecond } of results as unknown as Record<string, number>[]) {
      expect(milliseconds).toBeGreaterThan(0);
      expect(charactersPerSecond).toBeCloseTo((1000 * T! * B!) / milliseconds!, 3);
    }
  });
});

test('the models have the permissions that the umask gives', async () => {
  await run('train', at('verse.txt'), ...small, '--steps', '1', '--out', at('permissions'));
  expect((await stat(at('permissions'))).mode & 0o777).toBe(0o666 & ~process.umask());
});
