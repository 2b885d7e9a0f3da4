// Confusion matrices and perplexity, and evaluation of whatever fit takes.
import { describe, expect, it } from 'vitest';
import {
  createModel,
  type Dataset,
  dense,
  embedding,
  evaluate,
  features,
  fit,
  type GraphBatch,
  gru,
  last,
  type Sequence,
  sequences,
  textStream,
  tokens,
} from '../../src/index.ts';
import { crossEntropy } from '../../src/loss/index.ts';
import { accuracy, confusionMatrix, perplexity } from '../../src/metrics/index.ts';

const list: readonly Sequence[] = Array.from({ length: 9 }, (_, i) => ({
  inputs: Int32Array.from({ length: 2 + (i % 4) }, (_, t) => (i * t + i) % 4),
  targets: Int32Array.from({ length: 2 + (i % 4) }, (_, t) => (i + t) % 3),
}));
const build = () =>
  createModel([tokens(4), embedding({ units: 3 }), gru({ units: 5 }), dense({ units: 3 })], { seed: 6 });

/** The same batches, that are waited for. */
const later = (data: Dataset<GraphBatch, Iterable<GraphBatch>>): Dataset<GraphBatch, AsyncIterable<GraphBatch>> => ({
  async *batches(epoch, skip) {
    yield* data.batches(epoch, skip);
  },
});

describe('evaluate', () => {
  const options = { loss: 'cross-entropy', metrics: [accuracy(), perplexity()] } as const;

  it('takes lists, datasets and batches that come later, and says the same of all', async () => {
    const model = await build();
    const data = sequences(list, { batch: 4, features: 1, returns: 'all', bucket: true });
    const expected = evaluate(model, data, options);
    for (const same of [
      evaluate(model, list, { ...options, batch: 4 }),
      await evaluate(model, later(data), options),
      await evaluate(model, later(data).batches(0, 0), options),
    ]) {
      expect(same.counted).toBe(expected.counted);
      expect(Math.abs(same.loss - expected.loss)).toBeLessThan(1e-6);
      expect(same.metrics!.accuracy).toBe(expected.metrics!.accuracy);
    }
    expect(() => evaluate(model, [...data.batches(0, 0)], { ...options, batch: 2 })).toThrow(
      /^evaluate\.batch: expected none with data in batches, got 2/,
    );
    await expect(evaluate(model, later({ *batches() {} }), options)).rejects.toThrow(
      'evaluate(data): expected at least one batch, got none',
    );
  });

  it('takes a stream of tokens, and one label a sequence', async () => {
    const model = await createModel([tokens(4), gru({ units: 3 }), dense({ units: 4 })]);
    const text = Int32Array.from({ length: 50 }, (_, i) => (i * i) % 4);
    expect(evaluate(model, text, { ...options, batch: 5 }).loss).toBe(
      evaluate(model, textStream(text, { batch: 5 }), options).loss,
    );
    expect(evaluate(model, [...text], { ...options, batch: 5 }).loss).toBe(
      evaluate(model, text, { ...options, batch: 5 }).loss,
    );
    const one = await createModel([features(2), gru({ units: 3 }), last(), dense({ units: 2 })]);
    const labelled = [1, 2, 3].map((steps) => ({
      inputs: new Float32Array(2 * steps).fill(steps),
      targets: Int32Array.of(steps % 2),
    }));
    expect(evaluate(one, labelled, options).counted).toBe(3);
  });
});

describe('perplexity', () => {
  it('is e to the cross-entropy, whatever else the loss weighs, and stops trainings', async () => {
    const model = await build();
    const { loss } = evaluate(model, list, { loss: 'cross-entropy' });
    const { metrics } = evaluate(model, list, { loss: crossEntropy({ smoothing: 0.3 }), metrics: [perplexity()] });
    expect(Math.abs(metrics!.perplexity! / Math.exp(loss) - 1)).toBeLessThan(1e-6);
    const result = await fit(model, {
      data: list,
      validation: list,
      loss: 'cross-entropy',
      metrics: [perplexity()],
      earlyStopping: { patience: 2, monitor: 'perplexity' },
      epochs: 3,
    });
    expect(result.history.filter((event) => event.type === 'validation').at(-1)).toHaveProperty('metrics.perplexity');
  });

  it('takes logits that are large', async () => {
    const model = await createModel([features(1), dense({ units: 2 })], { dtype: 'f64' });
    model.setParameter('dense.weight', [4000, -4000]);
    const batch = { steps: 1, rows: 2, inputs: [1, 1], targets: [0, 0] };
    expect(evaluate(model, batch, { loss: 'cross-entropy', metrics: [perplexity()] }).metrics!.perplexity).toBe(1);
  });
});

describe('confusionMatrix', () => {
  it('counts which class was taken for which', async () => {
    const model = await build();
    const matrix = confusionMatrix(model, list);
    const expected = new Float64Array(9);
    for (const { inputs, targets } of list) {
      const { outputs } = model.forward({ steps: inputs.length, rows: 1, inputs });
      for (const [t, target] of targets.entries()) {
        const row = [...outputs.subarray(3 * t, 3 * t + 3)];
        expected[3 * target + row.indexOf(Math.max(...row))]!++;
      }
    }
    expect(matrix).toEqual({ rows: 3, columns: 3, data: expected });
    const { metrics } = evaluate(model, list, { loss: 'cross-entropy', metrics: [accuracy()] });
    const right = matrix.data[0]! + matrix.data[4]! + matrix.data[8]!;
    expect(right / matrix.data.reduce((a, b) => a + b)).toBeCloseTo(metrics!.accuracy!, 12);
    const data = sequences(list, { batch: 4, features: 1, returns: 'all' });
    expect(await confusionMatrix(model, later(data))).toEqual(matrix);
    expect(confusionMatrix(model, list, { loss: crossEntropy({ ignore: 2 }) }).data.slice(6)).toEqual(
      new Float64Array(3),
    );
  });

  it('is refused for numbers and outputs that are not there', async () => {
    const model = await build();
    expect(() => confusionMatrix(model, list, { output: 'a' })).toThrow(
      /^metrics\.confusionMatrix\.output: expected one of the outputs/,
    );
    const numbers = await createModel([features(1), dense({ units: 2 })]);
    const batch = { steps: 1, rows: 1, inputs: [1], targets: [0, 1] };
    expect(() => confusionMatrix(numbers, batch, { loss: 'mean-squared-error' })).toThrow(
      /^metrics\.confusionMatrix: expected a loss whose targets are classes/,
    );
    expect(() => confusionMatrix(model, list, { top: 2 } as never)).toThrow(/top/);
  });
});
