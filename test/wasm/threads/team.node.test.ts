// Threads that compute together: the bits of one thread, and what becomes of them when the training, the model or one of them ends.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { createWorker } from '../../../src/base/port.ts';
import {
  adam,
  BpttError,
  createModel,
  type Dtype,
  dense,
  deserialize,
  generate,
  lstm,
  type Model,
  type ModelDescription,
  serialize,
  tokens,
  train,
} from '../../../src/index.ts';
import { limits } from '../../../src/wasm/threads/jobs.ts';
import { Team } from '../../../src/wasm/threads/team.ts';
import { PATIENCE } from '../../support/patience.ts';
import { cases } from '../../truth/bits/cases.ts';
import { hashAfterTraining } from '../../truth/bits/fixture.ts';

const expected: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../truth/bits/expected.json'), 'utf8'),
);
const usual = { ...limits };
afterEach(() => void Object.assign(limits, usual));

/** A team whose threads are seen, and the ends of those. */
async function watchedTeam(count: number) {
  const threads: Worker[] = [];
  const team = await Team.start('f32', count, (code) => {
    const worker = createWorker(code);
    threads.push(worker as unknown as Worker);
    return worker;
  });
  const ends = threads.map((thread) => new Promise<void>((resolve) => thread.once('exit', () => resolve())));
  return { team, threads, ended: Promise.all(ends) };
}

/** Where a team has its words: assembly/threads/team.ts. */
const TEAM = 1024;

/** Numbers enough to be shared, where there is memory. */
const MANY = 2 ** 20;

function clear(team: Team) {
  const { memory, clear: kernel } = team.kernels;
  if (memory.buffer.byteLength < 2 ** 23) memory.grow(2 ** 7);
  kernel(2 ** 16, MANY);
}

describe('a team of threads', () => {
  // What the fixture holds of every kind, small as it is: each thread goes through steps with rows of its own, or one shares its products.
  const some = {
    f32: ['lstm, k1=5 k2=9', 'every dropout, lengths', 'attention, lengths'],
    f64: ['gru, reset before, full BPTT', 'both directions, residual, dropout, lengths', 'lstm, normalised, k1=5 k2=9'],
  } as const;
  const teams = [
    { threads: 2, fewestRows: 1 },
    { threads: 2, fewestRows: 100 },
    { threads: 3, fewestRows: 100 },
    { threads: 4, fewestRows: 1 },
  ];
  const chosen = Object.entries(some).flatMap(([dtype, names]) =>
    names.map((name) => ({ name, dtype: dtype as Dtype })),
  );
  it.for(chosen)('has the bits of one thread: $name, $dtype', { timeout: PATIENCE }, async ({ name, dtype }) => {
    limits.worth = 0;
    const turn = chosen.findIndex((one) => one.name === name) % 2;
    for (const { threads, fewestRows } of teams.filter((_, index) => index % 2 === turn)) {
      limits.fewestRows = fewestRows;
      const hash = await hashAfterTraining(name, cases()[name]!, dtype, train, threads);
      expect(hash, `${threads} threads`).toBe(expected[`${name}, ${dtype}`]);
    }
  });

  it('has them with the usual limits, in files and where it generates', { timeout: PATIENCE }, async () => {
    const results = [];
    for (const threads of [1, 2]) {
      const description: ModelDescription = [tokens(29), lstm({ units: 64 }), dense({ units: 29 })];
      const model = await createModel(description, { seed: 3, threads });
      await learn(model);
      const file = serialize(model);
      const { model: again } = await deserialize(file, { threads });
      const said = [...generate(again, { prompt: [1], length: 20, seed: 4 })];
      results.push({ file, said });
    }
    expect(results[1]).toEqual(results[0]);
  });

  it('refuses what is no number of threads, and kernels of one thread', async () => {
    const description: ModelDescription = [tokens(5), dense({ units: 5 })];
    for (const threads of [0, 1.5, -1, 1000, 14, Number.NaN, '2', null]) {
      const made = createModel(description, { threads: threads as number });
      await expect(made).rejects.toThrow(/createModel\.threads: expected a whole number from 1 to 13, or 'auto', got /);
    }
    const kernels = { bytes: new Uint8Array(8) };
    await expect(createModel(description, { threads: 2, kernels })).rejects.toThrow(BpttError);
  });

  it('fails when a thread does, and stays so', async () => {
    const { team, ended } = await watchedTeam(2);
    const beyond = () => team.kernels.clear(2 ** 31, MANY);
    expect(beyond).toThrow(expect.objectContaining({ code: 'worker-failed' }));
    await ended;
    expect(() => clear(team)).toThrow(expect.objectContaining({ code: 'worker-failed' }));
  });

  it('fails when a thread has been ended, and needs it no more until it knows', { timeout: PATIENCE }, async () => {
    const { team, threads, ended } = await watchedTeam(3);
    clear(team);
    void threads[0]!.terminate();
    clear(team);
    await ended;
    expect(() => clear(team)).toThrow(/exit code|ended/);
  });

  it('fails when a thread ends in the middle of its part', { timeout: PATIENCE }, async () => {
    limits.patience = 1;
    const { team } = await watchedTeam(2);
    clear(team);
    // The second member has claimed its part of the next job, and does not do it.
    new Int32Array(team.kernels.memory.buffer)[(TEAM + 192 + 64 + 12) / 4] = 2;
    expect(() => clear(team)).toThrow(expect.objectContaining({ code: 'worker-failed' }));
  });

  it('leaves no thread when it is ended, or when nobody has it any more', { timeout: PATIENCE }, async () => {
    for (let turn = 0; turn < 5; turn++) {
      const { team, ended } = await watchedTeam(3);
      clear(team);
      team.end();
      await ended;
    }
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    let gone = false;
    const { ended } = await watchedTeam(2);
    void ended.then(() => {
      gone = true;
    });
    while (!gone) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  });

  it('keeps no process alive', { timeout: PATIENCE }, async () => {
    const index = join(import.meta.dirname, '../../../build/index.js');
    const script = `
      import { createModel, dense, tokens } from ${JSON.stringify(index)};
      const model = await createModel([tokens(5), dense({ units: 5 })], { threads: 2 });
      console.log(model.forward({ steps: 1, rows: 1, inputs: [1] }).outputs.length);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    expect(stdout).toBe('5\n');
  });
});

/** Some updates on batches in which every thread has rows, and on one with a single row. */
async function learn(model: Model) {
  const data = [12, 1].map((rows) => {
    const inputs = Int32Array.from({ length: 20 * rows }, (_, i) => (i * i + rows) % 29);
    return { steps: 20, rows, inputs, targets: inputs.map((token) => (token + 1) % 29) };
  });
  for await (const _ of train(model, {
    data,
    loss: 'cross-entropy',
    optimizer: adam(),
    clip: { norm: 0.5 },
    steps: 4,
  }));
}
