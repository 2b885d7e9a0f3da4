// Batches of prompts: each row says what it would say alone, whatever the others do.
import { array, assert, asyncProperty, integer, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateBatch } from '../../src/generation/index.ts';
import { BpttError, createModel, type Dtype, dense, generate, gru, lstm, tokens } from '../../src/index.ts';

const V = 7;
const create = (dtype: Dtype = 'f32') =>
  createModel([tokens(V), lstm({ units: 9 }), gru({ units: 6 }), dense({ units: V })], { seed: 4, dtype });

/** What a row says on its own. */
async function alone(model: Awaited<ReturnType<typeof create>>, options: Parameters<typeof generate>[1]) {
  const generation = generate(model, { ...options, logProbabilities: true });
  const given = [...generation];
  return {
    tokens: Int32Array.from(given, ({ token }) => token),
    logProbabilities: Float64Array.from(given, ({ logProbability }) => logProbability),
    finish: generation.finish,
    stop: generation.stop,
    state: generation.state,
  };
}

describe('generateBatch', () => {
  it('gives in each row what generate gives alone, to the last bit', async () => {
    const token = integer({ min: 0, max: V - 1 });
    const cases = record({
      prompts: array(array(token, { minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 5 }),
      length: integer({ min: 0, max: 12 }),
      stop: array(array(token, { minLength: 1, maxLength: 2 }), { maxLength: 2 }),
      topK: integer({ min: 1, max: V }),
      repetitionWindow: integer({ min: 1, max: 20 }),
      seed: integer({ min: 0 }),
    });
    for (const dtype of ['f32', 'f64'] as const) {
      const model = await create(dtype);
      await assert(
        asyncProperty(cases, async ({ prompts, ...one }) => {
          const options = { ...one, topP: 0.9, temperature: 1.2, repetitionPenalty: 1.3 };
          const { rows, state } = await generateBatch(model, { ...options, prompts });
          for (const [row, prompt] of prompts.entries()) {
            const { state: own, ...said } = await alone(model, { ...options, prompt, seed: options.seed + row });
            expect(rows[row]).toEqual(said);
            const width = (layer: number) => own.layers[layer]!.length;
            const part = state.layers.map((data, layer) => data.slice(row * width(layer), (row + 1) * width(layer)));
            expect(part).toEqual(own.layers);
          }
        }),
        { numRuns: 40 },
      );
    }
  });

  it('goes on from a state, each row from its own', async () => {
    const model = await create();
    const options = { temperature: 0, length: 5 };
    const first = await generateBatch(model, { ...options, prompts: [[1], [2, 3, 4]] });
    const second = await generateBatch(model, { ...options, prompts: [[5, 6], [0]], state: first.state });
    for (const [row, [before, after]] of [[[1], [5, 6]] as const, [[2, 3, 4], [0]] as const].entries()) {
      const prompt = [...before, ...first.rows[row]!.tokens, ...after];
      expect([...second.rows[row]!.tokens]).toEqual([...generate(model, { ...options, prompt })]);
    }
  });

  it('ends all rows where a signal aborts, and gives its memory back', async () => {
    const model = await create();
    for (let i = 0; i < 20; i++) {
      const { rows } = await generateBatch(model, { prompts: [[1], [2, 3]], length: 9, signal: AbortSignal.abort() });
      expect(rows.map(({ tokens: said, finish }) => [said.length, finish])).toEqual([
        [0, 'aborted'],
        [0, 'aborted'],
      ]);
    }
    const { memoryBytes } = model;
    for (let i = 0; i < 200; i++) await generateBatch(model, { prompts: [[1], [2, 3]], length: 2 });
    expect(model.memoryBytes).toBe(memoryBytes);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 1);
    const { rows } = await generateBatch(model, { prompts: [[1], [2, 3]], length: 1e9, signal: controller.signal });
    expect(rows.map(({ finish }) => finish)).toEqual(['aborted', 'aborted']);
  });

  it('refuses wrong options', async () => {
    const model = await create();
    for (const options of [
      { prompts: [] },
      { prompts: [1, 2] },
      { prompts: [[1], []] },
      { prompts: [[V]] },
      { prompts: [[1]], length: undefined },
      { prompts: [[1]], length: -1 },
      { prompts: [[1]], state: model.zeroState(2) },
      { prompts: [[1], [1]], seed: Number.MAX_SAFE_INTEGER },
      { prompts: [[1]], logProbabilities: true },
      { prompts: [[1]], topP: 2 },
    ]) {
      await expect(generateBatch(model, { length: 1, ...options } as never), JSON.stringify(options)).rejects.toThrow(
        BpttError,
      );
    }
  });
});
