// A model that gives what is not finite says so, wherever it is asked, and is not written where reading would refuse it.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createModel,
  dense,
  elman,
  evaluate,
  features,
  fit,
  type Model,
  serialize,
  serializeState,
  sgd,
  train,
} from '../../src/index.ts';
import { backtest, fitPipeline, forecast, series } from '../../src/series/index.ts';

/** An Elman network whose states double until they are beyond all numbers. */
async function exploding(weight = 4): Promise<Model> {
  const model = await createModel([features(1), elman({ units: 1, activation: 'identity' }), dense({ units: 1 })]);
  model.setParameter('rnn.weight_ih_l0', [1]);
  model.setParameter('rnn.weight_hh_l0', [weight]);
  model.setParameter('dense.weight', [1]);
  return model;
}
const batch = (T: number, value = 1) => ({
  steps: T,
  rows: 1,
  inputs: new Float32Array(T).fill(value),
  targets: new Float32Array(T),
});
const loss = 'mean-squared-error';

describe('a model that explodes', () => {
  let model: Model;
  beforeAll(async () => {
    model = await exploding();
  });

  it('forward names the layer', () => {
    const { targets: _, ...input } = batch(100);
    expect(() => model.forward(input)).toThrow(
      /^forward, layer 0 \(elman\): expected finite outputs, got (Infinity|NaN)$/,
    );
    const { targets: __, ...short } = batch(10);
    expect(model.forward(short).outputs[9]).toBeGreaterThan(1e5);
  });

  it('evaluate does too, also where it is one of several batches', () => {
    expect(() => evaluate(model, [batch(3), batch(100)], { loss })).toThrow(
      /^evaluate\(data\), layer 0 \(elman\): expected a finite loss, got (Infinity|NaN)$/,
    );
    expect(() => evaluate(model, batch(3), { loss })).not.toThrow();
  });

  it('a validation ends the training, which has changed nothing since', async () => {
    const options = { loss, optimizer: sgd({ learningRate: 1e-3 }), epochs: 3 } as const;
    for (const more of [{}, { validateEvery: 1 }, { average: { decay: 0.5 } }]) {
      const own = await exploding();
      let steps = 0;
      const run = async () => {
        for await (const event of train(own, { ...options, data: [batch(2)], validation: [batch(200)], ...more })) {
          if (event.type === 'validation' || event.type === 'end') throw new Error(`a ${event.type} event`);
          steps++;
        }
      };
      await expect(run()).rejects.toMatchObject({ name: 'BpttError', code: 'non-finite' });
      await expect(fit(own, { ...options, data: [batch(2)], validation: [batch(200)] })).rejects.toThrow(
        /^train\.validation, layer 0 \(elman\): expected a finite loss, got (Infinity|NaN)$/,
      );
      expect(steps).toBe('validateEvery' in more ? 1 : 3);
      expect(own.parameters().every(({ data }) => data.every(Number.isFinite))).toBe(true);
    }
  });

  it('forecast and backtest say it', async () => {
    const whole = series({ x: Array.from({ length: 120 }, (_, i) => Math.sin(i)) });
    const pipeline = fitPipeline(whole, { from: 0, to: 110 }, { targets: ['x'] });
    const wild = await exploding(1e3);
    const message = /^forward, layer 0 \(elman\): expected finite outputs/;
    expect(() => forecast(wild, pipeline, whole)).toThrow(message);
    expect(() => backtest(wild, pipeline, whole, { from: 60, to: 120 })).toThrow(message);
  });
});

describe('what is not finite is not written', () => {
  it('as a model', async () => {
    const model = await exploding();
    const { arena, parameters } = model.network;
    arena.reals(parameters, 1)[0] = Number.NaN;
    expect(() => serialize(model)).toThrow(
      /^serialize\(model\), rnn\.weight_ih_l0\[0\]: expected a finite number, got NaN$/,
    );
  });

  it('as a state', async () => {
    const state = (await exploding()).zeroState(1);
    state.layers[0]![0] = Number.POSITIVE_INFINITY;
    expect(() => serializeState(state)).toThrow(
      'serializeState(state).layers[0][0]: expected a finite number, got Infinity',
    );
  });

  it('as a checkpoint', async () => {
    const model = await exploding(1);
    const options = {
      data: [batch(4)],
      loss,
      optimizer: sgd({ learningRate: 1e-3 }),
      steps: 1,
      checkpoint: { every: 1 },
    };
    const kept: string[] = [];
    const run = async () => {
      for await (const event of train(model, { ...options, loss })) {
        kept.push(event.type);
        model.network.arena.reals(model.network.parameters, 1)[0] = Number.NaN;
      }
    };
    await expect(run()).rejects.toMatchObject({ name: 'BpttError', code: 'non-finite' });
    expect(kept).toEqual(['step']);
  });
});
