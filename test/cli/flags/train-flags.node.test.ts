// The flags that the rest of the library stands for.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { at, events, expectFailure, run, small } from '../../support/cli-program.ts';

describe('the flags', () => {
  const train = (...flags: readonly string[]) =>
    run(
      'train',
      'verse.txt',
      ...small,
      '--steps',
      '24',
      '--json',
      '--length',
      '0',
      '--out',
      'flags.safetensors',
      '--overwrite',
      ...flags,
    );
  const bytes = () => readFile(at('flags.safetensors'));

  it.each<readonly string[]>([
    ['--accumulate', '3'],
    ['--average', '0.5'],
    ['--schedule', 'one-cycle'],
    ['--schedule', 'constant'],
    ['--schedule', 'plateau', '--plateau-patience', '0', '--plateau-factor', '0.1', '--learning-rate', '1'],
    ['--workers', '1'],
  ])('%s %s make a difference', async (...flags) => {
    events(await train());
    const plain = await bytes();
    events(await train(...flags));
    expect(await bytes()).not.toEqual(plain);
  });

  it('--workers make none by their number', async () => {
    events(await train('--workers', '1', '--blocks', '2'));
    const one = await bytes();
    events(await train('--workers', '2', '--blocks', '2'));
    expect(await bytes()).toEqual(one);
  });

  it('--threads make none, whatever their number', async () => {
    const results = [];
    for (const threads of ['1', '2', 'auto']) {
      events(await train('--threads', threads));
      results.push(await bytes());
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  it('--early-stopping stops early and keeps the best', async () => {
    const flags = ['--early-stopping', '1', '--learning-rate', '3', '--schedule', 'constant', '--validate-every', '2'];
    const all = events(await train(...flags));
    const end = all.at(-1)!;
    expect(end).toMatchObject({ type: 'end', reason: 'early-stopping' });
    const losses = all.filter(({ type }) => type === 'validation').map(({ loss }) => loss as number);
    expect(end.validationLoss).toBe(Math.min(...losses));
  });

  it.each<[readonly string[], string]>([
    [['--early-stopping', '2', '--validation', '0'], '--early-stopping: expected --validation and --validate-every'],
    [['--schedule', 'plateau', '--validate-every', '0'], '--schedule plateau: expected --validation'],
    [['--plateau-factor', '0.5'], '--plateau-factor: expected --schedule plateau with it'],
    [['--schedule', 'constant', '--final-learning-rate', '0'], '--final-learning-rate: expected another --schedule'],
    [['--blocks', '2'], '--blocks: expected --workers with it'],
    [['--workers', '3', '--blocks', '2'], 'expected at most 2'],
    [['--threads', '0'], "--threads: expected a whole number from 1 to 13, or 'auto', got 0"],
    [['--accumulate', '0'], '--accumulate'],
    [['--average', '1'], '--average'],
  ])('%j are refused', async (flags, message) => {
    const { stdout: _, ...outcome } = await train(...flags);
    expect(expectFailure({ ...outcome, stdout: '' })).toContain(message);
  });
});

it('wrong warm-ups are refused', async () => {
  const args = ['train', at('verse.txt'), ...small, '--steps', '3', '--warmup', '3', '--out', at('never.safetensors')];
  expect(expectFailure(await run(...args))).toMatch(/--warmup: expected less than the 3 updates, got 3/);
});
