// Dropout, dropped weights and zoneout outside training, where nothing is random, and the options that are refused.
import { describe, expect, it } from 'vitest';
import {
  backpropagate,
  bidirectional,
  createModel,
  dense,
  dropout,
  elman,
  evaluate,
  generate,
  gru,
  type LayerDescription,
  lstm,
  type Model,
  type ModelDescription,
  residual,
  type State,
  sgd,
  tokens,
  train,
} from '../../src/index.ts';
import { VOCABULARY } from '../support/models.ts';
import { type NoisyName, noisy, onTokens, random, tokenBatch } from '../support/noisy.ts';

describe('outside training', () => {
  const plainOf: Record<Exclude<NoisyName, 'zoneout'>, readonly LayerDescription[]> = {
    dropout: [elman({ units: 5, ...random })],
    'variational dropout': [elman({ units: 5, ...random })],
    'recurrent dropout': [lstm({ units: 5, ...random })],
    'weight dropout': [gru({ units: 5, ...random })],
    'all in both directions': [
      bidirectional(gru({ units: 5, zoneout: { hidden: 0.5 }, ...random })),
      residual(bidirectional(lstm({ units: 5, ...random }))),
    ],
  };

  it.each(Object.entries(plainOf))(
    '%s is off: forward, evaluate and generate give what they give without it',
    async (name, plain) => {
      const [with_, without] = [await onTokens(noisy[name as NoisyName]), await onTokens(plain)];
      for (const { name: parameter, data } of with_.parameters()) without.setParameter(parameter, data);
      // After training, when masks have been drawn.
      [...backpropagate(with_, tokenBatch, { loss: 'cross-entropy' })];
      const { targets: _, ...input } = tokenBatch;
      // But for what the states say that they are of.
      const numbers = ({ state, ...rest }: { readonly state: State }) => ({ ...rest, layers: state.layers });
      expect(numbers(with_.forward(input))).toEqual(numbers(without.forward(input)));
      expect(numbers(evaluate(with_, tokenBatch, { loss: 'cross-entropy' }))).toEqual(
        numbers(evaluate(without, tokenBatch, { loss: 'cross-entropy' })),
      );
      if (name === 'all in both directions') return;
      const speak = (model: Model) => [...generate(model, { prompt: [1, 2], length: 40, seed: 3 })];
      expect(speak(with_)).toEqual(speak(without));
    },
  );

  const zoned = {
    elman: [elman({ units: 5, ...random }), { hidden: 0.3 }],
    lstm: [lstm({ units: 5, ...random }), { hidden: 0.3, cell: 0.6 }],
    gru: [gru({ units: 5, ...random }), { hidden: 0.3 }],
    'gru, reset before': [gru({ units: 5, reset: 'before', ...random }), { hidden: 0.3 }],
  } as const;

  it.each(Object.entries(zoned))(
    'zoneout takes the mean of both values: z∘old + (1 - z)∘new, %s',
    async (_, [cell, zoneout]) => {
      const [with_, without] = [await onTokens([{ ...cell, zoneout }]), await onTokens([cell])];
      const T = tokenBatch.steps;
      const B = tokenBatch.rows;
      const outputs: number[] = [];
      let state: State | undefined;
      const zs = [zoneout.hidden, 'cell' in zoneout ? zoneout.cell : 0];
      for (let t = 0; t < T; t++) {
        const inputs = (tokenBatch.inputs as Int32Array).slice(t * B, (t + 1) * B);
        const before = state?.layers ?? [];
        const next = without.forward({ steps: 1, rows: B, inputs }, state).state;
        const mixed = next.layers.map((layer, k) =>
          Float64Array.from(layer, (value, i) => zs[k]! * (before[k]?.[i] ?? 0) + (1 - zs[k]!) * value),
        );
        state = { rows: B, layers: mixed };
        outputs.push(...headOn(without, mixed[0]!, B));
      }
      const { targets, ...input } = tokenBatch;
      const all = with_.forward(input);
      expect(all.state.layers).toEqual(state!.layers);
      for (const [i, output] of outputs.entries()) expect(Math.abs(all.outputs[i]! - output)).toBeLessThan(1e-14);

      const { loss } = evaluate(with_, tokenBatch, { loss: 'cross-entropy' });
      expect(Math.abs(loss - crossEntropy(all.outputs, targets as Int32Array))).toBeLessThan(1e-14);
      // What is said is what forward finds the likeliest.
      const said = [...generate(with_, { prompt: [1, 2], length: 8, temperature: 0 })];
      const { outputs: logits } = with_.forward({
        steps: 9,
        rows: 1,
        inputs: Int32Array.of(1, 2, ...said.slice(0, 7)),
      });
      const likeliest = said.map((_, i) => {
        const row = [...logits.subarray((i + 1) * VOCABULARY, (i + 2) * VOCABULARY)];
        return row.indexOf(Math.max(...row));
      });
      expect(said).toEqual(likeliest);
    },
  );

  /** The dense layer on rows of 5. */
  function headOn(model: Model, h: Float64Array, rows: number): number[] {
    const [weight, bias] = ['dense.weight', 'dense.bias'].map(
      (name) => model.parameters().find((p) => p.name === name)!,
    );
    return Array.from({ length: rows * VOCABULARY }, (_, i) => {
      const [row, output] = [Math.floor(i / VOCABULARY), i % VOCABULARY];
      let sum = bias!.data[output]!;
      for (let k = 0; k < 5; k++) sum += h[row * 5 + k]! * weight!.data[output * 5 + k]!;
      return sum;
    });
  }

  function crossEntropy(logits: ArrayLike<number>, targets: Int32Array): number {
    let sum = 0;
    for (const [row, target] of targets.entries()) {
      let total = 0;
      for (let k = 0; k < VOCABULARY; k++) total += Math.exp(logits[row * VOCABULARY + k]!);
      sum += Math.log(total) - logits[row * VOCABULARY + target]!;
    }
    return sum / targets.length;
  }
});

describe('wrong options', () => {
  const bad = [-0.1, 1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '0.5', null] as never[];
  const cells = { elman, lstm, gru };

  it.each(bad)('a rate of %s is refused', (rate) => {
    expect(() => dropout({ rate })).toThrow(/^dropout\.rate: expected a finite number >= 0 and < 1, got /);
    for (const [name, cell] of Object.entries(cells)) {
      const expected = (option: string) =>
        new RegExp(`^${name}\\.${option}: expected a finite number >= 0 and < 1, got `);
      expect(() => cell({ units: 3, recurrentDropout: rate })).toThrow(expected('recurrentDropout'));
      expect(() => cell({ units: 3, weightDropout: rate })).toThrow(expected('weightDropout'));
    }
  });

  it.each(bad.filter((rate) => rate !== 1))('a zoneout rate of %s is refused', (rate) => {
    for (const [name, cell] of Object.entries(cells)) {
      const expected = new RegExp(`^${name}\\.zoneout\\.hidden: expected a finite number >= 0 and <= 1, got `);
      expect(() => cell({ units: 3, zoneout: { hidden: rate } })).toThrow(expected);
    }
    expect(() => lstm({ units: 3, zoneout: { cell: rate } })).toThrow(/^lstm\.zoneout\.cell: /);
  });

  it('a rate for a cell that has no c, an unknown option and a wrong kind are refused', () => {
    for (const cell of [elman, gru]) {
      expect(() => cell({ units: 3, zoneout: { cell: 0.5 } })).toThrow(/^(elman|gru)\.zoneout: .*hidden.*"cell"/);
    }
    expect(() => lstm({ units: 3, zoneout: 0.5 as never })).toThrow(
      'lstm.zoneout: expected an object of options such as { hidden: 0.5 }, got 0.5',
    );
    expect(() => dropout({ rate: 0.5, variational: 1 as never })).toThrow(/^dropout\.variational: /);
    expect(() => dropout({ rates: 0.5 } as never)).toThrow(/^dropout: .*"rates"/);
    expect(() => dropout({} as never)).toThrow(/^dropout\.rate: .*got undefined/);
  });

  it('tokens cannot be dropped', async () => {
    const description: ModelDescription = [tokens(5), dropout({ rate: 0.5 }), dense({ units: 2 })];
    await expect(createModel(description)).rejects.toThrow(/^model\[1\]: expected features as input, got 5 tokens/);
  });

  it.each([-1, 1.5, 2 ** 53, Number.NaN])('a seed of %s is refused', async (seed) => {
    const model = await onTokens(noisy.dropout);
    expect(() => [...backpropagate(model, tokenBatch, { loss: 'cross-entropy', seed })]).toThrow(
      /^backpropagate\.seed: /,
    );
    const options = { data: [tokenBatch], loss: 'cross-entropy', optimizer: sgd({ learningRate: 1 }), seed } as const;
    expect(() => train(model, options)).toThrow(/^train\.seed: /);
  });
});
