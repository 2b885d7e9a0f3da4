// `bptt train --resume`: whatever ended a training, it goes on to the bits of one that never stopped.
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { philox } from '../../../src/base/philox.ts';
import { at, type Event, events, expectFailure, finish, run, small, start } from '../../support/cli-program.ts';

const flags = [
  ...small,
  ...['--k2', '14', '--dropout', '0.1', '--steps', '400', '--checkpoint-every', '3', '--validate-every', '50'],
  ...['--log-every', '1', '--sample-every', '0', '--json'],
];
const train = (out: string, ...more: readonly string[]) => ['train', at('verse.txt'), ...flags, '--out', out, ...more];
const resume = (out: string, ...more: readonly string[]) => ['train', '--resume', '--json', '--out', out, ...more];

/** Starts a command, and kills it when it has told of `count` updates and some more microseconds have gone by. */
async function killed(args: readonly string[], count: number, later: number): Promise<readonly Event[]> {
  const child = start(args);
  const outcome = finish(child);
  const told: Event[] = [];
  let left = count;
  for await (const line of createInterface({ input: child.stdout! })) {
    try {
      told.push(JSON.parse(line));
    } catch {
      break; // the line that it died in
    }
    if (told.at(-1)!.type !== 'step' || --left !== 0) continue;
    const begin = performance.now();
    while (performance.now() - begin < later / 1000);
    child.kill('SIGKILL');
  }
  await outcome;
  return told;
}

/** Many processes, one after the other. */
const slow = { timeout: 300_000 };

const last = (told: readonly Event[], type: string) => told.findLast((event) => event.type === type)?.step as number;

test('20 times killed at any moment, it loses no checkpoint and ends with the same bits', slow, async () => {
  const whole = at('whole.safetensors');
  expect((await run(...train(whole))).code).toBe(0);
  const out = at('killed.safetensors');

  let kept = 0;
  let kills = 0;
  for (let round = 0; round < 20; round++) {
    const [count, later] = philox([round, 0, 0, 0], [7, 0]);
    const command = kept === 0 ? train(out, '--restart') : resume(out, '--log-every', '1');
    const told = await killed(command, 1 + (count % 25), later % 3000);
    if (kept > 0) {
      expect(told[0]).toMatchObject({ type: 'start' });
      expect(told[0]!.resumed).toBeGreaterThanOrEqual(kept);
    }
    kept = Math.max(kept, last(told, 'checkpoint') ?? 0);
    if (told.at(-1)?.type !== 'end') kills++;
  }
  expect(kills).toBe(20);
  expect(kept).toBeGreaterThan(100);

  const rest = events(await run(...resume(out)));
  expect(rest.at(-1)).toMatchObject({ type: 'end', step: 400, reason: 'steps' });
  expect(await readFile(out)).toEqual(await readFile(whole));
  // What is done needs no checkpoints.
  expect((await readdir(at('.'))).filter((name) => /^killed\.checkpoint|\.tmp$/.test(name))).toEqual([]);
});

test(
  'Ctrl-C, then --resume with a longer training; a damaged checkpoint gives way to the one before',
  slow,
  async () => {
    const out = at('left.safetensors');
    const child = start(train(out, '--steps', '100000'));
    const outcome = finish(child);
    for await (const line of createInterface({ input: child.stdout! }))
      if (line.includes('"step":40,')) child.kill('SIGINT');
    expect((await outcome).code).toBe(130);
    expect((await run('sample', out, '--length', '5')).code).toBe(0);
    const checkpoints = (await readdir(at('.'))).filter((name) => name.startsWith('left.checkpoint'));
    expect(checkpoints.length).toBe(2);
    // Each checkpoint is a model file as well.
    expect((await run('sample', at(checkpoints[0]!), '--length', '5')).code).toBe(0);

    const steps = checkpoints.map((name) => Number(/\d+/.exec(name)![0])).sort((a, b) => a - b);
    const end = `${steps[1]! + 10}`;
    await truncate(at(`left.checkpoint-${steps[1]}.safetensors`), 1000);
    const told = events(await run(...resume(out, '--steps', end)));
    expect(told[0]).toMatchObject({ type: 'start', resumed: steps[0] });
    expect(told[1]).toMatchObject({
      type: 'warning',
      message: expect.stringContaining(`checkpoint-${steps[1]}.safetensors`),
    });
    expect(told.at(-1)).toMatchObject({ type: 'end', step: Number(end) });
  },
);

test('an unfinished training is not overwritten without a word', slow, async () => {
  const out = at('guarded.safetensors');
  await killed(train(out), 10, 0);
  expect(expectFailure(await run(...train(out)))).toMatch(/expected no unfinished training of it.*--resume.*--restart/);
  expect(expectFailure(await run(...train(out, '--resume', '--restart')))).toMatch(
    /--restart: expected it without --resume/,
  );
  expect(expectFailure(await run(...resume(out, '--k1', '11')))).toMatch(/train\.truncation: expected/);
  expect(expectFailure(await run(...resume(out, '--hidden', '9')))).toMatch(/another description/);
  await writeFile(at('other.txt'), 'another text, another text');
  expect(expectFailure(await run('train', at('other.txt'), '--resume', '--out', out))).toMatch(
    /other\.txt: expected the text that the training of .* began with, got another/,
  );
  expect(events(await run(...train(out, '--restart', '--steps', '5'))).at(-1)).toMatchObject({ step: 5 });
  expect(expectFailure(await run(...resume(out)))).toMatch(/expected checkpoints of .*, got none/);
});

test('the text has gone: the error names it', slow, async () => {
  const text = at('gone.txt');
  await writeFile(text, 'here and gone; here and gone; here and gone'.repeat(9));
  const out = at('gone.safetensors');
  await killed(['train', text, ...flags, '--out', out], 10, 0);
  await rm(text);
  expect(expectFailure(await run(...resume(out)))).toMatch(/gone\.txt: cannot read the file: there is no such file/);
});
