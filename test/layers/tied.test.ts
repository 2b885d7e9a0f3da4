// Tied weights: one matrix with several uses, whose gradient is the sum of theirs.
import { describe, expect, it } from 'vitest';
import {
  type Batch,
  backpropagate,
  checkGradients,
  createModel,
  dense,
  deserialize,
  embedding,
  evaluate,
  features,
  generate,
  gru,
  lstm,
  type Model,
  type ModelDescription,
  normal,
  type Objective,
  serialize,
  tokens,
} from '../../src/index.ts';
import { numbers } from '../support/models.ts';

const V = 7;
const E = 5;
const loss = 'cross-entropy';

/** An embedding whose table is that of the head as well. */
const words: ModelDescription = [
  tokens(V),
  embedding({ units: E, name: 'words', initializer: normal({ deviation: 1 }) }),
  lstm({ units: E }),
  dense({ units: V, tied: 'words.weight' }),
];

const stacks: Readonly<Record<string, ModelDescription>> = {
  'a table and a head': words,
  'a table and a head with nothing between': [
    tokens(V),
    embedding({ units: E, initializer: normal({ deviation: 1 }) }),
    dense({ units: V, tied: 'embedding.weight' }),
  ],
  'a table, a head and what is between': [
    tokens(V),
    embedding({ units: 11, name: 'words', initializer: normal({ deviation: 1 }) }),
    gru({ units: 6 }),
    lstm({ units: 11 }),
    dense({ units: V, tied: 'words.weight' }),
  ],
  'a dense layer and another': [
    tokens(V),
    lstm({ units: E }),
    dense({ units: E, name: 'first' }),
    gru({ units: E }),
    dense({ units: E, tied: 'first.weight' }),
    dense({ units: V }),
  ],
  'a dense layer of tokens and one of features': [
    tokens(V),
    dense({ units: V, name: 'first' }),
    dense({ units: V, tied: 'first.weight' }),
  ],
};

function batchOf(steps: number, rows: number, seed = 5): Batch {
  const next = numbers(seed);
  const draw = () => Int32Array.from({ length: steps * rows }, () => Math.floor(next() * V));
  return { steps, rows, inputs: draw(), targets: draw() };
}

const objectives: Readonly<Record<string, Objective>> = {
  'full BPTT': { loss },
  'k1 < k2': { loss, truncation: { k1: 2, k2: 5 } },
  'k1 > k2': { loss, truncation: { k1: 4, k2: 2 } },
  'losses of the window': { loss, truncation: { k1: 2, k2: 5, losses: 'window' } },
  summed: { loss, reduction: 'sum', truncation: { k1: 3, k2: 3 } },
};

describe.each(Object.entries(stacks))('%s', (_, description) => {
  it.each(Object.entries(objectives))('have the gradients of finite differences: %s', async (_, objective) => {
    const model = await createModel(description, { seed: 3, dtype: 'f64' });
    for (const { name, relativeError } of checkGradients(model, batchOf(9, 3), objective)) {
      expect(relativeError, name).toBeLessThan(1e-7);
    }
  });

  it('have those of sequences of different lengths', async () => {
    const model = await createModel(description, { seed: 3, dtype: 'f64' });
    for (const { name, relativeError } of checkGradients(model, { ...batchOf(9, 3), lengths: [9, 1, 4] }, { loss })) {
      expect(relativeError, name).toBeLessThan(1e-7);
    }
  });

  it('have the same bits in segments', async () => {
    const model = await createModel(description, { seed: 3 });
    const batch = batchOf(500, 2);
    const whole = gradientsOf(model, batch, { loss });
    expect(gradientsOf(model, batch, { loss, memoryBudget: 50000 })).toEqual(whole);
  });
});

function gradientsOf(model: Model, batch: Batch, objective: Objective) {
  const passes = backpropagate(model, batch, objective);
  expect(passes.next().done).toBe(false);
  const gradients = model.gradients();
  passes.return(undefined as never);
  return gradients;
}

const values = (all: ReturnType<Model['parameters']>, name: string) => all.find((one) => one.name === name)!.data;

/** The same without ties: each weight its own, with the values of the one that it was tied to. */
async function untied(model: Model, description: ModelDescription, names: Readonly<Record<string, string>>) {
  const other = await createModel(description, { dtype: model.dtype });
  for (const { name } of other.parameters()) other.setParameter(name, values(model.parameters(), names[name] ?? name));
  return other;
}

const apart: ModelDescription = [
  tokens(V),
  embedding({ units: E, name: 'words' }),
  lstm({ units: E }),
  dense({ units: V }),
];

describe('a tied model', () => {
  it('has one parameter, that of its owner, and a bias of its own', async () => {
    const model = await createModel(words);
    const names = model.parameters().map(({ name }) => name);
    expect(names.filter((name) => name === 'words.weight')).toHaveLength(1);
    expect(names).toContain('dense.bias');
    expect(names).not.toContain('dense.weight');
    const other = await createModel(apart);
    expect(model.parameterCount).toBe(other.parameterCount - V * E);
  });

  it('computes what one without ties does, in training and where its weights are packed', async () => {
    const model = await createModel(words, { seed: 2 });
    const other = await untied(model, apart, { 'dense.weight': 'words.weight' });
    const batch = batchOf(11, 3);
    expect(model.forward(batch).outputs).toEqual(other.forward(batch).outputs);
    expect(evaluate(model, [batch], { loss })).toEqual(evaluate(other, [batch], { loss }));
    const said = { prompt: [1, 2], length: 30, seed: 3 };
    expect([...generate(model, said)]).toEqual([...generate(other, said)]);
  });

  it('has the sum of the gradients of one without ties', async () => {
    const model = await createModel(words, { seed: 2, dtype: 'f64' });
    const other = await untied(model, apart, { 'dense.weight': 'words.weight' });
    const batch = batchOf(11, 3);
    const tied = gradientsOf(model, batch, { loss });
    const two = gradientsOf(other, batch, { loss });
    const [table, head] = ['words.weight', 'dense.weight'].map((name) => values(two, name));
    for (const [index, value] of values(tied, 'words.weight').entries()) {
      expect(value).toBeCloseTo(table![index]! + head![index]!, 14);
    }
    expect(values(tied, 'dense.bias')).toEqual(values(two, 'dense.bias'));
    expect(values(tied, 'rnn.weight_hh_l0')).toEqual(values(two, 'rnn.weight_hh_l0'));
  });

  it('has another gradient after each pass, not what earlier ones left', async () => {
    const model = await createModel(words, { seed: 2 });
    const [one, two] = [batchOf(5, 2, 1), batchOf(5, 2, 2)];
    const first = gradientsOf(model, one, { loss });
    gradientsOf(model, two, { loss });
    expect(gradientsOf(model, one, { loss })).toEqual(first);
  });

  it('is kept once in a model file, and read back', async () => {
    const model = await createModel(words, { seed: 2 });
    const { model: again } = await deserialize(serialize(model));
    expect(again.description).toEqual(model.description);
    expect(again.parameters()).toEqual(model.parameters());
    const batch = batchOf(4, 2);
    expect(again.forward(batch).outputs).toEqual(model.forward(batch).outputs);
  });
});

describe('what is refused', () => {
  const made = (...layers: ModelDescription[number][]) =>
    createModel([tokens(V), ...layers] as unknown as ModelDescription);
  const table = embedding({ units: E, name: 'words' });
  it.each<[string, () => unknown, RegExp]>([
    [
      'a name that is not there',
      () => made(table, dense({ units: V, tied: 'word.weight' })),
      /^model\[2\]\.tied: expected a parameter of an entry before it \(words\.weight\), got 'word\.weight'/,
    ],
    [
      'another shape',
      () => made(table, dense({ units: V + 1, tied: 'words.weight' })),
      /^model\[2\]\.tied: expected a weight of shape \[8, 5\], got words\.weight of shape \[7, 5\]/,
    ],
    [
      'a bias',
      () => made(dense({ units: V, name: 'first' }), dense({ units: 1, tied: 'first.bias' })),
      /expected a weight of shape \[1, 7\], got first\.bias of shape \[7\]/,
    ],
    [
      'the weight of several gates',
      () => made(table, lstm({ units: E }), dense({ units: 4 * E, tied: 'rnn.weight_hh_l0' })),
      /which is one matrix, got rnn\.weight_hh_l0 of 4 gates/,
    ],
    [
      'columns that would be looked up',
      () => made(table, dense({ units: V }), tokens(V, { name: 'other' }), dense({ units: E, tied: 'words.weight' })),
      /expected a weight of shape \[5, 7\], got words\.weight of shape \[7, 5\]/,
    ],
    [
      'an initializer of a tied weight',
      () => dense({ units: V, tied: 'words.weight', weightInitializer: { kind: 'zeros' } as never }),
      /^dense\.weightInitializer: expected none with tied/,
    ],
    [
      'an initializer of a tied table',
      () => embedding({ units: V, tied: 'words.weight', initializer: { kind: 'zeros' } as never }),
      /^embedding\.initializer: expected none with tied/,
    ],
  ])('%s', async (_, make, message) => {
    await expect((async () => make())()).rejects.toThrow(message);
  });
});

describe('two embeddings with one table', () => {
  const two: ModelDescription = [
    tokens(60, { name: 'source' }),
    embedding({ units: E, name: 'words' }),
    gru({ units: 4, name: 'encoder' }),
    tokens(60, { name: 'target' }),
    embedding({ units: E, tied: 'words.weight' }),
    gru({ units: 4, start: 'encoder' }),
    dense({ units: V }),
  ];

  it('have the gradients of finite differences, and of rows that did not occur none', async () => {
    const model = await createModel(two, { seed: 3, dtype: 'f64' });
    const batch = {
      rows: 2,
      steps: { source: 2, target: 1 },
      inputs: { source: Int32Array.of(3, 5, 7, 5), target: Int32Array.of(5, 11) },
      targets: Int32Array.of(1, 2),
    };
    for (const { name, relativeError } of checkGradients(model, batch, { loss })) {
      expect(relativeError, name).toBeLessThan(1e-7);
    }
    const gradient = values(gradientsOf(model, batch as never, { loss }), 'words.weight');
    const used = Array.from({ length: 60 }, (_, row) => row).filter((row) =>
      gradient.subarray(row * E, (row + 1) * E).some((value) => value !== 0),
    );
    expect(used).toEqual([3, 5, 7, 11]);
    expect(gradientsOf(model, batch as never, { loss })).toEqual(gradientsOf(model, batch as never, { loss }));
  });

  it('are refused where the shapes differ', async () => {
    const other = two.map((entry) => (entry.kind === 'embedding' && entry.tied ? { ...entry, units: 4 } : entry));
    await expect(createModel(other as never)).rejects.toThrow(/expected a weight of shape \[60, 4\]/);
  });
});

it('a head of features may be tied to another', async () => {
  const model = await createModel(
    [features(E), dense({ units: E, name: 'a' }), dense({ units: E, tied: 'a.weight' }), lstm({ units: V })],
    { dtype: 'f64' },
  );
  const batch = { ...batchOf(4, 2), inputs: Float64Array.from({ length: 4 * 2 * E }, (_, i) => (i % 7) / 7) };
  for (const { name, relativeError } of checkGradients(model, batch, { loss })) {
    expect(relativeError, name).toBeLessThan(1e-7);
  }
});
