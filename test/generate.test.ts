// Generation: reproducible, follows the probabilities, refuses what cannot speak.
import { describe, expect, it } from 'vitest';
import { BpttError, createModel, dense, elman, features, generate, type Model, tokens } from '../src/index.ts';

const create = (units = 5) => createModel([tokens(5), elman({ units: 8 }), dense({ units })], { seed: 4 });

/** A model whose logits are the biases alone: the same distribution at every step. */
async function biased(logits: readonly number[]): Promise<Model> {
  const model = await create();
  model.setParameter('dense.weight', new Float32Array(40));
  model.setParameter('dense.bias', logits);
  return model;
}

describe('generate', () => {
  it('gives the same tokens for the same seed and others for another', async () => {
    const model = await create();
    const say = (seed: number) => [...generate(model, { prompt: [1, 2], length: 50, seed })];
    expect(say(0)).toEqual(say(0));
    expect(say(0)).not.toEqual(say(1));
    expect(say(0)).toEqual([...generate(model, { prompt: [1, 2], length: 50 })]);
  });

  it('draws from softmax(logits / temperature)', async () => {
    const model = await biased([0, 1, 2, -1, -2]);
    for (const temperature of [0.5, 1, 2]) {
      const weights = [0, 1, 2, -1, -2].map((logit) => Math.exp(logit / temperature));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const counts = new Array<number>(5).fill(0);
      for (const token of generate(model, { prompt: [0], length: 20_000, temperature, seed: 1 })) counts[token]!++;
      // Five standard deviations of a count.
      for (const [token, weight] of weights.entries()) {
        const p = weight / total;
        expect(Math.abs(counts[token]! - 20_000 * p)).toBeLessThan(5 * Math.sqrt(20_000 * p * (1 - p)));
      }
    }
  });

  it('takes the most likely token, the first of equals, at temperature 0', async () => {
    const model = await biased([1, 3, 2, 3, 0]);
    expect([...generate(model, { prompt: [0], length: 4, temperature: 0 })]).toEqual([1, 1, 1, 1]);
  });

  it('reads the prompt, also one longer than it reads at a time, and goes on from a state', async () => {
    const model = await create();
    const prompt = Int32Array.from({ length: 100 }, (_, i) => (i * i) % 5);
    const { outputs, state } = model.forward({ steps: 99, rows: 1, inputs: prompt.subarray(0, 99) });
    expect(outputs).toHaveLength(99 * 5);
    const direct = [...generate(model, { prompt, length: 10 })];
    expect([...generate(model, { prompt: prompt.subarray(99), length: 10, state })]).toEqual(direct);
  });

  it('gives its memory back, also when the caller stops early', async () => {
    const model = await create();
    const memory = () => model.memoryBytes;
    for (const _ of generate(model, { prompt: [0] })) break;
    const before = memory();
    for (let i = 0; i < 1000; i++) for (const _ of generate(model, { prompt: [0] })) break;
    expect(memory()).toBe(before);
  });

  it('lets two generations of one model take turns', async () => {
    const model = await create();
    const alone = [...generate(model, { prompt: [3], length: 20, seed: 7 })];
    const first = generate(model, { prompt: [3], length: 20, seed: 7 });
    const second = generate(model, { prompt: [1], length: 20, seed: 8 });
    const together: number[] = [];
    for (const token of first) {
      together.push(token);
      second.next();
    }
    expect(together).toEqual(alone);
  });

  it('refuses models that do not map tokens to the same tokens, and wrong options', async () => {
    const model = await create();
    const other = await create(4);
    const real = await createModel([features(5), elman({ units: 2 }), dense({ units: 5 })]);
    for (const wrong of [other, real]) {
      expect(() => [...generate(wrong, { prompt: [0], length: 1 })]).toThrow(BpttError);
    }
    for (const options of [
      { prompt: [] },
      { prompt: [5] },
      { prompt: [-1] },
      { prompt: 'text' },
      { prompt: [0], temperature: -1 },
      { prompt: [0], temperature: Number.NaN },
      { prompt: [0], length: 1.5 },
      { prompt: [0], seed: -1 },
      { prompt: [0], top: 3 },
      { prompt: [0], state: model.zeroState(2) },
    ]) {
      expect(() => [...generate(model, { length: 1, ...options } as never)]).toThrow(BpttError);
    }
  });
});
