// Users' own losses: right gradients, the bits of built-in twins, several outputs, checkpoints, and what is refused.
import { describe, expect, it } from 'vitest';
import {
  type Batch,
  backpropagate,
  checkGradients,
  createModel,
  dense,
  elman,
  evaluate,
  features,
  lstm,
  sgd,
  train,
} from '../../src/index.ts';
import { defineLoss } from '../../src/own/index.ts';

const O = 3;
const F = 2;

/** Mean squared error, as the kernel computes it. */
const squares = defineLoss({
  name: 'squares',
  targets: 'reals',
  loss({ y, target, dy }) {
    let sum = 0;
    for (let j = 0; j < y.length; j++) {
      dy[j] = y[j]! - target[j]!;
      sum += dy[j]! * dy[j]!;
      dy[j]! *= 2;
    }
    return sum;
  },
});

/** Cross-entropy. */
const surprise = defineLoss({
  name: 'surprise',
  targets: 'classes',
  loss({ y, target, dy }) {
    const most = Math.max(...y);
    let sum = 0;
    for (let j = 0; j < y.length; j++) sum += Math.exp(y[j]! - most);
    for (let j = 0; j < y.length; j++) dy[j] = Math.exp(y[j]! - most) / sum - +(j === target);
    return Math.log(sum) + most - y[target]!;
  },
});

function batchOf(classes: boolean, dtype: 'f32' | 'f64'): Batch {
  const [T, B] = [6, 3];
  const Real = dtype === 'f32' ? Float32Array : Float64Array;
  const numbers = (count: number, k: number) =>
    new Real(Array.from({ length: count }, (_, i) => ((i * k) % 11) / 5 - 1));
  return {
    steps: T,
    rows: B,
    inputs: numbers(T * B * F, 7),
    targets: classes ? Int32Array.from({ length: T * B }, (_, i) => (i * i) % O) : numbers(T * B * O, 5),
    mask: Uint8Array.from({ length: T * B }, (_, i) => +(i % 4 !== 1)),
  };
}

const create = (dtype: 'f32' | 'f64') =>
  createModel([features(F), lstm({ units: 4 }), dense({ units: O })], { dtype, seed: 3 });

describe.each([
  ['squares', squares, 'mean-squared-error', false],
  ['surprise', surprise, 'cross-entropy', true],
] as const)('%s', (_, own, twin, classes) => {
  it.each([undefined, { k1: 2, k2: 3 }, { k1: 2, k2: 4, losses: 'window' }] as const)(
    'has right gradients, truncated as %j',
    async (truncation) => {
      const model = await create('f64');
      for (const reduction of ['mean', 'sum'] as const) {
        const options = { loss: own, reduction, ...(truncation && { truncation }) };
        for (const { name, relativeError } of checkGradients(model, batchOf(classes, 'f64'), options)) {
          expect(relativeError, name).toBeLessThan(1e-7);
        }
      }
    },
  );

  it('is what its built-in twin is', async () => {
    const model = await create('f64');
    const batch = batchOf(classes, 'f64');
    const [a, b] = [own, twin].map((loss) => evaluate(model, batch, { loss }));
    expect(a!.counted).toBe(b!.counted);
    expect(Math.abs(a!.loss - b!.loss)).toBeLessThan(1e-14);
  });
});

describe('defineLoss', () => {
  it.each(['f32', 'f64'] as const)(
    'gives the gradients of a twin with the same arithmetic to the bit, %s',
    async (dtype) => {
      const model = await create(dtype);
      const gradientsOf = (loss: typeof squares | 'mean-squared-error') => {
        const counts = [...backpropagate(model, batchOf(false, dtype), { loss })].map(({ counted }) => counted);
        return { counts, gradients: model.gradients() };
      };
      expect(gradientsOf(squares)).toEqual(gradientsOf('mean-squared-error'));
    },
  );

  it('is taken of one of several outputs, with a weight', async () => {
    const model = await createModel(
      [
        features(F),
        elman({ units: 4, name: 'h' }),
        dense({ units: O, name: 'level', from: 'h' }),
        dense({ units: O, name: 'kind', from: 'h' }),
      ],
      { dtype: 'f64' },
    );
    const [reals, classes] = [batchOf(false, 'f64'), batchOf(true, 'f64')];
    const batch = {
      ...reals,
      mask: { level: reals.mask, kind: classes.mask },
      targets: { level: reals.targets, kind: classes.targets },
    } as never;
    const loss = { level: { loss: squares, weight: 0.5 }, kind: surprise };
    for (const { name, relativeError } of checkGradients(model, batch, { loss })) {
      expect(relativeError, name).toBeLessThan(1e-7);
    }
    const twins = { level: { loss: 'mean-squared-error', weight: 0.5 }, kind: 'cross-entropy' } as const;
    const [a, b] = [evaluate(model, batch, { loss }), evaluate(model, batch, { loss: twins })];
    expect(Math.abs(a.loss - b.loss)).toBeLessThan(1e-14);
    expect(() => evaluate(model, batch, { loss: squares })).toThrow(
      'loss: expected a loss for each output, as in { level: squares, kind: squares }, got squares',
    );
  });

  it('goes on from checkpoints that name it, and not from those of another loss', async () => {
    const run = async (loss: typeof squares | 'mean-squared-error', resume?: Uint8Array) => {
      const model = await create('f32');
      const options = { data: [batchOf(false, 'f32')], loss, optimizer: sgd({ learningRate: 0.1 }), epochs: 4 };
      let checkpoint: Uint8Array | undefined;
      for await (const event of train(model, { ...options, checkpoint: { every: 2 }, ...(resume && { resume }) })) {
        if (event.type === 'checkpoint') checkpoint ??= event.bytes;
      }
      return { checkpoint, parameters: model.parameters() };
    };
    const whole = await run(squares);
    expect((await run(squares, whole.checkpoint)).parameters).toEqual(whole.parameters);
    await expect(run('mean-squared-error', whole.checkpoint)).rejects.toThrow(
      'train.loss: expected "squares", as in the training that is resumed, got "mean-squared-error"',
    );
  });

  it('passes errors on with its name', async () => {
    const model = await create('f32');
    const failing = (loss: () => number) => defineLoss({ name: 'failing', targets: 'reals', loss });
    const run = (loss: () => number) => () => evaluate(model, batchOf(false, 'f32'), { loss: failing(loss) });
    const cause = new RangeError('no');
    const throwing = run(() => {
      throw cause;
    });
    expect(throwing).toThrow(
      expect.objectContaining({ message: 'loss failing: expected it to return, got RangeError: no', cause }),
    );
    expect(run((() => {}) as never)).toThrow('loss failing: expected it to return a number, got undefined');
  });

  const broken: readonly (readonly ['loss' | 'gradient', string, number, number])[] = [
    ['loss', 'loss failing: expected a finite loss, got NaN', Number.NaN, 1],
    ['gradient', 'loss failing: expected a finite gradient norm, got NaN', 1, Number.NaN],
  ];
  it.each(broken)('is named where its %s is not finite', async (quantity, message, value, slope) => {
    const model = await create('f32');
    const loss = defineLoss({
      name: 'failing',
      targets: 'reals',
      loss({ dy }) {
        dy.fill(slope);
        return value;
      },
    });
    const run = () => [...backpropagate(model, batchOf(false, 'f32'), { loss })];
    const where = 'loss failing';
    expect(run).toThrow(expect.objectContaining({ quantity, where, message: expect.stringContaining(message) }));
  });

  it('is not named where the outputs were not finite', async () => {
    const model = await create('f32');
    // Near the largest number that f32 has: the products overflow.
    for (const { name, data } of model.parameters()) model.setParameter(name, Array(data.length).fill(3e38));
    const run = () => [...backpropagate(model, batchOf(false, 'f32'), { loss: squares })];
    expect(run).toThrow(expect.objectContaining({ quantity: 'loss', where: expect.stringMatching(/^layer/) }));
  });

  it('refuses wrong definitions', () => {
    const refused = (definition: object) => expect(() => defineLoss(definition as never));
    refused({ name: 'a', targets: 'reals' }).toThrow(/^defineLoss\.loss: expected a function, got undefined/);
    refused({ name: 'a', targets: 'words', loss: () => 0 }).toThrow(
      /^defineLoss\.targets: expected one of "classes", /,
    );
    refused({ name: '', targets: 'reals', loss: () => 0 }).toThrow(/^defineLoss\.name: expected a name of letters/);
  });
});
