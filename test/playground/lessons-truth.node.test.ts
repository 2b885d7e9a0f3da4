// What the lessons say of their experiments happens: the same settings, trained by the API for as many updates as the lessons name.
import { createModel, evaluate, type Model, NonFiniteError, train } from 'bptt';
import {
  eigenvalues,
  gradientByLag,
  jacobians,
  type Matrix,
  matrixNorm,
  recurrentWeights,
  singularValues,
} from 'bptt/diagnostics';
import { describe, expect, it } from 'vitest';
import { readExperiments } from '../../playground/lessons/experiments.ts';
import { parseConfig } from '../../playground/settings/config.ts';
import type { RunSettings } from '../../playground/settings/fields.ts';
import { describe as describeModel, trainOptions } from '../../playground/settings/network.ts';
import { createTask } from '../../playground/tasks/index.ts';
import type { Task } from '../../playground/tasks/task.ts';

/** A network of an experiment, and what is seen of it. */
class Seen {
  readonly task: Task;
  readonly model: Model;
  readonly #events: ReturnType<typeof train>;
  step = 0;

  private constructor(task: Task, model: Model, events: ReturnType<typeof train>) {
    this.task = task;
    this.model = model;
    this.#events = events;
  }

  static async of(name: string, which: 'a' | 'b' = 'a', other: Partial<RunSettings> = {}): Promise<Seen> {
    const { config } = parseConfig(readExperiments('en').find((one) => one.name === name)!.link);
    const run = { ...config[which]!, ...other };
    const { seed } = config.task;
    const task = createTask(config.task, config.data);
    const model = await createModel(describeModel(task, run), { seed });
    return new Seen(task, model, train(model, trainOptions(task, run, seed)));
  }

  /** Trains until so many updates are made. */
  async to(updates: number): Promise<this> {
    for (; this.step < updates; this.step++) await this.#events.next();
    return this;
  }

  /** The loss on the test, as a share of that of the best answer without looking. */
  get loss(): number {
    return evaluate(this.model, [this.task.test], { loss: this.task.loss }).loss / this.task.baseline;
  }

  /** The share of the test that is right. */
  get right(): number {
    const outcome = this.task.outcome(this.model);
    if (outcome.kind !== 'answers') throw new Error(outcome.kind);
    return outcome.right;
  }

  gradient(): Promise<Float64Array> {
    return gradientByLag(this.model, this.task.probe, { loss: this.task.loss });
  }

  /** By which the gradient changes a step, on the way over all of them. */
  async rate(): Promise<number> {
    const norms = await this.gradient();
    return (norms.at(-1)! / norms[0]!) ** (1 / (norms.length - 1));
  }

  /** The Jacobian of the last step. */
  async jacobian(): Promise<Matrix> {
    const { targets: _, mask: __, ...input } = this.task.probe;
    return (await jacobians(this.model, input)).steps.at(-1)!;
  }

  /** The largest modulus of the last step's eigenvalues. */
  async radius(): Promise<number> {
    const { real, imaginary } = eigenvalues(await this.jacobian());
    return Math.hypot(real[0]!, imaginary[0]!);
  }

  /** By which the last step stretches at most and at least. */
  async stretches(): Promise<{ readonly most: number; readonly least: number }> {
    const values = singularValues(await this.jacobian());
    return { most: values[0]!, least: values.at(-1)! };
  }
}

describe('lesson 1', () => {
  it('a network without memory does not add, the same with memory does', async () => {
    const without = await Seen.of('A network without memory');
    const W = without.model.parameters().find(({ name }) => name.includes('weight_hh'))!;
    expect(W.data.some(Boolean)).toBe(false);
    expect((await without.to(500)).loss).toBeGreaterThan(0.85);
    expect(
      without.model
        .parameters()
        .find(({ name }) => name === W.name)!
        .data.some(Boolean),
    ).toBe(false);
    const [first, ...before] = await without.gradient();
    expect(first).toBeGreaterThan(0);
    expect(before.some(Boolean)).toBe(false);
    expect((await (await Seen.of('A network without memory', 'b')).to(500)).loss).toBeLessThan(0.3);
  });

  it('a network learns to write, and to continue a wave', async () => {
    expect((await (await Seen.of('Watch it learn to write')).to(300)).loss).toBeLessThan(0.8);
    expect((await (await Seen.of('Let it continue a wave')).to(200)).loss).toBeLessThan(0.03);
  });
});

describe('lesson 2', () => {
  it('of one hidden unit, the dot is the slope times W, and an update moves it', async () => {
    const seen = await Seen.of('One hidden unit');
    const { probe } = seen.task;
    const { state } = seen.model.forward(probe);
    const W = seen.model.parameters().find(({ name }) => name === 'rnn.weight_hh_l0')!.data[0]!;
    const before = await seen.radius();
    expect(before).toBeCloseTo(Math.abs((1 - state.layers[0]![0]! ** 2) * W), 6);
    expect(await (await seen.to(1)).radius()).not.toBe(before);
  });

  it('a small network learns to add', async () => {
    expect((await (await Seen.of('Learn to add')).to(500)).loss).toBeLessThan(0.25);
  });
});

describe('lesson 3', () => {
  it('a W that halves halves the gradient, and nothing is learned', async () => {
    const seen = await Seen.of('A W that halves');
    expect(await seen.rate()).toBeLessThan(0.55);
    expect(await seen.radius()).toBeLessThan(0.6);
    expect((await seen.to(1500)).loss).toBeGreaterThan(0.95);
  });

  it('an orthogonal W lets it fall more slowly, until the units run to their limits', async () => {
    const seen = await Seen.of('A W that keeps lengths');
    expect(await seen.rate()).toBeGreaterThan(0.85);
    expect(await seen.radius()).toBeGreaterThan(0.8);
    await seen.to(1500);
    expect(await seen.rate()).toBeLessThan(0.7);
    expect(seen.loss).toBeGreaterThan(0.95);
  });

  it('ReLU with W = identity falls below the dashed line first', async () => {
    const relu = await Seen.of('ReLU with W = identity');
    const norms = await relu.gradient();
    expect(norms.at(-1)! / norms[0]!).toBeGreaterThan(0.5);
    expect((await relu.to(500)).loss).toBeLessThan(0.7);
    expect((await (await Seen.of('ReLU with W = identity', 'b')).to(500)).loss).toBeGreaterThan(0.95);
  });
});

describe('lesson 3, on singular values and eigenvalues', () => {
  it('a step whose eigenvalues lie inside of the circle can stretch a gradient', async () => {
    const seen = await (await Seen.of('LSTM against tanh', 'b')).to(156);
    expect(await seen.radius()).toBeLessThan(0.95);
    expect((await seen.stretches()).most).toBeGreaterThan(1.2);
  });
});

describe('lesson 3, on remedies', () => {
  it('an orthogonal W leaves only the slopes to shrink a gradient', async () => {
    const seen = await Seen.of('A W that keeps lengths');
    const { most } = await seen.stretches();
    expect(most).toBeLessThanOrEqual(1);
    const W = recurrentWeights(seen.model).h!;
    for (const value of singularValues(W)) expect(value).toBeCloseTo(1, 5);
  });

  it('a penalty on large weights keeps W small', async () => {
    const [plain, penalised] = [await Seen.of('Learn to add'), await Seen.of('Learn to add', 'a', { l2: 0.05 })];
    const size = ({ model }: Seen) => matrixNorm(recurrentWeights(model).h!);
    expect(size(await penalised.to(300))).toBeLessThan(size(await plain.to(300)) / 2);
  });
});

describe('lesson 4', () => {
  it('without clipping the first update throws the weights away, with it the network learns', async () => {
    const [free, clipped] = [
      await Seen.of('With and without clipping'),
      await Seen.of('With and without clipping', 'b'),
    ];
    const norms = await free.gradient();
    expect(norms).toHaveLength(30);
    expect(norms.at(-1)! / norms[0]!).toBeGreaterThan(10);
    expect((await free.stretches()).most).toBeCloseTo(1.1, 5);
    await free.to(1);
    expect(() => free.loss).toThrow('finite');
    await expect(free.to(2)).rejects.toThrow(NonFiniteError);
    expect((await clipped.to(1000)).loss).toBeLessThan(0.5);
  });

  it('a W that stretches makes the gradient grow, until training has pulled the dots in', async () => {
    const seen = await Seen.of('A W that stretches');
    expect(await seen.rate()).toBeCloseTo(1.3, 2);
    expect(await seen.radius()).toBeCloseTo(1.3, 2);
    expect(await (await seen.to(300)).radius()).toBeLessThan(1);
  });
});

describe('lesson 5', () => {
  it('what is farther back than k2 is not learned', async () => {
    expect((await (await Seen.of('A short look back')).to(1000)).right).toBeGreaterThan(0.85);
    expect((await (await Seen.of('A short look back', 'b')).to(4000)).right).toBeLessThan(0.25);
  });

  it('it is with a k2 that reaches so far', async () => {
    expect((await (await Seen.of('Longer than the wait')).to(3000)).right).toBeGreaterThan(0.7);
  });

  it('k2 = 10 is enough for letters, and the part that is cut off is small', async () => {
    const seen = await (await Seen.of('Enough for letters')).to(600);
    expect(seen.loss).toBeLessThan(0.8);
    const norms = await seen.gradient();
    expect(norms[10]! / norms[0]!).toBeLessThan(0.1);
  });
});

describe('lesson 6', () => {
  it('an LSTM adds after some 500 updates, a tanh network does not', async () => {
    const [lstm, elman] = [await Seen.of('LSTM against tanh'), await Seen.of('LSTM against tanh', 'b')];
    expect((await lstm.to(600)).right).toBeGreaterThan(0.85);
    expect((await elman.to(600)).right).toBeLessThan(0.4);
    expect(await lstm.rate()).toBeGreaterThan(await elman.rate());
  });

  it('a larger forget bias lets the gradient arrive, and learns first', async () => {
    const [open, closed] = [await Seen.of('The forget bias'), await Seen.of('The forget bias', 'b')];
    expect(await open.rate()).toBeGreaterThan(0.99);
    expect(await closed.rate()).toBeLessThan(0.6);
    expect((await open.to(500)).right).toBeGreaterThan(0.7);
    expect((await closed.to(500)).right).toBeLessThan(0.4);
    expect((await closed.to(1200)).right).toBeGreaterThan(0.85);
  });

  it('an LSTM learns temporal order within some hundred updates', async () => {
    expect((await (await Seen.of('Which came first?')).to(300)).right).toBeGreaterThan(0.95);
  });
});
