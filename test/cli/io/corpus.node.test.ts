// A text that is read as training goes.
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { CheckpointFiles } from '../../../src/node.ts';
import { at, events, expectFailure, finish, run, small, start } from '../../support/cli-program.ts';

describe('a text that is read as training goes', () => {
  const flags = ['--stream', ...small, '--json'];

  it('trains, validates, and can be resumed to the same bits', async () => {
    const train = ['train', 'verse.txt', ...flags, '--schedule', 'constant', '--validate-every', '2'];
    // More updates than it comes to before it is killed, however late that is seen.
    const more = ['--steps', '1000000', '--checkpoint-every', '7', '--log-every', '1'];
    const child = start([...train, ...more, '--out', 'left.safetensors']);
    const killed = finish(child);
    for await (const line of createInterface({ input: child.stdout! }))
      if (line.includes('"type":"checkpoint","step":14')) child.kill('SIGKILL');
    await killed;
    const steps = (await new CheckpointFiles(at('left.safetensors')).steps())[0]! + 26;
    const rest = await run('train', '--resume', '--out', 'left.safetensors', '--json', '--steps', `${steps}`);
    expect(rest.code).toBe(0);

    const all = events(await run(...train, '--steps', `${steps}`, '--out', 'whole.safetensors'));
    expect(all[0]).toMatchObject({ characters: 1680, vocabulary: 16, steps });
    const losses = all.filter(({ type }) => type === 'validation').map(({ loss }) => loss as number);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    expect(await readFile(at('left.safetensors'))).toEqual(await readFile(at('whole.safetensors')));
  });

  it('needs to be told how many updates to make', async () => {
    const outcome = await run('train', 'verse.txt', '--stream', '--epochs', '2');
    expect(expectFailure(outcome)).toContain('--steps: expected it for a text that is read as training goes');
  });

  it('is the embedded one when no file is given', async () => {
    const [start] = events(await run('train', ...flags, '--steps', '2', '--validation', '0', '--out', 'e.safetensors'));
    expect(start!.characters).toBeGreaterThan(250_000);
  });

  it('is as wrong as one in memory', async () => {
    await writeFile(at('binary'), Uint8Array.of(104, 255, 254));
    expect(expectFailure(await run('train', 'binary', '--stream', '--steps', '1'))).toContain('UTF-8');
    expect(expectFailure(await run('train', 'nothing.txt', '--stream', '--steps', '1'))).toContain('nothing.txt');
  });
});
