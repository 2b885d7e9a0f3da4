// `bptt train --resume`: whatever ended a training, it goes on to the bits of one that never stopped.
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { philox } from '../../../src/base/philox.ts';
import { CheckpointFiles } from '../../../src/node.ts';
import { at, type Event, events, expectFailure, finish, run, small, start } from '../../support/cli-program.ts';

/** More steps than any of these trainings comes to before it is killed, however late that is seen. */
const flags = [
  ...small,
  ...['--k2', '14', '--dropout', '0.1', '--schedule', 'constant', '--steps', '1000000'],
  ...['--checkpoint-every', '3', '--validate-every', '50'],
  ...['--log-every', '1', '--sample-every', '0', '--json'],
];
const train = (out: string, ...more: readonly string[]) => ['train', at('verse.txt'), ...flags, '--out', out, ...more];
const resume = (out: string, ...more: readonly string[]) => ['train', '--resume', '--json', '--out', out, ...more];

/** Starts a command, and kills it when it has printed `count` updates and some more microseconds have gone by. */
async function killed(args: readonly string[], count: number, later: number): Promise<readonly Event[]> {
  const child = start(args);
  const outcome = finish(child);
  const printed: Event[] = [];
  let left = count;
  for await (const line of createInterface({ input: child.stdout! })) {
    try {
      printed.push(JSON.parse(line));
    } catch {
      break; // the line that it died in
    }
    if (printed.at(-1)!.type !== 'step' || --left !== 0) continue;
    const begin = performance.now();
    while (performance.now() - begin < later / 1000);
    child.kill('SIGKILL');
  }
  await outcome;
  return printed;
}

const last = (printed: readonly Event[], type: string) =>
  printed.findLast((event) => event.type === type)?.step as number;

test('20 times killed at any moment, it loses no checkpoint and ends with the same bits', async () => {
  const out = at('killed.safetensors');
  let kept = 0;
  let kills = 0;
  for (let round = 0; round < 20; round++) {
    const [count, later] = philox([round, 0, 0, 0], [7, 0]);
    const command = kept === 0 ? train(out, '--warmup', '100', '--restart') : resume(out, '--log-every', '1');
    const printed = await killed(command, 1 + (count % 25), later % 3000);
    if (kept > 0) {
      expect(printed[0]).toMatchObject({ type: 'start' });
      expect(printed[0]!.resumed).toBeGreaterThanOrEqual(kept);
    }
    kept = Math.max(kept, last(printed, 'checkpoint') ?? 0);
    if (printed.at(-1)?.type !== 'end') kills++;
  }
  expect(kills).toBe(20);
  expect(kept).toBeGreaterThan(100);

  const end = (await new CheckpointFiles(out).steps())[0]! + 50;
  const rest = events(await run(...resume(out, '--steps', `${end}`)));
  expect(rest.at(-1)).toMatchObject({ type: 'end', step: end, reason: 'steps' });
  const whole = at('whole.safetensors');
  expect((await run(...train(whole, '--warmup', '100', '--steps', `${end}`))).code).toBe(0);
  expect(await readFile(out)).toEqual(await readFile(whole));
  // What is done needs no checkpoints.
  expect((await readdir(at('.'))).filter((name) => /^killed\.checkpoint|\.tmp$/.test(name))).toEqual([]);
});

test('Ctrl-C, then --resume with a longer training; a damaged checkpoint gives way to the one before', async () => {
  const out = at('left.safetensors');
  const child = start(train(out));
  const outcome = finish(child);
  for await (const line of createInterface({ input: child.stdout! }))
    if (line.includes('"step":40,')) child.kill('SIGINT');
  expect((await outcome).code).toBe(130);
  expect((await run('sample', out, '--length', '5')).code).toBe(0);
  const steps = (await new CheckpointFiles(out).steps()).toReversed();
  expect(steps).toHaveLength(2);
  // Each checkpoint is a model file as well.
  expect((await run('sample', at(`left.checkpoint-${steps[0]}.safetensors`), '--length', '5')).code).toBe(0);

  const end = `${steps[1]! + 10}`;
  await truncate(at(`left.checkpoint-${steps[1]}.safetensors`), 1000);
  const printed = events(await run(...resume(out, '--steps', end)));
  expect(printed[0]).toMatchObject({ type: 'start', resumed: steps[0] });
  expect(printed[1]).toMatchObject({
    type: 'warning',
    message: expect.stringContaining(`checkpoint-${steps[1]}.safetensors`),
  });
  expect(printed.at(-1)).toMatchObject({ type: 'end', step: Number(end) });
});

test('an unfinished training is not overwritten without a word', async () => {
  const out = at('guarded.safetensors');
  await killed(train(out), 10, 0);
  expect(expectFailure(await run(...train(out)))).toMatch(/expected no unfinished training of it.*--resume.*--restart/);
  expect(expectFailure(await run(...train(out, '--resume', '--restart')))).toMatch(
    /--restart: expected it without --resume/,
  );
  for (const [flag, was, is] of [
    ['--k1', '10', '11'],
    ['--hidden', '8', '9'],
    ['--seed', '0', '1'],
    ['--validation', '0.1', '0.2'],
    ['--cell', 'elman', 'gru'],
    ['--embedding', '0', '4'],
  ] as const) {
    expect(expectFailure(await run(...resume(out, flag, is)))).toMatch(
      new RegExp(
        `^${flag}: expected ${was}, as in the training of .*checkpoint-\\d+\\.safetensors, got ${is}; --restart`,
      ),
    );
  }
  await writeFile(at('other.txt'), 'another text, another text');
  expect(expectFailure(await run('train', at('other.txt'), '--resume', '--out', out))).toMatch(
    /other\.txt: expected the text that the training of .* began with, got another/,
  );
  // A training that was to make so many steps is told to read the text so many times.
  expect(events(await run(...resume(out, '--epochs', '1'))).at(-1)).toMatchObject({ type: 'end', reason: 'steps' });
  await killed(train(out, '--restart'), 10, 0);
  expect(events(await run(...train(out, '--restart', '--steps', '5'))).at(-1)).toMatchObject({ step: 5 });
  expect(expectFailure(await run(...resume(out)))).toMatch(/expected checkpoints of .*, got none/);
});

test('the text has gone: the error names it', async () => {
  const text = at('gone.txt');
  await writeFile(text, 'here and gone; here and gone; here and gone'.repeat(9));
  const out = at('gone.safetensors');
  await killed(['train', text, ...flags, '--out', out], 10, 0);
  await rm(text);
  expect(expectFailure(await run(...resume(out)))).toMatch(/gone\.txt: cannot read the file: there is no such file/);
});
