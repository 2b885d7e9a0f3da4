// A text that is read as training goes.
import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { at, events, expectFailure, run, small } from '../../support/cli-program.ts';

describe('a text that is read as training goes', () => {
  const flags = ['--stream', ...small, '--steps', '40', '--json', '--checkpoint-every', '7'];

  it('trains, validates, and can be resumed to the same bits', async () => {
    const all = events(await run('train', 'verse.txt', ...flags, '--out', 'whole.safetensors'));
    const start = all[0]!;
    expect(start).toMatchObject({ characters: 1680, vocabulary: 16, steps: 40 });
    const losses = all.filter(({ type }) => type === 'validation').map(({ loss }) => loss as number);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);

    // A run that is left after 14 updates: the same schedule, as its end is another's.
    const { start: begin, finish } = await import('../../support/cli-program.ts');
    const child = begin(['train', 'verse.txt', ...flags, '--out', 'left.safetensors', '--log-every', '1']);
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      if (/"type":"checkpoint","step":14/.test(text)) child.kill('SIGKILL');
    });
    await finish(child);
    const rest = await run('train', '--resume', '--out', 'left.safetensors', '--json');
    expect(rest.code).toBe(0);
    expect(await readFile(at('left.safetensors'))).toEqual(await readFile(at('whole.safetensors')));
  });

  it('needs to be told how many updates to make', async () => {
    const outcome = await run('train', 'verse.txt', '--stream');
    expect(expectFailure(outcome)).toContain('--steps: expected it for a text that is read as training goes');
  });

  it('is the embedded one when no file is given', async () => {
    const [start] = events(
      await run('train', ...flags.slice(0, -2), '--steps', '2', '--validation', '0', '--out', 'e.safetensors'),
    );
    expect(start!.characters).toBeGreaterThan(250_000);
  });

  it('is as wrong as one in memory', async () => {
    await writeFile(at('binary'), Uint8Array.of(104, 255, 254));
    expect(expectFailure(await run('train', 'binary', '--stream', '--steps', '1'))).toContain('UTF-8');
    expect(expectFailure(await run('train', 'nothing.txt', '--stream', '--steps', '1'))).toContain('nothing.txt');
  });
});
