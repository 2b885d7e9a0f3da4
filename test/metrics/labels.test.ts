// Label and word error rates as metrics: against decode and errorRate, in evaluate and fit, and what is refused.
import { describe, expect, it } from 'vitest';
import { bidirectional, createModel, dense, evaluate, features, fit, gru, type LabelBatch } from '../../src/index.ts';
import { labelErrorRate, type Metric, wordErrorRate } from '../../src/metrics/index.ts';
import { ctc, decode, errorRate } from '../../src/speech/index.ts';
import { trainInWorker } from '../../src/worker/index.ts';
import { numbers } from '../support/models.ts';

const [T, B, F, C] = [17, 4, 3, 5];
const next = numbers(5);

function batchOf(rows: number): LabelBatch {
  return {
    steps: T,
    rows,
    inputs: Float32Array.from({ length: T * rows * F }, () => 4 * next() - 2),
    lengths: Int32Array.from({ length: rows }, (_, row) => T - 3 * row),
    targets: Array.from({ length: rows }, (_, row) =>
      Int32Array.from({ length: row === 2 ? 0 : 4 - row }, () => Math.floor(next() * (C - 1)) + (row % 2)),
    ).map((labels) => labels.map((label) => (label === 3 ? 2 : label))),
  };
}
const batches = [batchOf(B), batchOf(B - 1)];

async function modelOf() {
  const model = await createModel([features(F), bidirectional(gru({ units: 6 })), dense({ units: C })], { seed: 3 });
  const { data } = model.parameters().find(({ name }) => name === 'dense.weight')!;
  model.setParameter(
    'dense.weight',
    data.map((value) => 20 * value),
  );
  return model;
}

/** What is said and heard by row. */
function pairsOf(model: Awaited<ReturnType<typeof modelOf>>, blank: number) {
  return batches.flatMap((batch) => {
    const { steps, rows, inputs, lengths } = batch;
    const { outputs } = model.forward({ steps, rows, inputs, lengths: lengths! });
    const found = decode({ steps, rows, lengths, logits: outputs }, { blank });
    return found.map(([best], row) => [[...batch.targets[row]!], [...best!.labels]] as const);
  });
}

describe('the label error rate', () => {
  it('is that of the likeliest paths, over all batches', async () => {
    const model = await modelOf();
    const pairs = pairsOf(model, 3);
    const { rate, insertions } = errorRate(pairs);
    expect(insertions).toBeGreaterThan(0);
    const { metrics } = evaluate(model, batches, { loss: await ctc({ blank: 3 }), metrics: [labelErrorRate()] });
    expect(metrics).toEqual({ ler: rate });
  });

  it('leaves out rows that do not count', async () => {
    const model = await modelOf();
    const mask = Uint8Array.of(1, 0, 0, 1);
    const pairs = pairsOf(model, 3)
      .slice(0, B)
      .filter((_, row) => mask[row] === 1);
    const loss = await ctc({ blank: 3 });
    const { metrics } = evaluate(model, { ...batches[0]!, mask }, { loss, metrics: [labelErrorRate()] });
    expect(metrics).toEqual({ ler: errorRate(pairs).rate });
  });

  it('is taken in training, by which it may stop, here and in a worker', async () => {
    const loss = await ctc({ blank: 3 });
    const rates = [];
    for (const trainer of [undefined, trainInWorker]) {
      const found: unknown[] = [];
      await fit(await modelOf(), {
        data: batches,
        validation: batches,
        loss,
        metrics: [labelErrorRate(), wordErrorRate({ separator: 1 })],
        earlyStopping: { patience: 2, monitor: 'ler' },
        epochs: 4,
        ...(trainer && { trainer }),
        onEvent: (event) => event.type === 'validation' && found.push(event.metrics),
      });
      rates.push(found);
    }
    expect(rates[0]!.length).toBeGreaterThan(1);
    expect(rates[0]![0]).toEqual({ ler: expect.any(Number), wer: expect.any(Number) });
    expect(rates[1]).toEqual(rates[0]);
  });
});

describe('the word error rate', () => {
  it('is that of what lies between separators', async () => {
    const model = await modelOf();
    const words = (labels: readonly number[]) => {
      const text = labels.map((label) => (label === 1 ? ' ' : String(label))).join('');
      return text.split(' ').filter((word) => word !== '');
    };
    const pairs = pairsOf(model, 3).map(([said, heard]) => [words(said), words(heard)] as const);
    const loss = await ctc({ blank: 3 });
    const { metrics } = evaluate(model, batches, { loss, metrics: [wordErrorRate({ separator: 1 })] });
    expect(metrics).toEqual({ wer: errorRate(pairs).rate });
  });
});

describe('they are refused', () => {
  const steps = { steps: 1, rows: 1, inputs: new Float32Array(F), targets: Int32Array.of(0) };
  const refused = async (metric: Metric, message: string) => {
    const model = await modelOf();
    const loss = await ctc({ blank: 3 });
    expect(() => evaluate(model, batches, { loss, metrics: [metric] })).toThrow(message);
  };

  it('for a loss of steps', async () => {
    const model = await createModel([features(F), dense({ units: C })]);
    expect(() => evaluate(model, steps, { loss: 'cross-entropy', metrics: [labelErrorRate()] })).toThrow(
      'metrics.ler: expected a loss of labels such as ctc, got one of steps',
    );
  });

  it('with a separator that is no class, and names twice', async () => {
    await refused(wordErrorRate({ separator: C }), 'metrics.wer.separator: expected a label from 0 to 4, got 5');
    expect(() => wordErrorRate({} as never)).toThrow('wer.separator: expected an integer >= 0, got undefined');
    expect(() => labelErrorRate({ blank: 1 } as never)).toThrow('ler: expected only output, name, got "blank"');
  });
});
