// CTC as the loss of models: values, gradients, lengths, what it counts, what it refuses.
import { describe, expect, it } from 'vitest';
import {
  adam,
  backpropagate,
  bidirectional,
  checkGradients,
  createModel,
  dense,
  evaluate,
  features,
  fit,
  type GraphBatch,
  gru,
  type Labels,
  sequences,
  tokens,
  train,
} from '../../src/index.ts';
import { accuracy } from '../../src/metrics/index.ts';
import { ctc } from '../../src/speech/index.ts';

const [T, B, C] = [9, 4, 5];
const labels: Labels = [[1, 2, 2, 3], [4], [], [3, 1, 3]].map((row) => Int32Array.from(row));

function numbers(count: number, seed = 1): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => Math.fround(Math.sin(12.9898 * (i + seed)) * 2));
}

const batch: GraphBatch = {
  steps: T,
  rows: B,
  inputs: numbers(T * B * 3),
  targets: labels,
  lengths: [9, 4, 7, 5],
};

const stack = () =>
  createModel([features(3), bidirectional(gru({ units: 4 })), dense({ units: C })], { dtype: 'f64', seed: 3 });

/** The loss of a row of logits over all paths, one by one. */
function bruteForce(logits: ArrayLike<number>, row: number, steps: number, wanted: Int32Array, blank: number): number {
  let total = 0;
  const go = (t: number, last: number, found: number, p: number): void => {
    if (t === steps) {
      if (found === wanted.length) total += p;
      return;
    }
    const at = (t * B + row) * C;
    let sum = 0;
    for (let c = 0; c < C; c++) sum += Math.exp(logits[at + c]!);
    for (let c = 0; c < C; c++) {
      const next = p * (Math.exp(logits[at + c]!) / sum);
      if (c === blank || c === last) go(t + 1, c, found, next);
      else if (wanted[found] === c) go(t + 1, c, found + 1, next);
    }
  };
  go(0, blank, 0, 1);
  return -Math.log(total);
}

describe('ctc', () => {
  it('is -log of the probability of all paths, divided by labels in a mean, undivided in a sum', async () => {
    const model = await stack();
    const { outputs } = model.forward(batch);
    const losses = labels.map((row, b) =>
      bruteForce(outputs as Float64Array, b, (batch.lengths as number[])[b]!, row, 0),
    );
    const sum = evaluate(model, batch, { loss: await ctc(), reduction: 'sum' });
    expect(sum.loss).toBeCloseTo(
      losses.reduce((a, b) => a + b),
      12,
    );
    expect(sum.counted).toBe(B);
    const mean = evaluate(model, batch, { loss: await ctc() });
    expect(mean.loss).toBeCloseTo(
      losses.reduce((a, b, row) => a + b / Math.max(1, labels[row]!.length) / B, 0),
      12,
    );
  });

  it.each(['mean', 'sum'] as const)('has the gradient of finite differences: %s', async (reduction) => {
    const model = await stack();
    for (const blank of [0, 4]) {
      const targets = labels.map((row) => row.map((label) => (blank === 4 ? label - 1 : label)));
      for (const { name, relativeError } of checkGradients(
        model,
        { ...batch, targets },
        { loss: await ctc({ blank }), reduction },
      )) {
        expect(relativeError, name).toBeLessThan(1e-7);
      }
    }
  });

  it('does not see what lies in the padding', async () => {
    const model = await stack();
    const inputs = numbers(T * B * 3);
    for (const [row, length] of (batch.lengths as number[]).entries()) {
      for (let t = length; t < T; t++) inputs.fill(99, (t * B + row) * 3, (t * B + row + 1) * 3);
    }
    const loss = await ctc();
    const gradient = (given: GraphBatch) => {
      const [window] = backpropagate(model, given, { loss });
      return { loss: window!.loss, gradients: model.gradients().map(({ data }) => [...data]) };
    };
    expect(gradient({ ...batch, inputs })).toEqual(gradient(batch));
  });

  it('takes part among other losses, with a weight', async () => {
    const entries = [
      features(3),
      gru({ units: 4, name: 'h' }),
      dense({ units: C, name: 'text', from: 'h' }),
      dense({ units: 2, name: 'tone', from: 'h' }),
    ] as const;
    const model = await createModel(entries as never, { dtype: 'f64' });
    const targets = { text: labels, tone: numbers(T * B * 2, 5) };
    const loss = { text: { loss: await ctc(), weight: 0.5 }, tone: 'mean-squared-error' as const };
    for (const { name, relativeError } of checkGradients(model, { ...batch, targets }, { loss })) {
      expect(relativeError, name).toBeLessThan(1e-7);
    }
  });

  it('learns to spell from sequences, and goes on where a checkpoint was', async () => {
    const list = Array.from({ length: 8 }, (_, i) => {
      const word = [1 + (i % 3), 1 + ((i + 1) % 3), 1 + (i % 2)];
      // Each label for two steps, with a pause after it.
      const inputs = Int32Array.from(word.flatMap((label) => [label, label, 0]));
      return { inputs, targets: Int32Array.from(word) };
    });
    const model = await createModel([tokens(4), gru({ units: 8 }), dense({ units: 4 })], { seed: 1 });
    const loss = await ctc();
    const { history } = await fit(model, {
      data: list,
      loss,
      batch: 4,
      epochs: 60,
      optimizer: adam({ learningRate: 0.03 }),
    });
    const losses = history.flatMap((event) => (event.type === 'step' ? [event.loss] : []));
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 10);
    const data = sequences(list, { batch: 4, returns: 'labels' });
    let bytes: Uint8Array | undefined;
    for await (const event of train(model, { data, loss, optimizer: adam(), steps: 3, checkpoint: { every: 2 } })) {
      if (event.type === 'checkpoint') bytes ??= event.bytes;
    }
    const other = await createModel([tokens(4), gru({ units: 8 }), dense({ units: 4 })]);
    const options = { data, optimizer: adam(), steps: 3, resume: bytes! };
    for await (const _ of train(other, { ...options, loss: await ctc() }));
    expect(other.parameters()).toEqual(model.parameters());
    const wrong = async () => {
      for await (const _ of train(other, { ...options, loss: await ctc({ blank: 3 }) }));
    };
    await expect(wrong()).rejects.toThrow(/loss/);
  });

  it('counts rows out whose labels do not fit, where it is told to', async () => {
    const model = await stack();
    const lengths = [9, 4, 7, 2];
    const options = { loss: await ctc({ infeasible: 'skip' }) };
    const all = evaluate(model, { ...batch, lengths }, options);
    expect(all.counted).toBe(3);
    const three = { ...batch, lengths, targets: [...labels.slice(0, 3), Int32Array.of(1)] };
    const of = (row: number) => {
      const targets = labels.map((_, b) => (b === row ? labels[b]! : new Int32Array(9).fill(1)));
      return evaluate(model, { ...batch, lengths, targets }, options);
    };
    expect(of(3).counted).toBe(0);
    expect(all.lossSum).toBeCloseTo(of(0).loss + of(1).loss + of(2).loss, 12);
    expect(evaluate(model, three, options).counted).toBe(4);
    const [window] = backpropagate(
      model,
      { ...batch, lengths: [2, 1, 7, 2], targets: [labels[0]!, labels[0]!, labels[3]!, labels[0]!] },
      options,
    );
    expect(window!.counted).toBe(1);
  });

  it('weighs rows by a mask', async () => {
    const model = await stack();
    const options = { loss: await ctc(), reduction: 'sum' } as const;
    const alone = labels.map((_, row) => {
      const mask = Uint8Array.from(labels, (_, b) => +(b === row));
      return evaluate(model, { ...batch, mask }, options);
    });
    expect(alone.map(({ counted }) => counted)).toEqual([1, 1, 1, 1]);
    const mask = Float64Array.of(0.5, 0, 2, 3);
    const all = evaluate(model, { ...batch, mask }, options);
    expect(all.loss).toBeCloseTo(
      alone.reduce((sum, { loss }, row) => sum + mask[row]! * loss, 0),
      12,
    );
    expect(all.counted).toBe(5.5);
    for (const { name, relativeError } of checkGradients(model, { ...batch, mask }, { loss: await ctc() })) {
      expect(relativeError, name).toBeLessThan(1e-7);
    }
  });

  it('reads batches of other lengths and labels one after the other', async () => {
    const model = await stack();
    const loss = await ctc();
    const long: GraphBatch = {
      steps: 40,
      rows: B,
      inputs: numbers(40 * B * 3),
      targets: labels.map(() => new Int32Array(15).fill(2)),
    };
    const alone = [batch, long].map((one) => evaluate(model, one, { loss, reduction: 'sum' }).loss);
    const both = evaluate(model, [batch, long, batch], { loss, reduction: 'sum' });
    expect(both.loss).toBe(alone[0]! + alone[1]! + alone[0]!);
  });
});

describe('ctc refuses', () => {
  const cases: readonly (readonly [string, Partial<GraphBatch>, RegExp])[] = [
    [
      'targets that are no list',
      { targets: new Int32Array(T * B) },
      /^batch\.targets: expected an array of B=4 Int32Arrays, the labels of each row, got Int32Array of length 36$/,
    ],
    [
      'labels of too few rows',
      { targets: labels.slice(1) },
      /^batch\.targets: expected an array of B=4 Int32Arrays.* got an array of length 3$/,
    ],
    [
      'labels of another type',
      { targets: [...labels.slice(1), 'ab'] as never },
      /^batch\.targets\[3\]: expected the labels as an Int32Array, got "ab"$/,
    ],
    [
      'labels out of range',
      { targets: [...labels.slice(1), Int32Array.of(1, 5)] },
      /^batch\.targets\[3\]\[1\]: expected a label from 0 to 4 that is not the blank, got 5$/,
    ],
    [
      'negative ones',
      { targets: [...labels.slice(1), Int32Array.of(-1)] },
      /^batch\.targets\[3\]\[0\]: expected a label from 0 to 4 that is not the blank, got -1$/,
    ],
    [
      'the blank among them',
      { targets: [...labels.slice(1), Int32Array.of(1, 0)] },
      /^batch\.targets\[3\]\[1\]: .* got the blank 0$/,
    ],
    [
      'more labels than steps',
      { lengths: [9, 4, 7, 2] },
      /^batch\.targets\[3\]: expected labels that fit into the 2 steps of the row, got 3: 1 steps too few; ctc\(\{ infeasible: 'skip' \}\) counts such rows out$/,
    ],
    [
      'repeats without room for blanks',
      { lengths: [4, 4, 7, 5] },
      /^batch\.targets\[0\]: expected labels that fit into the 4 steps of the row, got 4, 1 of which repeat the one before and need a blank between: 1 steps too few/,
    ],
    ['lengths of 0', { lengths: [9, 4, 0, 5] }, /^batch\.lengths\[2\]: expected an integer >= 1 and <= 9, got 0$/],
    ['a mask of steps', { mask: new Uint8Array(T * B) }, /^batch\.mask: expected 4 elements for \[B=4\], got 36$/],
    [
      'carried state',
      { carry: true },
      /^batch\.carry: .* got one in which the loss of model\[2\] is over whole sequences; each batch must hold whole sequences$/,
    ],
  ];
  it.each(cases)('%s', async (_, change, message) => {
    const model = await createModel([features(3), gru({ units: 4 }), dense({ units: C })]);
    const loss = await ctc();
    expect(() => evaluate(model, { ...batch, ...change }, { loss })).toThrow(message);
    expect(() => [...backpropagate(model, { ...batch, ...change }, { loss })]).toThrow(message);
  });

  it('truncation, a memory budget, a blank that is no class, outputs without steps, unknown options', async () => {
    const model = await createModel([features(3), gru({ units: 4 }), dense({ units: C })]);
    const loss = await ctc();
    expect(() => [...backpropagate(model, batch, { loss, truncation: { k1: 3, k2: 3 } })]).toThrow(
      'truncation: expected a model whose outputs depend on earlier steps alone, got one in which the loss of model[2] is over whole sequences; leave it out for full BPTT',
    );
    expect(() => [...backpropagate(model, batch, { loss, memoryBudget: 1e6 })]).toThrow(/^memoryBudget: /);
    expect(() => evaluate(model, batch, { loss, metrics: [accuracy()] })).toThrow(
      'metrics.accuracy: expected a loss of steps, got one of whole sequences',
    );
    const other = await ctc({ blank: 5 });
    expect(() => evaluate(model, batch, { loss: other })).toThrow(
      'loss.blank: expected an integer >= 0 and <= 4, got 5',
    );
    const last = await createModel([features(3), gru({ units: 4, returns: 'last' }), dense({ units: C })]);
    expect(() => evaluate(last, batch, { loss })).toThrow(
      'batch.targets: expected an output with steps for ctc, got one output a row',
    );
    await expect(ctc({ zeroInfinity: true } as never)).rejects.toThrow(/ctc: .*blank, infeasible.*zeroInfinity/);
  });

  it('logits that are not finite, naming the layer', async () => {
    const model = await createModel([features(3), gru({ units: 4 }), dense({ units: C, name: 'text' })]);
    model.setParameter('text.bias', new Float32Array(C).fill(3e38));
    model.setParameter('text.weight', new Float32Array(C * 4).fill(3e38));
    const loss = await ctc();
    expect(() => [...backpropagate(model, batch, { loss })]).toThrow(/text/);
  });
});
