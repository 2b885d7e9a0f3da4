// What generation, search and scores refuse, each with what was expected and what came.
import { describe, expect, it } from 'vitest';
import { beamSearch, generateBatch, perplexity, score } from '../../src/generation/index.ts';
import { bidirectional, createModel, dense, elman, features, generate, type Model, tokens } from '../../src/index.ts';
import { codeOf } from '../support/error-code.ts';
import { nextBlock } from '../support/memory.ts';

const V = 5;
const create = () => createModel([tokens(V), elman({ units: 4 }), dense({ units: V })], { seed: 4 });

/** Each way, with options that are right but for what is given. */
const ways: Readonly<Record<string, (model: Model, options: object) => unknown>> = {
  generate: (model, options) => [...generate(model, { prompt: [0], length: 1, ...options })],
  generateBatch: (model, options) => generateBatch(model, { prompts: [[0]], length: 1, ...options }),
  beamSearch: (model, options) => beamSearch(model, { prompt: [0], beams: 2, length: 2, ...options }),
  score: (model, options) => score(model, [[0, 1]], options),
  perplexity: (model, options) => perplexity(model, [0, 1], options),
};

async function failureOf(run: () => unknown): Promise<{ readonly code: string; readonly message: string }> {
  try {
    await run();
  } catch (error) {
    return { code: (error as { code: string }).code, message: (error as Error).message };
  }
  throw new Error('expected an error, got none');
}

describe.each(Object.entries(ways))('%s refuses', (name, way) => {
  it('models that do not map tokens to the same tokens', async () => {
    for (const [layers, reads] of [
      [[tokens(V), elman({ units: 2 }), dense({ units: 4 })], '5 tokens and gives 4 outputs'],
      [[features(V), elman({ units: 2 }), dense({ units: V })], '5 features and gives 5 outputs'],
    ] as const) {
      const model = await createModel(layers);
      expect(await failureOf(() => way(model, {}))).toEqual({
        code: 'invalid-shape',
        message: `${name}: expected a model with as many outputs as tokens, got one that reads ${reads}`,
      });
    }
  });

  it('models that read both sides', async () => {
    const model = await createModel([tokens(V), bidirectional(elman({ units: 3 })), dense({ units: V })]);
    const { message } = await failureOf(() => way(model, {}));
    expect(message).toMatch(new RegExp(`^${name}: expected .*; it cannot give one token at a time$`));
  });

  it('what is no model, a state of other rows, and options that it does not have', async () => {
    expect((await failureOf(() => way({} as Model, {}))).message).toBe(
      `${name}(model): expected a model, got an object`,
    );
    const model = await create();
    const state = await failureOf(() => way(model, { state: model.zeroState(2) }));
    expect(state.code).toBe('foreign-state');
    const unknown = await failureOf(() => way(model, { tempreature: 1 }));
    expect(unknown.code).toBe('unknown-option');
    expect(unknown.message).toMatch(new RegExp(`^${name}: .*"tempreature"`));
  });
});

const sampling: readonly (readonly [object, string])[] = [
  [{ temperature: -1 }, '.temperature: expected a finite number >= 0, got -1'],
  [{ temperature: 1e-31 }, '.temperature: expected 0 or a number >= 1e-30, got 1e-31'],
  [{ topK: 0 }, '.topK: expected an integer >= 1, got 0'],
  [{ topP: 0 }, '.topP: expected '],
  [{ topP: 1.01 }, '.topP: expected '],
  [{ repetitionPenalty: 0 }, '.repetitionPenalty: expected '],
  [{ repetitionWindow: 3 }, '.repetitionWindow: expected repetitionPenalty with it, got none'],
  [{ repetitionPenalty: 2, repetitionWindow: 0 }, '.repetitionWindow: expected an integer >= 1, got 0'],
  [{ seed: -1 }, '.seed: expected an integer >= 0, got -1'],
];
const stops: readonly (readonly [object, string])[] = [
  [{ stop: 'text' }, '.stop: expected an array of sequences of tokens, got "text"'],
  [{ stop: [[1], []] }, '.stop[1]: expected at least 1 token, got 0'],
  [{ stop: [[1], [V]] }, '.stop[1][0]: expected '],
  [{ stop: [1] }, '.stop[0]: expected '],
  [{ signal: {} }, '.signal: expected '],
];
const refused: Readonly<Record<string, readonly (readonly [object, string])[]>> = {
  generate: [
    ...sampling,
    ...stops,
    [{ prompt: [] }, '.prompt: expected at least 1 token, got 0'],
    [{ prompt: [V] }, '.prompt[0]: expected '],
    [{ length: 1.5 }, '.length: expected an integer >= 0, got 1.5'],
    [{ logProbabilities: 'yes' }, '.logProbabilities: expected '],
  ],
  generateBatch: [
    ...sampling,
    ...stops,
    [{ prompts: [] }, '.prompts: expected an array of prompts with at least one, got an array of length 0'],
    [{ prompts: 'text' }, '.prompts: expected an array of prompts with at least one, got "text"'],
    [{ prompts: [[1], []] }, '.prompts[1]: expected at least 1 token, got 0'],
    [{ length: undefined }, '.length: expected an integer >= 0, got undefined'],
    [
      { prompts: [[1], [1]], seed: Number.MAX_SAFE_INTEGER },
      `.seed: expected an integer >= 0 and <= ${Number.MAX_SAFE_INTEGER - 1}, got ${Number.MAX_SAFE_INTEGER}`,
    ],
  ],
  beamSearch: [
    ...stops,
    [{ prompt: [] }, '.prompt: expected at least 1 token, got 0'],
    [{ beams: 0 }, '.beams: expected an integer >= 1, got 0'],
    [{ length: 0 }, '.length: expected an integer >= 1, got 0'],
    [{ lengthPenalty: -1 }, '.lengthPenalty: expected '],
  ],
  score: [[{ prompt: [] }, '.prompt: expected at least 1 token, got 0']],
  perplexity: [[{ characters: 0 }, '.characters: expected an integer >= 1, got 0']],
};
describe.each(Object.entries(refused))('%s refuses', (name, cases) => {
  it.each(cases)('%o', async (options, message) => {
    const model = await create();
    const failure = await failureOf(() => ways[name]!(model, options));
    expect(failure.message).toContain(`${name}${message}`);
    expect(failure.code).toMatch(/^(invalid-argument|token-out-of-range)$/);
  });
});

it('generateBatch takes the largest seeds that leave one for each row', async () => {
  const seed = Number.MAX_SAFE_INTEGER - 1;
  const { rows } = await generateBatch(await create(), { prompts: [[1], [1]], length: 1, seed });
  expect(rows).toHaveLength(2);
});

describe('score and perplexity refuse', () => {
  it.each<[(model: Model) => unknown, string]>([
    [(model) => score(model, 'text' as never), 'score.sequences: expected an array of sequences, got "text"'],
    [(model) => score(model, [[1, 2], [1]]), 'score.sequences[1]: expected at least 2 tokens, got 1'],
    [(model) => score(model, [[]], { prompt: [1] }), 'score.sequences[0]: expected at least 1 tokens, got 0'],
    [(model) => score(model, [[1, V]]), 'score.sequences[0][1]: expected'],
    [(model) => perplexity(model, [1]), 'perplexity.tokens: expected at least 2 tokens, got 1'],
    [(model) => perplexity(model, [1, V]), 'perplexity.tokens[1]: expected'],
  ])('%s', async (run, message) => {
    const model = await create();
    expect(() => run(model)).toThrow(message);
    expect(codeOf(() => run(model))).toMatch(/^(invalid-argument|token-out-of-range)$/);
  });

  it('models with one output a row', async () => {
    const model = await createModel([tokens(V), elman({ units: 4, returns: 'last' }), dense({ units: V })]);
    expect(() => score(model, [[1, 2]])).toThrow(
      "score: expected a model with outputs at every step, got returns: 'last'",
    );
  });
});

describe('logits that are not finite', () => {
  const broken = async (bias: readonly number[]) => {
    const model = await create();
    model.setParameter('dense.weight', new Float32Array(20).fill(3e38));
    model.setParameter('rnn.bias_ih_l0', new Float32Array(4).fill(1));
    model.setParameter('dense.bias', bias);
    return model;
  };

  it.each(Object.entries(ways).filter(([name]) => name !== 'perplexity'))('are named by %s', async (name, way) => {
    const model = await broken([0, 0, 0, 0, 0]);
    const { code, message } = await failureOf(() => way(model, {}));
    expect(code).toBe('non-finite');
    expect(message).toMatch(new RegExp(`^${name}: expected finite logits, got (NaN|Infinity) for token 0$`));
  });

  it('are those beyond all numbers by the penalty too', async () => {
    const model = await create();
    model.setParameter('dense.weight', new Float32Array(20));
    model.setParameter('dense.bias', [-3e38, -3e38, -3e38, -3e38, -3e38]);
    expect(() => [...generate(model, { prompt: [0], length: 9, repetitionPenalty: 1e6 })]).toThrow(
      'generate: expected finite logits, got some beyond all numbers, by the repetition penalty',
    );
  });

  it('leave a generation without a state', async () => {
    const generation = generate(await broken([0, 0, 0, 0, 0]), { prompt: [0] });
    expect(() => generation.next()).toThrow();
    expect(() => generation.state).toThrow('generate: expected no state of a generation that failed');
    expect(codeOf(() => generation.state)).toBe('invalid-argument');
  });
});

describe('memory', () => {
  it.each(Object.entries(ways))('is given back by %s, also when it fails', async (name, way) => {
    const good = await create();
    const bad = await create();
    bad.setParameter('dense.weight', new Float32Array(20).fill(3e38));
    bad.setParameter('rnn.bias_ih_l0', new Float32Array(4).fill(1));
    const options = name.startsWith('generate') ? { repetitionPenalty: 2 } : {};
    for (const model of [good, bad]) {
      const before = nextBlock(model);
      const run = async () => way(model, options);
      if (model === good) await run();
      else if (name !== 'perplexity') await expect(run()).rejects.toThrow();
      expect(nextBlock(model)).toBe(before);
    }
  });
});
