// Evaluation: the loss that training sees, over batches and carried states.
import { describe, expect, it } from 'vitest';
import {
  type Batch,
  BpttError,
  backpropagate,
  bidirectional,
  createModel,
  dense,
  elman,
  evaluate,
  features,
  type LossName,
  sequences,
  textStream,
  tokens,
} from '../../src/index.ts';
import { nextBlock } from '../support/memory.ts';
import { numbers } from '../support/models.ts';

const V = 5;

const stream = (length: number) => Int32Array.from({ length }, (_, i) => (i * i + (i >> 2)) % V);

const create = (units = 6) => createModel([tokens(V), elman({ units }), dense({ units: V })], { seed: 2 });

it.each<[unknown, string]>([
  [[], 'evaluate(data): expected at least one batch, got none'],
  [null, 'evaluate(data): expected a batch or several, got null'],
  ['text', 'evaluate(data): expected a batch or several, got "text"'],
])('refuses %j', async (data, message) => {
  const model = await createModel([tokens(3), elman({ units: 2 }), dense({ units: 3 })]);
  expect(() => evaluate(model, data as never, { loss: 'cross-entropy' })).toThrow(message);
});

describe('evaluate', () => {
  it('takes the batches of a dataset, such as those of sequences', async () => {
    const model = await create();
    const data = sequences(
      [5, 9, 3].map((length) => ({ inputs: stream(length), targets: stream(length) })),
      { batch: 2 },
    );
    const batches = [...(data.batches(0, 0) as Iterable<Batch>)];
    expect(evaluate(model, data, { loss: 'cross-entropy' })).toEqual(
      evaluate(model, batches, { loss: 'cross-entropy' }),
    );
    // Batches that come one after the other are waited for.
    const later = { async *batches() {} };
    await expect(evaluate(model, later, { loss: 'cross-entropy' })).rejects.toThrow(
      /^evaluate\(data\): expected at least one batch/,
    );
  });

  it.each([
    [{ targets: new Int32Array(3) }, "expected 12 elements for [T=4, B=3], got 3; one a row is for returns: 'last'"],
    [{ inputs: new Int32Array(4) }, 'expected 12 elements for [T=4, B=3], got 4; time-major: all rows of a step'],
  ])('says what may be meant with %j', async (wrong, message) => {
    const model = await create();
    const batch = { steps: 4, rows: 3, inputs: stream(12), targets: stream(12), ...wrong };
    expect(() => evaluate(model, batch, { loss: 'cross-entropy' })).toThrow(message);
  });

  it('is the loss that backpropagation reports, mean and sum, with and without a mask', async () => {
    const model = await create();
    for (const data of [textStream(stream(31), { batch: 3 }), textStream(stream(30), { batch: 4 })]) {
      const [batch] = [...data];
      for (const reduction of ['mean', 'sum'] as const) {
        const options = { loss: 'cross-entropy', reduction } as const;
        const [window] = [...backpropagate(model, batch!, options)];
        expect(evaluate(model, data, options).loss).toBe(window!.loss);
        expect(evaluate(model, data, options).counted).toBe(data.targets);
      }
    }
  });

  it('does not depend on how long texts are cut, and carries the state from batch to batch when asked', async () => {
    const model = await create();
    const ids = stream(601);
    const part = (from: number, to: number, carry: boolean): Batch => {
      return {
        steps: to - from,
        rows: 1,
        inputs: ids.subarray(from, to),
        targets: ids.subarray(from + 1, to + 1),
        carry,
      };
    };
    const whole = evaluate(model, part(0, 600, false), { loss: 'cross-entropy' });
    const carried = evaluate(model, [part(0, 77, false), part(77, 600, true)], { loss: 'cross-entropy' });
    expect(carried.loss).toBeCloseTo(whole.loss, 12);
    expect(carried.state).toEqual(whole.state);
    const first = evaluate(model, part(0, 77, false), { loss: 'cross-entropy' });
    expect(evaluate(model, part(77, 600, false), { loss: 'cross-entropy' }, first.state).state).toEqual(whole.state);
  });

  it('is over everything that counts in all batches, whatever their shapes', async () => {
    const model = await create();
    // Rows and steps go up and down: 130 and 150 steps are more than are computed at a time.
    const shapes = [
      [3, 2],
      [150, 2],
      [4, 1],
      [130, 1],
      [2, 3],
      [5, 3],
    ] as const;
    const batches = shapes.map(([T, B], index): Batch => {
      const ids = stream(T * B + 1 + index);
      const mask = Uint8Array.from({ length: T * B }, (_, i) => Number(i % 3 !== index % 3));
      return { steps: T, rows: B, inputs: ids.slice(0, T * B), targets: ids.slice(-T * B), mask };
    });
    for (const reduction of ['mean', 'sum'] as const) {
      const alone = batches.map((batch) => evaluate(model, batch, { loss: 'cross-entropy', reduction: 'sum' }));
      const sum = alone.reduce((total, { loss }) => total + loss, 0);
      const counted = alone.reduce((total, evaluation) => total + evaluation.counted, 0);
      expect(counted).toBe(batches.reduce((total, { mask }) => total + mask!.filter((flag) => flag === 1).length, 0));
      const all = evaluate(model, batches, { loss: 'cross-entropy', reduction });
      expect(all.counted).toBe(counted);
      expect(all.loss / (reduction === 'sum' ? sum : sum / counted)).toBeCloseTo(1, 12);
      expect(all.state).toEqual(alone.at(-1)!.state);
    }
  });

  it('takes no more memory for a long text than for a short one', async () => {
    const [short, long] = [await create(), await create()];
    for (const [model, T] of [
      [short, 200],
      [long, 20_000],
    ] as const) {
      evaluate(model, { steps: T, rows: 4, inputs: stream(4 * T), targets: stream(4 * T) }, { loss: 'cross-entropy' });
    }
    expect(long.memoryBytes).toBe(short.memoryBytes);
  });

  it('starts a first batch that says that it carries on where it is told, or at zero', async () => {
    const model = await create();
    const batch = { steps: 3, rows: 1, inputs: stream(3), targets: stream(3) };
    const { state } = model.forward(batch);
    for (const from of [undefined, state]) {
      expect(evaluate(model, { ...batch, carry: true }, { loss: 'cross-entropy' }, from)).toEqual(
        evaluate(model, batch, { loss: 'cross-entropy' }, from),
      );
    }
  });

  it('starts the first batch alone from a state that is given', async () => {
    const model = await create();
    const [first, second] = [3, 4].map((T): Batch => {
      return { steps: T, rows: 1, inputs: stream(T), targets: stream(T) };
    }) as [Batch, Batch];
    const { state } = model.forward(second);
    const sum = (batch: Batch | Batch[], from?: typeof state) =>
      evaluate(model, batch, { loss: 'cross-entropy', reduction: 'sum' }, from).loss;
    expect(sum(first, state)).not.toBe(sum(first));
    expect(sum([first, second], state)).toBeCloseTo(sum(first, state) + sum(second), 12);
  });

  it.each<[LossName, (y: number, target: number) => number]>([
    ['mean-squared-error', (y, target) => (y - target) ** 2],
    ['binary-cross-entropy', (y, target) => Math.log(1 + Math.exp(y)) - target * y],
  ])('compares reals by %s, over each number', async (loss, of) => {
    const layers = [elman({ units: 4 }), dense({ units: 3 }), dense({ units: 2 })] as const;
    const model = await createModel([features(3), ...layers], { seed: 3, dtype: 'f64' });
    const [T, B] = [140, 2];
    const next = numbers(4);
    const reals = (length: number) => Float64Array.from({ length }, next);
    const lengths = [T, 131];
    const batch = { steps: T, rows: B, inputs: reals(T * B * 3), targets: reals(T * B * 2), lengths };
    const { outputs } = model.forward(batch);
    let sum = 0;
    let counted = 0;
    for (const [i, y] of outputs.entries()) {
      const [step, row] = [Math.floor(i / (B * 2)), Math.floor(i / 2) % B];
      if (step >= lengths[row]!) continue;
      sum += of(y, batch.targets[i]!);
      counted++;
    }
    const evaluation = evaluate(model, batch, { loss });
    expect(evaluation.counted).toBe(counted);
    expect(evaluation.loss).toBeCloseTo(sum / counted, 12);
    expect(evaluate(model, batch, { loss, reduction: 'sum' }).loss).toBeCloseTo(sum, 10);
  });

  it.each(['cross-entropy', 'mean-squared-error'] as const)(
    'takes one target a row, after many steps: %s',
    async (loss) => {
      const layers = [elman({ units: 4, returns: 'last' }), dense({ units: 3 })] as const;
      const model = await createModel([features(1), ...layers], { seed: 3, dtype: 'f64' });
      const [T, B] = [300, 2];
      const inputs = Float64Array.from({ length: T * B }, numbers(5));
      const targets = loss === 'cross-entropy' ? new Int32Array([2, 0]) : Float64Array.from({ length: 6 }, numbers(6));
      const { outputs } = model.forward({ steps: T, rows: B, inputs });
      const rows = [0, 1].map((row) => [...outputs.subarray(3 * row, 3 * row + 3)]);
      const expected = rows.map((row, index) => {
        if (loss === 'cross-entropy') {
          return Math.log(row.reduce((sum, y) => sum + Math.exp(y), 0)) - row[targets[index]!]!;
        }
        return row.reduce((sum, y, i) => sum + (y - targets[3 * index + i]!) ** 2, 0);
      });
      const evaluation = evaluate(model, { steps: T, rows: B, inputs, targets }, { loss, reduction: 'sum' });
      expect(evaluation.counted).toBe(loss === 'cross-entropy' ? 2 : 6);
      expect(evaluation.loss).toBeCloseTo(expected[0]! + expected[1]!, 12);
    },
  );

  it('reads sequences of any length whole where layers read both sides', async () => {
    const layers = [bidirectional(elman({ units: 1 }))] as const;
    const model = await createModel([features(1), ...layers], { seed: 3, dtype: 'f64' });
    const batch = (T: number, B: number): Batch => {
      const [inputs, targets] = [T * B, T * B * 2].map((length, seed) => Float64Array.from({ length }, numbers(seed)));
      return { steps: T, rows: B, inputs: inputs!, targets: targets! };
    };
    const sum = (data: Batch | Batch[]) => evaluate(model, data, { loss: 'mean-squared-error', reduction: 'sum' }).loss;
    const all = [batch(5, 2), batch(300, 2), batch(129, 2), batch(200, 1)];
    for (const one of all) {
      const { outputs } = model.forward(one);
      expect(sum(one)).toBeCloseTo(
        [...outputs].reduce((total, y, i) => total + (y - one.targets[i]!) ** 2, 0),
        10,
      );
    }
    expect(sum(all)).toBeCloseTo(
      all.reduce((total, one) => total + sum(one), 0),
      9,
    );
    expect(() => sum([all[0]!, { ...all[1]!, carry: true }])).toThrow(
      /batch\.carry: .*each batch must hold whole sequences/,
    );
  });

  it.each<[string, unknown, object, string]>([
    ['no model', {}, {}, 'evaluate(model): expected a model, got an object'],
    ['another loss', undefined, { loss: 'crossentropy' }, 'evaluate.loss: expected one of'],
    [
      'another reduction',
      undefined,
      { reduction: 'max' },
      'evaluate.reduction: expected one of "mean", "sum", got "max"',
    ],
    ['an unknown option', undefined, { mean: true }, 'evaluate: '],
    ['no loss', undefined, { loss: undefined }, 'evaluate.loss: expected one of'],
  ])('refuses %s', async (_, model, options, message) => {
    const [data] = [...textStream(stream(9), { batch: 2 })];
    const run = (await create().then((made) => (model ?? made) as typeof made)) as Awaited<ReturnType<typeof create>>;
    expect(() => evaluate(run, data!, { loss: 'cross-entropy', ...options } as never)).toThrow(BpttError);
    expect(() => evaluate(run, data!, { loss: 'cross-entropy', ...options } as never)).toThrow(message);
  });

  it('says of which batch the rows are wrong', async () => {
    const model = await create();
    const [two] = [...textStream(stream(21), { batch: 2 })];
    const [four] = [...textStream(stream(21), { batch: 4 })];
    expect(() => evaluate(model, [two!, { ...four!, carry: true }], { loss: 'cross-entropy' })).toThrow(
      new BpttError('invalid-shape', 'batch.rows: expected 2, as the batch that it carries on, got 4'),
    );
    expect(() => evaluate(model, { ...two!, steps: 0 }, { loss: 'cross-entropy' })).toThrow('batch.steps: expected');
  });

  it('refuses a carried batch of other rows, and wrong options', async () => {
    const model = await create();
    const [two] = [...textStream(stream(21), { batch: 2 })];
    const [four] = [...textStream(stream(21), { batch: 4 })];
    expect(() => evaluate(model, [two!, { ...four!, carry: true }], { loss: 'cross-entropy' })).toThrow(BpttError);
    expect(() => evaluate(model, two!, { loss: 'crossentropy' as never })).toThrow(BpttError);
    expect(() => evaluate(model, two!, { loss: 'cross-entropy', mean: true } as never)).toThrow(BpttError);
  });

  it('gives its memory back, also after an error', async () => {
    const model = await create(40);
    const batch = { steps: 200, rows: 30, inputs: new Int32Array(6000), targets: new Int32Array(6000) };
    const wrong = { ...batch, targets: new Int32Array(6000).fill(V) };
    evaluate(model, batch, { loss: 'cross-entropy' });
    const before = nextBlock(model);
    const fewer = { ...batch, rows: 15, steps: 400 };
    evaluate(model, [batch, batch, fewer, batch], { loss: 'cross-entropy' });
    expect(nextBlock(model)).toBe(before);
    expect(() => evaluate(model, [batch, wrong], { loss: 'cross-entropy' })).toThrow(BpttError);
    expect(nextBlock(model)).toBe(before);
  });

  it('counts nothing where everything is masked: the loss is 0, mean and sum', async () => {
    const model = await create();
    const batch = {
      steps: 2,
      rows: 1,
      inputs: Int32Array.of(0, 1),
      targets: Int32Array.of(1, 2),
      mask: new Uint8Array(2),
    };
    for (const reduction of ['mean', 'sum'] as const) {
      expect(evaluate(model, batch, { loss: 'cross-entropy', reduction })).toMatchObject({ loss: 0, counted: 0 });
    }
  });
});
