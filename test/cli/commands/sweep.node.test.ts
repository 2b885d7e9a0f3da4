// `bptt sweep` as a shell sees it.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSweepFile } from '../../../src/cli/sweep/file.ts';

const cli = join(import.meta.dirname, '../../../build/cli.js');
let folder: string;
const path = (name: string) => join(folder, name);

const content = {
  text: ['text.txt'],
  trials: 5,
  space: {
    cell: { kind: 'choice', values: ['elman', 'gru'] },
    units: { kind: 'int', min: 3, max: 9 },
    rate: { kind: 'float', min: 0.001, max: 0.1, scale: 'log' },
  },
  pruner: { kind: 'median', startup: 2 },
  checkpointEvery: 5,
  trial: {
    layers: [
      { kind: 'tokens', size: { parameter: 'vocabulary' } },
      { kind: { parameter: 'cell' }, units: { parameter: 'units' } },
      { kind: 'dense', units: { parameter: 'vocabulary' } },
    ],
    fit: {
      loss: 'cross-entropy',
      batch: 4,
      truncation: { k1: 10, k2: 10 },
      optimizer: { kind: 'adam', learningRate: { parameter: 'rate' } },
      steps: 30,
      validateEvery: 10,
    },
  },
};

async function bptt(...args: readonly string[]) {
  const run = promisify(execFile)(process.execPath, [cli, 'sweep', ...args], { cwd: folder });
  return run.then(
    ({ stdout }) => ({ stdout, stderr: '', code: 0 }),
    ({ stdout, stderr, code }) => ({ stdout, stderr, code }),
  );
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bptt-sweep-cli-'));
  await writeFile(path('text.txt'), 'The whale, the whale! Up helm, up helm!\n'.repeat(20));
  await writeFile(path('sweep.json'), JSON.stringify(content));
});
afterAll(() => rm(folder, { recursive: true }));

describe('bptt sweep', () => {
  it('shows each trial and the best, and writes its model, from which others say more', async () => {
    const { stdout, stderr, code } = await bptt(
      'sweep.json',
      '--out',
      'best.safetensors',
      ...['--csv', 'trials.csv', '--report', 'report.html'],
    );
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(6);
    for (const [number, line] of lines.slice(0, 5).entries()) {
      expect(line).toMatch(
        new RegExp(`^trial ${number} of 5: (loss|pruned at step) .*\\(cell \\w+, units \\d, rate [\\d.]+\\)$`),
      );
    }
    expect(lines[5]).toMatch(/^best: trial \d, loss \d\.\d{4} \(.*\), in best\.safetensors$/);
    const table = (await readFile(path('trials.csv'), 'utf8')).trim().split('\n');
    expect(table[0]).toBe('number,state,value,steps,cell,units,rate');
    expect(table).toHaveLength(6);
    const sample = await promisify(execFile)(process.execPath, [
      cli,
      'sample',
      path('best.safetensors'),
      '--length',
      '10',
    ]);
    expect(sample.stdout.trim().length).toBeGreaterThan(0);
  });

  it('stops at Ctrl-C, and goes on to the same bytes with two workers', async () => {
    const child = spawn(process.execPath, [cli, 'sweep', 'sweep.json', '--store', 'stopped', '--json'], {
      cwd: folder,
    });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    const closed = once(child, 'close');
    for await (const line of createInterface({ input: child.stdout })) {
      const { type, number } = JSON.parse(line);
      if (type === 'begin' && number === 2) child.kill('SIGINT');
    }
    expect((await closed)[0]).toBe(130);
    expect(errors).toMatch(/^bptt: stopped; 2 of 5 trials have ended\. --resume goes on\.\n$/);
    const { code } = await bptt(
      'sweep.json',
      '--store',
      'stopped',
      '--resume',
      '--workers',
      '2',
      '--out',
      'again.safetensors',
    );
    expect(code).toBe(0);
    expect(await readFile(path('again.safetensors'))).toEqual(await readFile(path('best.safetensors')));
  });

  const refused: readonly (readonly [string, object | string, readonly string[], string])[] = [
    [
      'a sweep that is there',
      content,
      ['--store', 'sweep.sweep'],
      'sweep.sweep: expected no sweep there, got one: --resume goes on with it, --store names another',
    ],
    ['no sweep to go on with', content, ['--resume'], '--resume: expected a sweep in other.sweep, got none'],
    [
      'a model that is there',
      content,
      ['--out', 'best.safetensors'],
      '--out: expected a name that no file has yet, got best.safetensors: --overwrite replaces it',
    ],
    ['a file over the text', content, ['--csv', 'text.txt'], '--csv: expected another file than'],
    ['fewer than no workers', content, ['--workers', '-1'], '--workers: expected an integer >= 0, got -1'],
    [
      'a text that is not there',
      { ...content, text: ['none.txt'] },
      [],
      'none.txt: cannot read the file: there is no such file or directory',
    ],
  ];
  it.each(refused)('refuses %s', async (_, file, args, message) => {
    await writeFile(path('other.json'), typeof file === 'string' ? file : JSON.stringify(file));
    const { code, stderr } = await bptt('other.json', ...args);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  });

  const wrong: readonly (readonly [string, object | string, string])[] = [
    ['what is no JSON', '{', 'other.json: expected JSON, got'],
    ['a name twice', '{ "trials": 3, "trials": 4 }', 'other.json: expected each name once, got "trials" again'],
    ['no trials', { ...content, trials: undefined }, 'other.json.trials: expected an integer >= 1, got undefined'],
    ['an option that is not there', { ...content, trails: 4 }, 'got "trails"; did you mean "trials"?'],
    [
      'an empty range',
      { ...content, space: { ...content.space, units: { kind: 'int', min: 3, max: 3 } } },
      'other.json.space.units.max: expected a number above min, 3, got 3',
    ],
    [
      'a log of 0',
      { ...content, space: { ...content.space, rate: { kind: 'float', min: 0, max: 1, scale: 'log' } } },
      'other.json.space.rate.min: expected a number above 0 with the scale "log", got 0',
    ],
    [
      'a parameter that is not there',
      { ...content, trial: { layers: [{ parameter: 'unit' }] } },
      'other.json.trial.layers[0]: expected one of "cell", "units", "rate", "vocabulary", got "unit"',
    ],
    [
      'a parameter by the name of what every object has',
      { ...content, trial: { layers: [{ parameter: 'constructor' }] } },
      'other.json.trial.layers[0]: expected one of "cell", "units", "rate", "vocabulary", got "constructor"',
    ],
    [
      'a parameter with a name that is taken',
      { ...content, space: { vocabulary: { kind: 'int', min: 3, max: 9 } } },
      'other.json.space: expected another name than "vocabulary", which is the number of tokens',
    ],
  ];
  it.each(wrong)('refuses a file with %s', async (_, file, message) => {
    const name = path('wrong.json');
    await writeFile(name, typeof file === 'string' ? file : JSON.stringify(file));
    await expect(readSweepFile(name)).rejects.toThrow(message.replace('other.json', name));
  });
});
