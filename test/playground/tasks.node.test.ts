// The playground's tasks: what each asks is what it says, the same for the same seed, and can be learned.
import { type Batch, createModel, evaluate, train } from 'bptt';
import { describe, expect, it } from 'vitest';
import { translator } from '../../playground/app/strings.ts';
import { defaultsOf } from '../../playground/settings/defaults.ts';
import { type TaskName, type TaskSettings, taskFields } from '../../playground/settings/fields.ts';
import { describe as describeModel, trainOptions } from '../../playground/settings/network.ts';
import { readNumbers } from '../../playground/tasks/csv.ts';
import { createTask } from '../../playground/tasks/index.ts';
import type { DataError } from '../../playground/tasks/problem.ts';

const settings = (task: TaskName, more: Partial<TaskSettings> = {}): TaskSettings => ({
  ...defaultsOf(task).task,
  ...more,
});
function firstBatches(data: Iterable<Batch>, count: number): Batch[] {
  const batches: Batch[] = [];
  for (const batch of data) {
    batches.push(batch);
    if (batches.length === count) break;
  }
  return batches;
}
const verse = 'Up helm, up helm! The whale, the whale!\n'.repeat(20);

describe.each(taskFields.task.values)('the task %s', (name) => {
  const task = createTask(settings(name), '');

  it('is the same for the same seed, in every iteration, and another for another seed', () => {
    const batches = firstBatches(task.data, 3);
    expect(firstBatches(task.data, 3)).toEqual(batches);
    expect(firstBatches(createTask(settings(name), '').data, 3)).toEqual(batches);
    if (name === 'text') return; // a text is a text, whatever the seed
    expect(firstBatches(createTask(settings(name, { seed: 2 }), '').data, 3)).not.toEqual(batches);
    expect(batches[0]!.inputs).not.toEqual(batches[1]!.inputs);
  });

  it('has a probe that is a row of the test, and a label a step', () => {
    const { test, probe, labels } = task;
    expect(probe.rows).toBe(1);
    expect(labels).toHaveLength(probe.steps);
    if (name !== 'text') expect(probe.steps).toBe(test.steps);
    const width = test.inputs.length / (test.steps * test.rows);
    for (let t = 0; t < probe.steps; t++) {
      for (let k = 0; k < width && name !== 'text'; k++) {
        expect(probe.inputs[t * width + k]).toBe(test.inputs[t * test.rows * width + k]);
      }
    }
  });

  it('is learned: the test loss falls below that of the answer without looking', async () => {
    const { run } = defaultsOf(name);
    const model = await createModel(describeModel(task, { ...run, hidden: 32 }), { seed: 1 });
    const options = { ...trainOptions(task, { ...run, rate: 0.01 }, 1), steps: 400 };
    for await (const _ of train(model, options));
    const { loss } = evaluate(model, [task.test], { loss: task.loss });
    expect(loss).toBeLessThan(0.9 * task.baseline);
  });

  it('can be as short and as long as its field says', async () => {
    const { min, max } = taskFields.length.limits;
    for (const length of [min!, max!]) {
      const { data, test, loss, input, outputs } = createTask(settings(name, { length, batch: 2 }), '');
      const { run } = defaultsOf(name);
      const model = await createModel(describeModel({ ...task, input, outputs }, { ...run, hidden: 2 }));
      for (const batch of [test, ...firstBatches(data, 1)]) {
        expect(evaluate(model, [batch], { loss }).loss).toBeGreaterThan(0);
      }
    }
  });
});

describe('what the answers without looking are worth', () => {
  it('is the variance of the sum in the adding problem', () => {
    const { test, baseline } = createTask(settings('adding'), '');
    const sums = Array.from(test.targets.slice(-test.rows));
    const variance = sums.reduce((sum, value) => sum + (value - 1) ** 2, 0) / sums.length;
    expect(variance).toBeGreaterThan(baseline / 1.5);
    expect(variance).toBeLessThan(baseline * 1.5);
  });

  it('is close to the mean square of a sine', () => {
    const { test, baseline } = createTask(settings('sine', { length: 300 }), '');
    const values = Array.from(test.targets);
    const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    expect(square).toBeCloseTo(baseline, 1);
    expect(Math.max(...test.targets)).toBeLessThanOrEqual(1 + 1e-6);
  });
});

describe('the adding problem', () => {
  it('marks one number in each half, and asks for their sum at the last step', () => {
    const { test } = createTask(settings('adding', { length: 9 }), '');
    const [T, B] = [test.steps, test.rows];
    for (let row = 0; row < B; row++) {
      const marked = Array.from({ length: T }, (_, t) => t).filter((t) => test.inputs[(t * B + row) * 2 + 1] === 1);
      expect(marked).toHaveLength(2);
      expect(marked[0]).toBeLessThan(4);
      expect(marked[1]).toBeGreaterThanOrEqual(4);
      const sum = marked.reduce((total, t) => Math.fround(total + test.inputs[(t * B + row) * 2]!), 0);
      expect(test.targets[(T - 1) * B + row]).toBe(sum);
    }
    expect(test.mask).toEqual(Uint8Array.from({ length: T * B }, (_, at) => Number(at >= (T - 1) * B)));
  });

  it('shows sums that are right to the last digit', async () => {
    const task = createTask(settings('adding'), '');
    const outcome = task.outcome(await createModel(describeModel(task, defaultsOf('adding').run)));
    if (outcome.kind !== 'answers') throw new Error(outcome.kind);
    expect(outcome.rows.length).toBeGreaterThan(0);
    for (const { sequence, expected } of outcome.rows) {
      const [first, second] = sequence.split(' + ').map((number) => Math.round(100 * Number(number)));
      expect(Math.round(100 * Number(expected))).toBe(first! + second!);
    }
  });
});

describe('temporal order', () => {
  it('has an X or Y at two places, and their order as the class', () => {
    for (const length of [4, 40]) {
      const { test } = createTask(settings('order', { length }), '');
      for (let row = 0; row < test.rows; row++) {
        const symbols = Array.from({ length }, (_, t) => test.inputs[t * test.rows + row]!);
        const marked = symbols.filter((symbol) => symbol < 2);
        expect(marked).toHaveLength(2);
        expect(test.targets[(length - 1) * test.rows + row]).toBe(2 * marked[0]! + marked[1]!);
      }
    }
  });
});

describe('the copy problem', () => {
  it('asks for the first letters at the last steps', () => {
    const { test, labels } = createTask(settings('copy', { length: 7 }), '');
    expect(test.steps).toBe(15);
    const first = test.inputs.slice(0, 4 * test.rows);
    expect(test.targets.slice(-4 * test.rows)).toEqual(first);
    expect(labels.slice(4).join('')).toBe('·······?···');
  });
});

describe('a text or series of one’s own', () => {
  it('is what is read', () => {
    const task = createTask(settings('text', { length: 10, batch: 4 }), verse);
    expect(task.outputs).toBe(new Set(verse).size);
    const read = firstBatches(task.data, 1000);
    const steps = read.reduce((sum, { steps }) => sum + steps, 0);
    expect(steps).toBe(Math.ceil((0.9 * verse.length - 1) / 4));
    expect(read.map(({ carry }) => carry)).toEqual(read.map((_, index) => index > 0));
  });

  it.each([
    ['1\n2\n3.5\n', [1, 2, 3.5]],
    ['n\n1\n-2\n', [1, -2]],
    ['day,sold\n2024-01-01,3\n2024-01-02,4\n', [3, 4]],
    ['day;sold\n1;3,5\n2;4,25\n', [3.5, 4.25]],
    ['\n\n7\n8\n', [7, 8]],
    ['-1e3\n+2\n', [-1000, 2]],
  ])('%j is read', (text, numbers) => {
    const { columns } = readNumbers(text);
    expect(Object.values(columns).map((values) => [...values])).toEqual([numbers]);
  });

  it.each([
    ['text', 'a', 'data.characters', { got: 1, least: 37 }],
    ['text', 'twelve chars', 'data.characters', { got: 12, least: 37 }],
    ['text', 'version https://git-lfs.github.com/spec/v1\noid sha256:1\n', 'data.lfs', {}],
    ['csv', 'version https://git-lfs.github.com/spec/v1\noid sha256:1\n', 'data.lfs', {}],
    ['csv', 'one\ntwo\nthree\n', 'data.line', { line: 2, text: 'two' }],
    ['csv', '\n\nday,x\n1,2\n2\n', 'data.line', { line: 5, text: '2' }],
    ['csv', 'x\n', 'data.none', {}],
    ['csv', '1\n2\n3\n', 'data.numbers', { got: 3 }],
    ['csv', `${'5\n'.repeat(400)}`, 'data.constant', { value: 5 }],
  ] as const)('%s %j is refused with a reason in both languages', (name, data, key, values) => {
    try {
      createTask(settings(name, { batch: 32 }), data);
      expect.unreachable();
    } catch (error) {
      const { problem } = error as DataError;
      expect(problem).toMatchObject({ key, values });
      for (const language of ['en', 'ru'] as const) {
        const text = translator(language)(problem.key, problem.values);
        for (const value of Object.values(values)) expect(text).toContain(String(value));
        expect(text).not.toMatch(/[{}]/);
      }
    }
  });
});
