// Steps that an input skips, as Keras's Masking does: a sequence with some is the same sequence without them.
import { describe, expect, it } from 'vitest';
import {
  activityRegularization,
  adam,
  backpropagate,
  batchNormalization,
  bidirectional,
  checkGradients,
  createModel,
  dense,
  deserialize,
  elman,
  embedding,
  evaluate,
  features,
  gru,
  indrnn,
  last,
  lstm,
  type ModelDescription,
  normal,
  residual,
  serialize,
  tokens,
  train,
} from '../../src/index.ts';
import { accuracy, predict } from '../../src/metrics/index.ts';
import { ctc } from '../../src/speech/index.ts';

const [T, B, F, O] = [7, 4, 2, 3];
const reals = (count: number, k: number) => Float64Array.from({ length: count }, (_, i) => ((i * k) % 17) / 8 - 1.01);
/** [T,B], 1 where a step is none: at the start, in the middle, several, at the end; and nowhere. */
const holes = Uint8Array.from([1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0]);
const SKIP = -1;

/** Something of `width` numbers a step, and the same with the steps closed up that are none. */
function closedUp<A extends Float64Array | Int32Array>(data: A, width: number): A {
  const result = data.slice().fill(0) as A;
  for (let row = 0; row < B; row++) {
    let to = 0;
    for (let t = 0; t < T; t++) {
      if (holes[t * B + row] === 1) continue;
      const from = (t * B + row) * width;
      result.set(data.subarray(from, from + width), (to++ * B + row) * width);
    }
  }
  return result;
}

const lengths = Array.from({ length: B }, (_, row) =>
  Array.from({ length: T }, (_, t) => 1 - holes[t * B + row]!).reduce((a, b) => a + b, 0),
);

const noise = normal({ deviation: 0.4 });
const some = { units: 3, biasInitializer: noise };
const cells = {
  elman: elman(some),
  indrnn: indrnn({ ...some, activation: 'tanh' }),
  lstm: lstm(some),
  'lstm with peepholes': lstm({ ...some, peepholes: true }),
  'lstm, normalised, zoneout': lstm({ ...some, layerNorm: true, zoneout: { hidden: 0.2, cell: 0.3 } }),
  gru: gru(some),
  'gru, reset before': gru({ ...some, reset: 'before' }),
  'gru, dropout': gru({ ...some, recurrentDropout: 0.4 }),
  'gru in both directions': bidirectional(gru(some)),
  'lstm in both directions, summed': bidirectional(lstm(some), { merge: 'sum' }),
  'a residual gru': residual(gru({ ...some, units: F })),
};

/** A model with and without steps that are skipped. */
const pair = (layer: object, ...after: readonly object[]) =>
  Promise.all(
    [{ skip: SKIP }, {}].map((options) =>
      createModel([features(F, options), layer, ...after, dense({ units: O })] as unknown as ModelDescription, {
        dtype: 'f64',
        seed: 5,
      }),
    ),
  );

const inputs = reals(T * B * F, 7);
for (const [step, hole] of holes.entries()) if (hole === 1) inputs.fill(SKIP, step * F, (step + 1) * F);
const targets = reals(T * B * O, 5);
const batch = { steps: T, rows: B, inputs, targets };
const closed = { ...batch, inputs: closedUp(inputs, F), targets: closedUp(targets, O), lengths };
const loss = 'mean-squared-error';

describe.each(Object.entries(cells))('%s', (name, layer) => {
  it('has the outputs, states and gradients of the sequences without them', async () => {
    const [with_, without] = await pair(layer);
    const [a, b] = [
      with_!.forward({ steps: T, rows: B, inputs }),
      without!.forward({ steps: T, rows: B, inputs: closed.inputs, lengths }),
    ];
    expect(closedUp(a.outputs as Float64Array, O)).toEqual(b.outputs);
    expect(a.state.layers).toEqual(b.state.layers);
    if (!name.includes('zoneout')) {
      const [c, d] = [with_!, without!].map(
        (model, index) => [...backpropagate(model, index === 0 ? batch : closed, { loss })][0]!,
      );
      expect(c!.counted).toBe(d!.counted);
      expect(Math.abs(c!.loss - d!.loss)).toBeLessThan(1e-14);
      const expected = without!.gradients();
      for (const [index, { name, data }] of with_!.gradients().entries()) {
        for (const [i, value] of data.entries())
          expect(Math.abs(value - expected[index]!.data[i]!), name).toBeLessThan(1e-12);
      }
    }
    expect(evaluate(with_!, batch, { loss }).loss).toBeCloseTo(evaluate(without!, closed, { loss }).loss, 13);
  });

  it('has right gradients', async () => {
    const [model] = await pair(layer);
    for (const more of [{}, { truncation: { k1: 2, k2: 3 } }, { truncation: { k1: 3, k2: 3 } }]) {
      if (name.includes('both') && 'truncation' in more) continue;
      for (const { name, relativeError } of checkGradients(
        model!,
        { ...batch, lengths: [7, 7, 5, 7] },
        { loss, ...more },
      )) {
        expect(relativeError, name).toBeLessThan(1e-7);
      }
    }
  });
});

describe('what reads the end', () => {
  it.each(['state', 'step'] as const)('takes the last %s that is one', async (which) => {
    const before = which === 'state' ? gru(some) : dense({ units: 3 });
    const [with_, without] = await pair(before, last());
    const [a, b] = [
      with_!.forward({ steps: T, rows: B, inputs }),
      without!.forward({ steps: T, rows: B, inputs: closed.inputs, lengths }),
    ];
    expect(a.outputs).toEqual(b.outputs);
  });

  it('counts in the mean of a batch only what is a step', async () => {
    const [with_, without] = await pair(batchNormalization(), activityRegularization({ activation: 1 }));
    const [a, b] = [with_!, without!].map(
      (model, index) => [...backpropagate(model, index === 0 ? batch : closed, { loss })][0]!,
    );
    expect(Math.abs(a!.loss - b!.loss)).toBeLessThan(1e-13);
    expect(Math.abs(a!.penalty - b!.penalty)).toBeLessThan(1e-13);
  });
});

describe('tokens', () => {
  const ids = Int32Array.from({ length: T * B }, (_, i) => (holes[i] === 1 ? 0 : 1 + ((i * 5) % 4)));
  const description: ModelDescription = [
    tokens(5, { skip: 0 }),
    embedding({ units: 3 }),
    gru({ units: 4 }),
    dense({ units: 5 }),
  ];
  const both = () =>
    Promise.all([
      createModel(description),
      createModel([tokens(5), ...description.slice(1)] as unknown as ModelDescription),
    ]);

  it('are skipped, in metrics and predictions too, and in files', async () => {
    const [with_, without] = await both();
    const data = { steps: T, rows: B, inputs: ids, targets: ids };
    const short = { ...data, inputs: closedUp(ids, 1), targets: closedUp(ids, 1), lengths };
    const options = { loss: 'cross-entropy', metrics: [accuracy()] } as const;
    const [a, b] = [evaluate(with_, data, options), evaluate(without, short, options)];
    expect(a.metrics).toEqual(b.metrics);
    expect(a.counted).toBe(lengths.reduce((x, y) => x + y));
    const { model } = await deserialize(serialize(with_));
    expect(model.forward({ steps: T, rows: B, inputs: ids }).outputs).toEqual(
      with_.forward({ steps: T, rows: B, inputs: ids }).outputs,
    );
    const [row] = predict(with_, [Int32Array.of(1, 0, 2)]) as Float32Array[];
    const [shorter] = predict(without, [Int32Array.of(1, 2)]) as Float32Array[];
    expect([...row!.subarray(0, 5), ...row!.subarray(10)]).toEqual([...shorter!]);
    expect([...row!.subarray(5, 10)]).toEqual([0, 0, 0, 0, 0]);
  });

  it('are skipped in a training that is resumed', async () => {
    const data = [{ steps: T, rows: B, inputs: ids, targets: ids }];
    const options = { data, loss: 'cross-entropy', optimizer: adam(), truncation: { k1: 2, k2: 5 }, steps: 8 } as const;
    const whole = await createModel(description);
    let left: Uint8Array | undefined;
    for await (const event of train(whole, { ...options, checkpoint: { every: 3 } })) {
      if (event.type === 'checkpoint' && event.step === 3) left = event.bytes;
    }
    const resumed = await createModel(description);
    for await (const _ of train(resumed, { ...options, resume: left! }));
    expect(resumed.parameters()).toEqual(whole.parameters());
  });
});

it('is refused where there are no steps, no such token, and of CTC', async () => {
  await expect(
    createModel([
      tokens(3, { name: 'a' }),
      features(2, { name: 'r', clock: 'row', skip: 0 }),
      dense({ units: 2, name: 'x', from: 'r' }),
      dense({ units: 2, name: 'y', from: 'a' }),
    ]),
  ).rejects.toThrow(/^model\[1\] 'r'\.skip: expected none with clock: 'row'/);
  await expect(createModel([tokens(3, { skip: 3 }), gru({ units: 2 })])).rejects.toThrow(
    /^model\[0\]\.skip: expected an integer >= 0 and <= 2, got 3/,
  );
  expect(() => features(2, { skip: Number.NaN })).toThrow(/skip/);
  const model = await createModel([features(F, { skip: 0 }), gru({ units: 3 })]);
  const labels = { steps: T, rows: B, inputs, targets: Array.from({ length: B }, () => Int32Array.of(1)) };
  const attempt = async () => [...backpropagate(model, labels, { loss: await ctc() })];
  await expect(attempt()).rejects.toThrow(/^loss: expected inputs without skip for ctc/);
});
