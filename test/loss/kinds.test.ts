// The losses of `bptt/losses` and weights: PyTorch's figures, right gradients, checkpoints, and what is refused.
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
  gru,
  sgd,
  train,
} from '../../src/index.ts';
import { crossEntropy, focal, huber, meanAbsolute, quantile } from '../../src/loss/index.ts';
import { lossFrom } from '../../src/loss/kinds.ts';
import type { LossDescription } from '../../src/loss/losses.ts';
import fixture from '../truth/fixtures/losses.json' with { type: 'json' };

interface Case {
  readonly kind: 'huber' | 'meanAbsolute' | 'crossEntropy' | 'focal' | 'quantile';
  readonly options: never;
  readonly targets: readonly number[];
  readonly weights?: readonly number[];
  readonly sum: number;
  readonly mean: number;
  readonly gradient: readonly number[];
}
const makers = { crossEntropy, focal, huber, meanAbsolute, quantile };
const { rows: B, outputs: O, y } = fixture;
const cases = (fixture.cases as unknown as readonly Case[]).map((one) => [titleOf(one), one] as const);
function titleOf({ kind, options, weights }: Case) {
  return `${kind}(${JSON.stringify(options)})${weights === undefined ? '' : ', rows weighted'}`;
}

const isOfClasses = (kind: string) => kind === 'crossEntropy' || kind === 'focal';

/** A model whose weight is what it gives: row r reads a 1 at place r. */
async function given(dtype: 'f32' | 'f64', { kind, targets, weights }: Case) {
  const model = await createModel([features(B), dense({ units: O })], { dtype });
  model.setParameter(
    'dense.weight',
    y.map((_, i) => y[(i % B) * O + Math.floor(i / B)]!),
  );
  const batch: Batch = {
    steps: 1,
    rows: B,
    inputs: Float64Array.from({ length: B * B }, (_, i) => +(i % (B + 1) === 0)),
    targets: isOfClasses(kind) ? Int32Array.from(targets) : Float64Array.from(targets),
    ...(weights && { mask: Float64Array.from(weights) }),
  };
  return { model, batch };
}

describe.each(cases)('%s', (_, one) => {
  const loss: LossDescription = makers[one.kind](one.options);

  it.each([
    ['f64', 1e-13],
    ['f32', 3e-6],
  ] as const)('is PyTorch in %s', async (dtype, tolerance) => {
    const { model, batch } = await given(dtype, one);
    expect(Math.abs(evaluate(model, batch, { loss }).loss - one.mean)).toBeLessThan(tolerance * 10);
    expect(Math.abs(evaluate(model, batch, { loss, reduction: 'sum' }).loss - one.sum)).toBeLessThan(tolerance * 100);
    const [result] = [...backpropagate(model, batch, { loss })];
    expect(Math.abs(result!.loss - one.mean)).toBeLessThan(tolerance * 10);
    const { data } = model.gradients()[0]!;
    for (const [i, expected] of one.gradient.entries()) {
      expect(Math.abs(data[(i % O) * B + Math.floor(i / O)]! - expected), `row ${Math.floor(i / O)}`).toBeLessThan(
        tolerance,
      );
    }
  });
});

const numbers = (count: number, k: number) => Float64Array.from({ length: count }, (_, i) => ((i * k) % 11) / 5 - 1);
const T = 6;

/** Some weights, some of them zero. */
function batchOf(targets: Batch['targets'], F = 2): Batch {
  const mask = Float64Array.from({ length: T * 3 }, (_, i) => ((i * 5) % 4) / 2);
  return { steps: T, rows: 3, inputs: numbers(T * 3 * F, 7), targets, mask };
}
const classes = Int32Array.from({ length: T * 3 }, (_, i) => (i * i) % O);

const losses: readonly (readonly [
  string,
  LossDescription | 'cross-entropy' | 'mean-squared-error',
  Batch['targets'],
])[] = [
  ['huber', huber({ delta: 0.4 }), numbers(T * 3 * O, 5)],
  ['meanAbsolute', meanAbsolute(), numbers(T * 3 * O, 5)],
  ['quantile', quantile({ quantiles: [0.2, 0.6] }), numbers(T * 3 * 2, 5)],
  ['crossEntropy', crossEntropy({ smoothing: 0.1, classWeights: [1, 0.5, 2, 0], ignore: 3 }), classes],
  ['focal', focal({ gamma: 1.5 }), classes],
  ['cross-entropy', 'cross-entropy', classes],
  ['mean-squared-error', 'mean-squared-error', numbers(T * 3 * O, 5)],
];

describe.each(losses)('%s with weights', (_, loss, targets) => {
  const create = (dtype: 'f32' | 'f64') =>
    createModel([features(2), gru({ units: 4 }), dense({ units: O })], { dtype, seed: 3 });

  it.each([undefined, { k1: 2, k2: 3 }, { k1: 2, k2: 4, losses: 'window' }] as const)(
    'has right gradients, truncated as %j',
    async (truncation) => {
      const model = await create('f64');
      const options = { loss, ...(truncation && { truncation }) };
      for (const { name, relativeError } of checkGradients(model, batchOf(targets), options)) {
        expect(relativeError, name).toBeLessThan(1e-7);
      }
    },
  );

  it('has the same bits in segments', async () => {
    const of = async (memoryBudget?: number) => {
      const model = await create('f64');
      [...backpropagate(model, batchOf(targets), { loss, ...(memoryBudget && { memoryBudget }) })];
      return model.gradients();
    };
    expect(await of(6000)).toEqual(await of());
  });

  it('goes on from checkpoints to the same bits', async () => {
    const run = async (resume?: Uint8Array) => {
      const model = await create('f64');
      const options = { data: [batchOf(targets)], loss, optimizer: sgd({ learningRate: 0.1 }), steps: 5 } as const;
      const truncation = { k1: 2, k2: 4, losses: 'window' } as const;
      let checkpoint: Uint8Array | undefined;
      for await (const event of train(model, {
        ...options,
        truncation,
        checkpoint: { every: 2 },
        ...(resume && { resume }),
      })) {
        if (event.type === 'checkpoint') checkpoint ??= event.bytes;
      }
      return { checkpoint, parameters: model.parameters() };
    };
    const whole = await run();
    expect((await run(whole.checkpoint)).parameters).toEqual(whole.parameters);
  });
});

it('weights of one output a row are one a row', async () => {
  const model = await createModel([features(2), elman({ units: 4, returns: 'last' }), dense({ units: O })], {
    dtype: 'f64',
  });
  const batch = { steps: T, rows: 3, inputs: numbers(T * 6, 7), targets: Int32Array.of(1, 0, 2) };
  const of = (row: number) =>
    evaluate(model, { ...batch, mask: Uint8Array.from([0, 1, 2], (r) => +(r === row)) }, { loss: 'cross-entropy' })
      .loss;
  const { loss, counted } = evaluate(model, { ...batch, mask: Float64Array.of(2, 0, 0.5) }, { loss: 'cross-entropy' });
  expect(counted).toBe(2.5);
  expect(Math.abs(loss - (2 * of(0) + 0.5 * of(2)) / 2.5)).toBeLessThan(1e-14);
});

describe('checkpoints and plain data', () => {
  it('have the options too', async () => {
    const run = async (loss: LossDescription, resume?: Uint8Array) => {
      const model = await createModel([features(2), dense({ units: O })]);
      const options = {
        data: [batchOf(numbers(T * 3 * O, 5))],
        loss,
        optimizer: sgd({ learningRate: 0.1 }),
        epochs: 2,
      };
      let checkpoint: Uint8Array | undefined;
      for await (const event of train(model, { ...options, checkpoint: { every: 1 }, ...(resume && { resume }) })) {
        if (event.type === 'checkpoint') checkpoint ??= event.bytes;
      }
      return checkpoint;
    };
    const checkpoint = await run(huber({ delta: 0.5 }));
    await run(huber({ delta: 0.5 }), checkpoint);
    await expect(run(huber(), checkpoint)).rejects.toThrow(
      'train.loss: expected {"kind":"huber","delta":0.5}, as in the training that is resumed, got {"kind":"huber","delta":1}',
    );
  });

  it('make the loss again', () => {
    const made = crossEntropy({ smoothing: 0.1 });
    expect(lossFrom('loss', JSON.parse(JSON.stringify(made)))).toEqual(made);
    expect(() => lossFrom('loss', { kind: 'hubr' })).toThrow(
      /^loss\.kind: expected one of "cross-entropy", .*got "hubr"/,
    );
  });
});

describe('what is refused', () => {
  it.each<[string, () => unknown, string | RegExp]>([
    ['a delta of 0', () => huber({ delta: 0 }), /^huber\.delta: expected a finite number > 0/],
    ['unknown options', () => huber({ beta: 1 } as never), /beta/],
    ['quantiles at the ends', () => quantile({ quantiles: [0, 0.5] }), /^quantile\.quantiles\[0\]: expected/],
    [
      'quantiles that do not ascend',
      () => quantile({ quantiles: [0.5, 0.1] }),
      'quantile.quantiles[1]: expected more than 0.5, the quantile before it, got 0.1',
    ],
    [
      'no quantiles',
      () => quantile({ quantiles: [] }),
      /^quantile\.quantiles: expected an array of quantiles with at least one/,
    ],
    ['a smoothing of 1', () => crossEntropy({ smoothing: 1 }), /^cross-entropy\.smoothing: expected/],
    ['weights below 0', () => focal({ classWeights: [1, -1] }), /^focal\.classWeights\[1\]: expected/],
    [
      'weights of 0',
      () => focal({ classWeights: [0, 0] }),
      'focal.classWeights: expected a weight above 0, got zeros alone',
    ],
    ['an inexact gamma', () => focal({ gamma: 0.3 }), 'focal.gamma: expected a multiple of 1/2, got 0.3'],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message);
  });

  it('what does not fit the outputs', async () => {
    const model = await createModel([features(2), dense({ units: O })]);
    const run = (loss: LossDescription, batch: Batch) => () => evaluate(model, batch, { loss });
    expect(run(quantile({ quantiles: [0.1, 0.5, 0.9] }), batchOf(numbers(T * 3, 5)))).toThrow(
      'loss: expected outputs for 3 quantiles of each number, a multiple of 3, got 4',
    );
    expect(run(crossEntropy({ classWeights: [1, 2] }), batchOf(classes))).toThrow(
      'loss.classWeights: expected 4 weights, one for each class, got 2',
    );
    const strange = classes.map((target, i) => (i === 4 ? -100 : target));
    expect(run(crossEntropy(), batchOf(strange))).toThrow(
      /^batch\.targets\[4\]: expected a token from 0 to 3, got -100/,
    );
    run(crossEntropy({ ignore: -100 }), batchOf(strange))();
    const weighted = (mask: Batch['mask']) => run(huber(), { ...batchOf(numbers(T * 3 * O, 5)), mask: mask! });
    expect(weighted(new Float32Array(T * 3).fill(-1, 2))).toThrow(
      /^batch\.mask\[2\]: expected a finite number >= 0, got -1/,
    );
    expect(weighted(new Float64Array(T * 3).fill(Number.NaN))).toThrow(/^batch\.mask\[0\]: expected/);
    expect(weighted(new Float32Array(T * 3))).toThrow('batch.mask: expected a weight above 0, got zeros alone');
    expect(weighted(new Float32Array(5))).toThrow(/^batch\.mask: expected 18 .*got 5/);
  });
});
