// translate: what an encoder and a decoder write for a source, against the model's own whole passes.
import { describe, expect, it } from 'vitest';
import {
  attention,
  bidirectional,
  createModel,
  dense,
  embedding,
  features,
  gru,
  lstm,
  type Model,
  type ModelDescription,
  tokens,
} from '../../src/index.ts';
import { type TranslateOptions, type Translation, translate } from '../../src/translation/index.ts';

const SIZE = 4; // three letters, and the token that begins and ends
const END = SIZE - 1;

const decoder = (start: string): ModelDescription[1][] => [
  tokens(SIZE, { name: 'target' }),
  embedding({ units: 3, name: 'words' }),
  gru({ units: 8, name: 'decoder', start }),
];

const encoder = [tokens(5, { name: 'source' }), embedding({ units: 3 }), gru({ units: 8, name: 'encoder' })] as const;
const out = dense({ units: SIZE });

const models: readonly (readonly [string, ModelDescription])[] = [
  ['a state that is handed over', [...encoder, ...decoder('encoder'), out]],
  ['attention', [...encoder, ...decoder('encoder'), attention({ from: ['decoder', 'encoder'] }), out]],
  [
    'additive attention to both directions of an LSTM',
    [
      ...encoder.slice(0, 2),
      bidirectional(lstm({ units: 4 }), { name: 'both' }),
      tokens(SIZE, { name: 'target' }),
      embedding({ units: 3, name: 'words' }),
      lstm({ units: 6, name: 'decoder' }),
      attention({ from: ['decoder', 'both'], score: 'additive' }),
      dense({ units: 8, activation: 'tanh' }),
      out,
    ] as unknown as ModelDescription,
  ],
  [
    'features and two heads',
    [
      features(2, { name: 'source' }),
      gru({ units: 16, name: 'encoder' }),
      ...decoder('first'),
      attention({ from: ['decoder', 'encoder'], heads: 2 }),
      out,
    ].toSpliced(
      2,
      0,
      dense({ units: 8, name: 'smaller' }),
      gru({ units: 8, name: 'first' }),
    ) as unknown as ModelDescription,
  ],
];

const sources = (model: Model): (number[] | Float64Array)[] =>
  model.network.graph.inputs[0]!.output.kind === 'tokens'
    ? [[0, 3, 1], [2], [4, 4, 0, 1, 2], [1, 3]]
    : [3, 1, 5, 2].map((steps) => Float64Array.from({ length: 2 * steps }, (_, i) => ((i * 5 + steps) % 7) / 7 - 0.4));

/** Sharper logits, so that choices differ. */
async function create(description: ModelDescription, seed = 1): Promise<Model> {
  const model = await createModel(description, { dtype: 'f64', seed });
  for (const { name, data } of model.parameters())
    model.setParameter(
      name,
      data.map((w) => 3 * w),
    );
  return model;
}

/** log p of each token after the targets so far, by whole passes. */
function logProbabilities(model: Model, source: ArrayLike<number>, written: readonly number[]): number[] {
  const { kind, size } = model.network.graph.inputs[0]!.output;
  const steps = { source: kind === 'tokens' ? source.length : source.length / size, target: written.length + 1 };
  const inputs = {
    source: kind === 'tokens' ? Int32Array.from(source) : Float64Array.from(source),
    target: Int32Array.of(END, ...written),
  };
  const logits = [...model.forward({ rows: 1, steps, inputs }).outputs.slice(-SIZE)];
  const all = Math.log(logits.reduce((sum, value) => sum + Math.exp(value), 0));
  return logits.map((value) => value - all);
}

/** All targets of at most `length` tokens with what they get, the end included where they are shorter. */
function everything(model: Model, source: ArrayLike<number>, length: number) {
  const found: { tokens: number[]; logProbability: number }[] = [];
  const go = (written: number[], logProbability: number) => {
    if (written.length === length) {
      found.push({ tokens: written, logProbability });
      return;
    }
    for (const [token, value] of logProbabilities(model, source, written).entries()) {
      if (token === END) found.push({ tokens: written, logProbability: logProbability + value });
      else go([...written, token], logProbability + value);
    }
  };
  go([], 0);
  return found.toSorted((a, b) => b.logProbability - a.logProbability);
}

describe.each(models)('with %s', (_, description) => {
  it('writes the likeliest token at each step', async () => {
    const model = await create(description);
    const results = await translate(model, sources(model), { length: 6 });
    for (const [index, source] of sources(model).entries()) {
      const written: number[] = [];
      while (written.length < 6) {
        const values = logProbabilities(model, source, written);
        const token = values.indexOf(Math.max(...values));
        if (token === END) break;
        written.push(token);
      }
      expect([...results[index]![0]!.tokens]).toEqual(written);
    }
  });

  it('finds the best of all with as many beams as there are targets, and knows how likely they are', async () => {
    const model = await create(description, 3);
    for (const source of sources(model)) {
      const [found] = await translate(model, [source], { beams: 40, length: 3 });
      const expected = everything(model, source, 3).slice(0, 40);
      expect(found!.map(({ tokens }) => [...tokens])).toEqual(expected.map(({ tokens }) => tokens));
      for (const [index, { logProbability }] of found!.entries()) {
        expect(Math.abs(logProbability - expected[index]!.logProbability)).toBeLessThan(1e-12);
      }
    }
  });

  it.each<TranslateOptions>([
    { length: 7 },
    { length: 7, beams: 3 },
    { length: 7, beams: 3, batch: 2, lengthPenalty: 0.6 },
    // As long as its own source allows, and not as the longest of the batch.
    { minimum: 11 },
    { minimum: 11, beams: 3, lengthPenalty: 0.6 },
  ])('gives each source what it gives it alone, to the bit: %o', async (options) => {
    const model = await create(description, 5);
    const alone = [];
    for (const source of sources(model)) alone.push(...(await translate(model, [source], options)));
    expect(await translate(model, sources(model), options)).toEqual(alone);
  });

  it('gives its memory back', async () => {
    const model = await create(description);
    await translate(model, sources(model), { beams: 3 });
    const before = model.memoryBytes;
    for (let i = 0; i < 5; i++) await translate(model, sources(model), { beams: 3 });
    expect(model.memoryBytes).toBe(before);
  });
});

it('says what each token and the end have looked at: weights of the steps of the source, whose sum is 1', async () => {
  const model = await create(models[1]![1]);
  const results = await translate(model, sources(model), { beams: 2, length: 5, attention: true });
  for (const [index, found] of results.entries()) {
    for (const { tokens: written, attention: looks, finish } of found) {
      expect(looks).toHaveLength(written.length + (finish === 'stop' ? 1 : 0));
      for (const weights of looks!) {
        const steps = sources(model)[index]!.length;
        expect(weights).toHaveLength(steps);
        expect(Math.abs(weights.reduce((a, b) => a + b, 0) - 1)).toBeLessThan(1e-12);
      }
    }
  }
});

it('adds to the score what is not covered, and finds the best of all by that score', async () => {
  const model = await create(models[1]![1], 3);
  const beta = 0.4;
  for (const source of sources(model)) {
    const options = { beams: 40, length: 3, attention: true } as const;
    const [plain] = await translate(model, [source], options);
    const expected = plain!
      .map(({ tokens, logProbability, attention: looks }) => {
        const covered = Array.from(looks![0]!, (_, s) => looks!.reduce((sum, weights) => sum + weights[s]!, 0));
        const penalty = covered.reduce((sum, value) => sum + Math.log(Math.min(1, value)), 0);
        return { tokens, score: logProbability + beta * penalty };
      })
      .toSorted((a, b) => b.score - a.score);
    const [found] = await translate(model, [source], { ...options, coveragePenalty: beta });
    expect(found!.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
    for (const [i, { score }] of found!.entries()) expect(Math.abs(score - expected[i]!.score)).toBeLessThan(1e-12);
    const three = { beams: 3, length: 3, coveragePenalty: beta };
    expect((await translate(model, sources(model), three)).length).toBe(sources(model).length);
  }
});

it.each([1, 2, 3])('writes no run of %i tokens twice', async (noRepeat) => {
  const model = await create(models[1]![1]);
  // One token is what the model wants to write, and never the end.
  model.setParameter('dense.bias', [6, 0, 0, -20]);
  for (const beams of [1, 3]) {
    const length = 3 ** noRepeat + noRepeat;
    const free = await translate(model, sources(model), { length, beams });
    expect(new Set(free[0]![0]!.tokens).size).toBeLessThan(3);
    for (const [best] of await translate(model, sources(model), { length, beams, noRepeat })) {
      const runs = Array.from({ length: Math.max(0, best!.tokens.length - noRepeat + 1) }, (_, at) =>
        best!.tokens.slice(at, at + noRepeat).join(),
      );
      expect(new Set(runs).size).toBe(runs.length);
      expect(best!.tokens.length).toBeGreaterThanOrEqual(noRepeat);
    }
  }
});

it('ends where every token would repeat something and the end may not come yet', async () => {
  const model = await create(models[1]![1]);
  for (const [best] of await translate(model, sources(model), { length: 9, beams: 2, noRepeat: 1, minimum: 5 })) {
    expect([...best!.tokens].toSorted()).toEqual([0, 1, 2]);
    expect(best!.finish).toBe('length');
  }
});

it('writes at least `minimum` tokens, and prefers longer ones with a length penalty', async () => {
  const model = await create(models[1]![1]);
  // The end is what the model wants to write.
  model.setParameter('dense.bias', [0, 0, 0, 4]);
  const written = async (options: TranslateOptions) =>
    (await translate(model, sources(model), { length: 6, ...options })).map(([best]) => best!.tokens.length);
  expect(await written({})).toEqual([0, 0, 0, 0]);
  expect((await written({ minimum: 2 })).every((count) => count >= 2)).toBe(true);
  // Without a length there is room for it.
  for (const [best] of await translate(model, sources(model), { minimum: 50 })) expect(best!.tokens.length).toBe(50);
  expect((await written({ beams: 4, lengthPenalty: 20 })).some((count) => count > 0)).toBe(true);
});

describe('prefixes', () => {
  const prefixes = [[2], [], [0, 0, 2], [1]];

  it('begin the targets, and the best of all that begin so is found, with its whole log-probability', async () => {
    const model = await create(models[1]![1], 3);
    const found = await translate(model, sources(model), { beams: 40, length: 4, prefixes, attention: true });
    for (const [index, source] of sources(model).entries()) {
      const prefix = prefixes[index]!;
      const begins = ({ tokens }: { tokens: number[] }) => prefix.every((token, i) => tokens[i] === token);
      const expected = everything(model, source, 4).filter(begins).slice(0, 40);
      expect(found[index]!.map(({ tokens }) => [...tokens])).toEqual(expected.map(({ tokens }) => tokens));
      for (const [i, { logProbability, tokens: written, finish, attention: looks }] of found[index]!.entries()) {
        expect(Math.abs(logProbability - expected[i]!.logProbability)).toBeLessThan(1e-12);
        expect(looks).toHaveLength(written.length + (finish === 'stop' ? 1 : 0));
      }
    }
  });

  it.each([1, 3])('give each source what it gives it alone, with %i beams', async (beams) => {
    const model = await create(models[1]![1], 5);
    const alone = [];
    for (const [index, source] of sources(model).entries()) {
      alone.push(...(await translate(model, [source], { beams, length: 7, prefixes: [prefixes[index]!] })));
    }
    expect(await translate(model, sources(model), { beams, length: 7, prefixes })).toEqual(alone);
    const none = await translate(model, sources(model), { beams, length: 7, prefixes: prefixes.map(() => []) });
    expect(none).toEqual(await translate(model, sources(model), { beams, length: 7 }));
  });

  it('may repeat themselves, count as tokens, and have room without a length', async () => {
    const model = await create(models[1]![1]);
    // The end is what the model wants to write.
    model.setParameter('dense.bias', [0, 0, 0, 9]);
    const long = Array.from({ length: 60 }, (_, i) => i % 2);
    const [[best]] = (await translate(model, [[1]], { prefixes: [long], minimum: 60, noRepeat: 1 })) as [[Translation]];
    expect([[...best.tokens], best.finish]).toEqual([long, 'stop']);
    const [[short]] = (await translate(model, [[1]], { prefixes: [[2, 2]], minimum: 3, noRepeat: 1 })) as [
      [Translation],
    ];
    expect(short.tokens).toHaveLength(3);
    expect([...short.tokens.slice(0, 2)]).toEqual([2, 2]);
  });
});

it('ends with what it has when it is aborted', async () => {
  const model = await create(models[1]![1]);
  const [found] = await translate(model, [[1, 2]], { beams: 2, length: 5, signal: AbortSignal.abort() });
  expect(found!.every(({ finish }) => finish === 'aborted')).toBe(true);
});

it.each<[string, ModelDescription, RegExp]>([
  [
    'one input',
    [tokens(4), gru({ units: 4 }), dense({ units: 4 })],
    /an encoder and a decoder: two inputs.*got one input/,
  ],
  [
    'outputs that are not the tokens of the target',
    [...encoder, ...decoder('encoder'), dense({ units: 6 })],
    /as many outputs as the target has tokens.*got 6 outputs and 4 tokens/,
  ],
  [
    'a decoder in both directions',
    [
      ...encoder,
      tokens(SIZE, { name: 'target' }),
      embedding({ units: 2, name: 'words' }),
      bidirectional(gru({ units: 4 }), { name: 'two' }),
      attention({ from: ['two', 'encoder'] }),
      out,
    ],
    /a decoder that can write step by step.*'two' \(bidirectional\)/,
  ],
])('refuses a model with %s', async (_, description, message) => {
  await expect(translate(await createModel(description), [[1]])).rejects.toThrow(message);
});

it.each<[string, readonly unknown[], TranslateOptions, RegExp]>([
  ['a source without steps', [[1], []], {}, /translate\(sources\)\[1\]: expected at least one token/],
  ['a token out of range', [[1, 9]], {}, /translate\(sources\)\[0\]\[1\]: .*got 9/],
  ['no list', 'abc' as never, {}, /expected a list of sources, got "abc"/],
  ['an unknown option', [[1]], { beam: 2 } as never, /did you mean "beams"/],
  ['attention that is not there', [[1]], { attention: true }, /attention: expected false/],
  [
    'coverage without attention',
    [[1]],
    { coveragePenalty: 1 },
    /coveragePenalty: expected 0 of a model without attention, got 1/,
  ],
  ['a minimum above the length', [[1]], { length: 3, minimum: 4 }, /minimum: expected at most the length, 3, got 4/],
  [
    'a prefix that ends',
    [[1]],
    { prefixes: [[0, END]] },
    /prefixes\[0\]\[1\]: expected no token that ends the target, got 3/,
  ],
  [
    'a prefix that leaves no room',
    [[1]],
    { length: 2, prefixes: [[0, 1]] },
    /prefixes\[0\]: expected fewer tokens than the length, 2, got 2/,
  ],
  [
    'a token of a prefix out of range',
    [[1]],
    { prefixes: [[4]] },
    /prefixes\[0\]\[0\]: expected a token from 0 to 3, got 4/,
  ],
  [
    'too few prefixes',
    [[1], [2]],
    { prefixes: [[0]] },
    /prefixes: expected one prefix for each source, got 1 for 2 sources/,
  ],
  ['runs of half a token', [[1]], { noRepeat: 0.5 }, /noRepeat: expected/],
])('refuses %s', async (_, given, options, message) => {
  await expect(translate(await create(models[0]![1]), given as never, options)).rejects.toThrow(message);
});
