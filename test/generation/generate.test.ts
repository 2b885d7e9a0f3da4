// Generation: reproducible, follows the probabilities, refuses what cannot speak.
import { array, assert, double, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BpttError,
  createModel,
  dense,
  elman,
  features,
  type GenerateOptions,
  generate,
  gru,
  lstm,
  type Model,
  tokens,
} from '../../src/index.ts';
import { logSoftmax, penalized, ranked, softmaxAt, topK, topP } from '../truth/reference/sampling.ts';

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
      { prompt: [0], temperature: 1e-40 },
      { prompt: [0], topK: 0 },
      { prompt: [0], topK: 1.5 },
      { prompt: [0], topP: 0 },
      { prompt: [0], topP: 1.01 },
      { prompt: [0], repetitionPenalty: 0 },
      { prompt: [0], repetitionPenalty: Number.POSITIVE_INFINITY },
      { prompt: [0], repetitionWindow: 3 },
      { prompt: [0], repetitionPenalty: 2, repetitionWindow: 0 },
      { prompt: [0], stop: [1, 2] },
      { prompt: [0], stop: [[]] },
      { prompt: [0], stop: [[5]] },
      { prompt: [0], stop: 'text' },
      { prompt: [0], logProbabilities: 'yes' },
      { prompt: [0], signal: {} },
    ]) {
      expect(() => generate(model, { length: 1, ...options } as never), JSON.stringify(options)).toThrow(BpttError);
    }
  });
});

/** What the tokens of a generation were drawn with, by a model whose logits are the biases alone. */
async function drawn(logits: readonly number[], options: Omit<GenerateOptions, 'prompt'>, prompt = [0]) {
  const model = await biased(logits);
  return [...generate(model, { ...options, prompt, logProbabilities: true })];
}

describe('filters', () => {
  // Far enough from each other that their order is that of their probabilities in any precision.
  const logits = array(integer({ min: -400, max: 400 }), { minLength: 5, maxLength: 5 }).map((values) =>
    values.map((value) => value / 64),
  );

  it('leave the probabilities of the reference, whatever the options', async () => {
    const model = await create();
    model.setParameter('dense.weight', new Float32Array(40));
    const temperatures = double({ min: 0.2, max: 3, noNaN: true });
    const parts = double({ min: 0.05, max: 1, noNaN: true });
    assert(
      property(logits, temperatures, integer({ min: 1, max: 6 }), parts, integer(), (bias, temperature, k, p, seed) => {
        model.setParameter('dense.bias', bias);
        const options = { temperature, topK: k, topP: p, repetitionPenalty: 1.5, seed: Math.abs(seed) };
        const seen = [3, 3];
        for (const { token, probability, logProbability } of generate(model, {
          ...options,
          prompt: seen,
          length: 4,
          logProbabilities: true,
        })) {
          const logits = penalized(bias, seen, 1.5).map(Math.fround);
          const order = ranked(logits);
          const before = topK(softmaxAt(logits, temperature), order, k);
          const nucleus = (part: number) => topP(before, order, Math.min(1, part))[token]!;
          const expected = nucleus(p);
          // At the border of the nucleus a rounding error decides: then one more or one less is right too.
          const others = [nucleus(p * (1 + 1e-5)), nucleus(p * (1 - 1e-5))];
          const near = [expected, ...others].some((value) => value > 0 && Math.abs(probability - value) < 1e-5 * value);
          expect(near, `${probability} for ${expected}`).toBe(true);
          expect(logProbability).toBeCloseTo(logSoftmax(bias)[token]!, 5);
          seen.push(token);
        }
      }),
    );
  });

  it('that leave out nothing change no bit', async () => {
    const model = await createModel([tokens(17), lstm({ units: 9 }), dense({ units: 17 })], { seed: 3 });
    const plain = [...generate(model, { prompt: [1], length: 300, temperature: 1.3, logProbabilities: true })];
    for (const options of [
      { topP: 1 },
      { topK: 17 },
      { topK: 1000, topP: 1 },
      { repetitionPenalty: 1 },
      { topP: 1 - 2 ** -53 },
    ]) {
      const same = generate(model, { prompt: [1], length: 300, temperature: 1.3, logProbabilities: true, ...options });
      expect([...same]).toEqual(plain);
    }
  });

  it('with k = 1, or a tiny nucleus, are greedy', async () => {
    const model = await createModel([tokens(17), lstm({ units: 9 }), dense({ units: 17 })], { seed: 3 });
    const greedy = [...generate(model, { prompt: [1], length: 50, temperature: 0 })];
    expect([...generate(model, { prompt: [1], length: 50, topK: 1, seed: 5 })]).toEqual(greedy);
    expect([...generate(model, { prompt: [1], length: 50, topP: 1e-9, seed: 5 })]).toEqual(greedy);
  });

  it('take the lower token of equals', async () => {
    const said = async (options: Omit<GenerateOptions, 'prompt'>) =>
      [...new Set((await drawn([1, 3, 3, 3, 0], { length: 200, ...options })).map(({ token }) => token))].toSorted();
    expect(await said({ topK: 2 })).toEqual([1, 2]);
    expect(await said({ topP: 0.5 })).toEqual([1, 2]);
    expect(await said({ topK: 3, topP: 0.3 })).toEqual([1]);
  });

  it('draw each token that is left as often as they should', async () => {
    const counts = new Array<number>(5).fill(0);
    for (const { token } of await drawn([0, 1, 2, -1, -2], { length: 20_000, topK: 4, topP: 0.85, seed: 1 })) {
      counts[token]!++;
    }
    const order = [2, 1, 0, 3, 4];
    const expected = topP(topK(softmaxAt([0, 1, 2, -1, -2], 1), order, 4), order, 0.85);
    expect(expected.filter((p) => p > 0)).toHaveLength(2);
    for (const [token, p] of expected.entries()) {
      expect(Math.abs(counts[token]! - 20_000 * p)).toBeLessThanOrEqual(5 * Math.sqrt(20_000 * p * (1 - p)));
    }
  });
});

describe('repetition penalty', () => {
  it('counts the prompt and what was said, or the last of it', async () => {
    const logits = [4, 3, 2, 1, -1];
    const said = async (options: Omit<GenerateOptions, 'prompt'>, prompt: number[]) =>
      (await drawn(logits, { temperature: 0, repetitionPenalty: 100, ...options }, prompt)).map(({ token }) => token);
    expect(await said({ length: 6 }, [0])).toEqual([1, 2, 3, 0, 0, 0]);
    expect(await said({ length: 6 }, [2, 1])).toEqual([0, 3, 0, 0, 0, 0]);
    // With a window each token is free again after two others.
    expect(await said({ length: 6, repetitionWindow: 2 }, [0])).toEqual([1, 2, 0, 1, 2, 0]);
    expect(await said({ length: 4, repetitionWindow: 1 }, [0, 0, 0])).toEqual([1, 0, 1, 0]);
  });
});

describe('stop sequences', () => {
  // 0 1 2 3 4 0 1 2 …: each token makes the next one likely.
  const counting = async () => {
    const model = await createModel([tokens(5), elman({ units: 5 }), dense({ units: 5 })], { seed: 4 });
    const unit = Float32Array.from({ length: 25 }, (_, i) => (i % 6 === 0 ? 3 : 0));
    model.setParameter('rnn.weight_ih_l0', unit);
    model.setParameter('rnn.weight_hh_l0', new Float32Array(25));
    model.setParameter(
      'dense.weight',
      Float32Array.from({ length: 25 }, (_, i) => (Math.floor(i / 5) === ((i % 5) + 1) % 5 ? 9 : 0)),
    );
    return model;
  };

  it('end generation and are not given; the text before is', async () => {
    const model = await counting();
    const say = (stop: readonly (readonly number[])[], length = 12) => {
      const generation = generate(model, { prompt: [0], length, temperature: 0, stop });
      return [[...generation], generation.finish, generation.stop];
    };
    expect(say([])).toEqual([[1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2], 'length', undefined]);
    expect(say([[4]])).toEqual([[1, 2, 3], 'stop', 0]);
    expect(
      say([
        [3, 3],
        [4, 0, 1],
      ]),
    ).toEqual([[1, 2, 3], 'stop', 1]);
    expect(say([[1]])).toEqual([[], 'stop', 0]);
    // What might have been the beginning of one is text after all.
    expect(
      say(
        [
          [2, 3, 3],
          [3, 4, 1],
        ],
        4,
      ),
    ).toEqual([[1, 2, 3, 4], 'length', undefined]);
    // The longest of those that come at once.
    expect(say([[0], [4, 0], [2, 3, 4, 1]])).toEqual([[1, 2, 3], 'stop', 1]);
    // The end comes first: what was held back is given.
    expect(say([[3, 4, 0]], 4)).toEqual([[1, 2, 3, 4], 'length', undefined]);
    // Not the prompt: what counts was said.
    expect(say([[0, 1]])).toEqual([[1, 2, 3, 4], 'stop', 0]);
  });

  it('agree with a search in the whole text', async () => {
    const model = await createModel([tokens(3), gru({ units: 4 }), dense({ units: 3 })], { seed: 1 });
    const sequences = array(array(integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 4 }), { maxLength: 3 });
    assert(
      property(sequences, integer({ min: 0, max: 50 }), (stop, seed) => {
        const options = { prompt: [0], length: 30, seed };
        const whole = [...generate(model, options)];
        const starts = (at: number, s: readonly number[]) => s.every((token, i) => whole[at + i] === token);
        // The first end of a sequence, and of those that end there the longest.
        const ends = whole.map((_, i) => stop.filter((s) => s.length <= i + 1 && starts(i + 1 - s.length, s)));
        const end = ends.findIndex((found) => found.length > 0);
        const expected = end < 0 ? whole : whole.slice(0, end + 1 - Math.max(...ends[end]!.map((s) => s.length)));
        expect([...generate(model, { ...options, stop })]).toEqual(expected);
      }),
    );
  });
});

describe('a generation', () => {
  it('leaves the state from which a conversation goes on, wherever it ends', async () => {
    const model = await createModel([tokens(5), lstm({ units: 8 }), dense({ units: 5 })], { seed: 4 });
    const stateAfter = (inputs: number[]) =>
      model.forward({ steps: inputs.length, rows: 1, inputs: Int32Array.from(inputs) }).state;
    const whole = [...generate(model, { prompt: [1, 2], length: 9, seed: 2 })];

    const all = generate(model, { prompt: [1, 2], length: 9, seed: 2 });
    for (const _ of all);
    expect(all.state).toEqual(stateAfter([1, 2, ...whole]));

    const some = generate(model, { prompt: [1, 2], seed: 2 });
    expect(some.state).toEqual(stateAfter([1, 2]));
    const given: number[] = [];
    for (const token of some) {
      given.push(token);
      if (given.length === 3) expect(some.state).toEqual(stateAfter([1, 2, ...given]));
      if (given.length === 5) break;
    }
    expect(given).toEqual(whole.slice(0, 5));
    expect([some.state, some.finish]).toEqual([stateAfter([1, 2, ...given]), undefined]);
    expect(some.next()).toEqual({ done: true, value: undefined });

    const stopped = generate(model, { prompt: [1, 2], seed: 2, stop: [whole.slice(2, 4)] });
    for (const _ of stopped);
    expect(stopped.finish).toBe('stop');
    expect(stopped.state).toEqual(stateAfter([1, 2, ...whole.slice(0, 4)]));

    const none = generate(model, { prompt: [1, 2], length: 0 });
    expect([...none]).toEqual([]);
    expect(none.state).toEqual(stateAfter([1, 2]));
  });

  it('speaks as the reference of its outputs does also when the last layer is recurrent', async () => {
    const model = await createModel([tokens(5), elman({ units: 7 }), lstm({ units: 5 })], { seed: 4 });
    const read = [2];
    for (const { token, logProbability, probability } of generate(model, {
      prompt: read,
      length: 20,
      temperature: 0.7,
      logProbabilities: true,
    })) {
      const { outputs } = model.forward({ steps: read.length, rows: 1, inputs: Int32Array.from(read) });
      const logits = [...outputs.subarray(-5)];
      expect(logProbability).toBeCloseTo(logSoftmax(logits)[token]!, 6);
      expect(probability).toBeCloseTo(softmaxAt(logits, 0.7)[token]!, 6);
      read.push(token);
    }
  });

  it('gives the event loop its turns in for await, and ends where a signal aborts', async () => {
    const model = await create();
    const whole = [...generate(model, { prompt: [0], length: 2000 })];
    const said: number[] = [];
    for await (const token of generate(model, { prompt: [0], length: 2000 })) said.push(token);
    expect(said).toEqual(whole);

    // The timer must be heard while tokens come without end.
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), 1);
    const endless = generate(model, { prompt: [0], signal: controller.signal });
    let count = 0;
    for await (const _ of endless) count++;
    clearTimeout(timer);
    expect(endless.finish).toBe('aborted');
    expect(count).toBeGreaterThan(0);

    const held = generate(model, {
      prompt: [0],
      stop: [[...whole.slice(0, 3), 0, 0, 0, 0, 0]],
      signal: AbortSignal.abort(),
    });
    expect([...held]).toEqual([]);
    expect(held.finish).toBe('aborted');
  });

  it('is over when the logits are not finite', async () => {
    const model = await create();
    model.setParameter('rnn.weight_ih_l0', new Float32Array(40).fill(9));
    model.setParameter('dense.weight', new Float32Array(40).fill(3e38));
    const generation = generate(model, { prompt: [0] });
    expect(() => generation.next()).toThrow(expect.objectContaining({ code: 'non-finite' }));
    expect(generation.next()).toEqual({ done: true, value: undefined });
    expect(() => generation.state).toThrow(BpttError);
  });
});
