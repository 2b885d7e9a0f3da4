// attention: a mean of the steps of another entry, weighted by how well they fit.
import { describe, expect, it } from 'vitest';
import {
  type AttentionOptions,
  adam,
  attention,
  bidirectional,
  checkGradients,
  createModel,
  dense,
  embedding,
  features,
  fit,
  type GradientError,
  gru,
  last,
  lstm,
  type Model,
  type ModelDescription,
  tokens,
} from '../../src/index.ts';

type Score = Omit<AttentionOptions, 'from'>;

/** Encoder and decoder of two clocks; the query and the memory have the sizes that the score can take. */
function pair(score: Score, query = 16, memory = 16): ModelDescription {
  return [
    tokens(5, { name: 'source' }),
    embedding({ units: 3 }),
    bidirectional(gru({ units: memory / 2 }), { name: 'memory' }),
    tokens(4, { name: 'target' }),
    embedding({ units: 3, name: 'words' }),
    gru({ units: query, name: 'decoder' }),
    attention({ from: ['decoder', 'memory'], name: 'look', ...score }),
    dense({ units: 4, name: 'out' }),
  ];
}

const rows = 3;
const [S, T] = [4, 5];
const numbers = (count: number, below: number) => Int32Array.from({ length: count }, (_, i) => (i * 7 + 3) % below);
const input = {
  rows,
  steps: { source: S, target: T },
  inputs: { source: numbers(S * rows, 5), target: numbers(T * rows, 4) },
  lengths: { source: [4, 1, 3], target: [2, 5, 4] },
};
const batch = { ...input, targets: numbers(T * rows, 4) };

/** What is tiny is a difference of rounding. */
function expectExact(errors: readonly GradientError[]): void {
  expect(errors.filter((error) => error.relativeError >= 1e-7 && error.absoluteError >= 1e-10)).toEqual([]);
}

const valuesOf = (model: Model, name: string) => model.parameters().find((parameter) => parameter.name === name)!.data;

/** The layer by its formulas, with plain loops. */
function twin(model: Model, score: Score, query: ArrayLike<number>, memory: ArrayLike<number>, Q: number, M: number) {
  const { heads = 1 } = score;
  const kind = score.score ?? 'general';
  const product = (weight: ArrayLike<number>, outputs: number, x: readonly number[]) =>
    Array.from({ length: outputs }, (_, o) => x.reduce((sum, value, i) => sum + value * weight[o * x.length + i]!, 0));
  const step = (of: ArrayLike<number>, t: number, row: number, size: number) =>
    Array.from({ length: size }, (_, i) => of[(t * rows + row) * size + i]!);
  const y: number[] = [];
  for (let t = 0; t < T; t++) {
    for (let row = 0; row < rows; row++) {
      const q = step(query, t, row, Q);
      const steps = Array.from({ length: input.lengths.source[row]! }, (_, s) => step(memory, s, row, M));
      const context: number[] = [];
      for (let head = 0; head < heads; head++) {
        const cut = (x: readonly number[]) => x.slice((head * M) / heads, ((head + 1) * M) / heads);
        const scores = steps.map((m) => {
          if (kind === 'additive') {
            const A = score.units ?? Q;
            const asked = product(valuesOf(model, 'look.weight_query'), A, q);
            const keys = product(valuesOf(model, 'look.weight_memory'), A, m);
            const [bias, v] = [valuesOf(model, 'look.bias'), valuesOf(model, 'look.v')];
            return asked.reduce((sum, a, i) => sum + v[i]! * Math.tanh(a + keys[i]! + bias[i]!), 0);
          }
          const asked = kind === 'general' ? product(valuesOf(model, 'look.weight'), M, q) : q;
          const dot = cut(asked).reduce((sum, a, i) => sum + a * cut(m)[i]!, 0);
          return kind === 'scaled-dot' ? dot / Math.sqrt(M / heads) : dot;
        });
        const exps = scores.map((e) => Math.exp(e - Math.max(...scores)));
        const all = exps.reduce((a, b) => a + b, 0);
        const parts = steps.map((m, s) => cut(m).map((value) => (value * exps[s]!) / all));
        context.push(...parts.reduce((a, b) => a.map((value, i) => value + b[i]!)));
      }
      y.push(...(t < input.lengths.target[row]! ? [...context, ...q] : Array(M + Q).fill(0)));
    }
  }
  return y;
}

const scores: readonly (readonly [string, Score, number, number])[] = [
  ['dot', { score: 'dot' }, 6, 6],
  ['scaled-dot', { score: 'scaled-dot' }, 6, 6],
  ['scaled-dot of two heads', { score: 'scaled-dot', heads: 2 }, 16, 16],
  ['general', {}, 5, 6],
  ['general of two heads', { heads: 2 }, 7, 16],
  ['additive', { score: 'additive' }, 5, 6],
  ['additive of other units', { score: 'additive', units: 3 }, 5, 6],
];

describe.each(scores)('%s', (_, score, Q, M) => {
  it('is what its formulas say, in each row over its valid steps', async () => {
    const description = pair(score, Q, M).slice(0, -1);
    const model = await createModel(description as unknown as ModelDescription, { dtype: 'f64', seed: 2 });
    for (const { name, data } of model.parameters()) {
      if (name === 'look.bias')
        model.setParameter(
          name,
          data.map((_, i) => 0.1 * i),
        );
    }
    const states = await createModel(pair(score, Q, M).slice(0, 6) as unknown as ModelDescription, { dtype: 'f64' });
    for (const { name } of states.parameters()) states.setParameter(name, valuesOf(model, name));
    const { decoder, memory } = states.forward(input).named;
    const expected = twin(model, score, decoder!, memory!, Q, M);
    const { outputs } = model.forward(input);
    expect(Math.max(...expected.map((value, i) => Math.abs(value - outputs[i]!)))).toBeLessThan(1e-14);
  });

  it('has the gradients of finite differences', async () => {
    const model = await createModel(pair(score, Q, M), { dtype: 'f64', seed: 4 });
    const errors = checkGradients(model, batch, { loss: 'cross-entropy' });
    expect(errors.map(({ name }) => name)).toEqual(model.parameters().map(({ name }) => name));
    expectExact(errors);
  });
});

it('has the gradients of finite differences where others read the query and the memory too, before and after it', async () => {
  const model = await createModel(
    [
      ...pair({ score: 'additive' }, 6, 6).slice(0, -1),
      attention({ from: ['look', 'memory'], name: 'again' }),
      dense({ units: 4, name: 'out' }),
      dense({ units: 4, from: 'decoder', name: 'early' }),
      dense({ units: 5, from: 'memory', name: 'copy' }),
    ] as unknown as ModelDescription,
    { dtype: 'f64', seed: 4 },
  );
  const targets = { out: batch.targets, early: batch.targets, copy: batch.inputs.source };
  const loss = { out: 'cross-entropy', early: 'cross-entropy', copy: 'cross-entropy' } as const;
  expectExact(checkGradients(model, { ...input, targets }, { loss }));
});

it('may be asked with one output a row: a summary of what matters', async () => {
  const model = await createModel(
    [
      features(2, { name: 'x' }),
      lstm({ units: 4, name: 'steps' }),
      last({ name: 'end' }),
      attention({ from: ['end', 'steps'] }),
      dense({ units: 3 }),
    ],
    { dtype: 'f64', seed: 1 },
  );
  const x = {
    rows: 2,
    steps: 3,
    lengths: [3, 2],
    inputs: Float64Array.from({ length: 12 }, (_, i) => ((i * 5) % 7) / 7),
  };
  expectExact(checkGradients(model, { ...x, targets: Int32Array.of(0, 2) }, { loss: 'cross-entropy' }));
});

it('learns to write a sequence backwards, which asks for another step of the memory at each step', async () => {
  const model = await createModel(pair({}, 16, 16), { seed: 1 });
  const data = Array.from({ length: 8 }, (_, n) => {
    const source = Int32Array.from({ length: S * rows }, (_, i) => ((i + 1) * (n + 3) * 7 + (i % 3) * n) % 4);
    const targets = source.map((_, i) => source[(S - 1 - Math.floor(i / rows)) * rows + (i % rows)]!);
    const target = targets.map((_, i) => (i < rows ? 0 : targets[i - rows]!));
    return { rows, steps: { source: S, target: S }, inputs: { source, target }, targets };
  });
  const { loss } = await fit(model, {
    data,
    loss: 'cross-entropy',
    epochs: 60,
    seed: 1,
    optimizer: adam({ learningRate: 0.01 }),
  });
  expect(loss).toBeLessThan(0.1);
});

it.each<[string, Score & { from?: string[] }, RegExp]>([
  ['an unknown score', { score: 'cosine' as never }, /score: expected one of .*"general".*got "cosine"/],
  [
    'sizes that do not fit',
    { score: 'dot' },
    /look'\.score: expected a query and a memory of one size for 'dot', got 5 of .* and 6 of .*'general'/,
  ],
  ['heads of the additive score', { score: 'additive', heads: 2 }, /heads: expected 1 with score: 'additive', got 2/],
  ['heads that do not fit', { heads: 2 }, /heads: expected heads of a multiple of 8 features each, got 6 .* for 2/],
  ['units of another score', { units: 4 }, /units: expected none with score: 'general', got 4/],
  ['one entry', { from: ['memory'] }, /from: expected two entries, .* got 1/],
  ['tokens', { from: ['decoder', 'source'] }, /from: expected features, got 5 tokens/],
  ['an unknown option', { mask: 1 } as never, /expected only score, .* got "mask"/],
])('refuses %s', async (_, options, message) => {
  await expect((async () => createModel(pair(options, 5, 6)))()).rejects.toThrow(message);
});
