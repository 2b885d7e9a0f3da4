// Two `bptt train` with one --out: the second is refused while the first lives.
import { symlink } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { CheckpointFiles } from '../../../src/node.ts';
import { at, events, expectFailure, finish, run, small, start } from '../../support/cli-program.ts';

test('a second training of one file is refused, however it is called; after a crash the next goes on', async () => {
  const flags = [
    'verse.txt',
    ...small,
    '--schedule',
    'constant',
    '--checkpoint-every',
    '5',
    '--log-every',
    '1',
    '--json',
  ];
  const train = (out: string, steps: number) => ['train', ...flags, '--steps', `${steps}`, '--out', out];
  await symlink('shared.safetensors', at('link.safetensors'));
  const first = start(train('shared.safetensors', 100_000_000));
  const outcome = finish(first);
  const lines = createInterface({ input: first.stdout! });
  for await (const line of lines) if (line.includes('"checkpoint"')) break;

  const who = new RegExp(`expected no other program that writes it, got process ${first.pid} on `);
  for (const more of [['--restart'], ['--resume']]) {
    expect(expectFailure(await run(...train('shared.safetensors', 5), ...more))).toMatch(who);
  }
  expect(expectFailure(await run(...train('link.safetensors', 5)))).toMatch(who);

  first.kill('SIGKILL');
  await outcome;
  const end = (await new CheckpointFiles(at('shared.safetensors')).steps())[0]! + 5;
  const resumed = events(await run('train', '--resume', '--out', 'shared.safetensors', '--steps', `${end}`, '--json'));
  expect(resumed.at(-1)).toMatchObject({ type: 'end', step: end });
});
