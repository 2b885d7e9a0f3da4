// Beam search against all continuations there are, and against a plain search in TypeScript.
import { array, assert, asyncProperty, constantFrom, integer, record, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beamSearch, type Hypothesis, score } from '../../src/generation/index.ts';
import {
  BpttError,
  createModel,
  type Dtype,
  dense,
  elman,
  generate,
  gru,
  lstm,
  type Model,
  tokens,
} from '../../src/index.ts';

const create = (V: number, seed: number, dtype: Dtype = 'f64') =>
  createModel([tokens(V), gru({ units: 6 }), dense({ units: V })], { seed, dtype });

/** The model's log-probability of a continuation. */
const likelihood = (model: Model, prompt: readonly number[], said: readonly number[]) =>
  score(model, [said], { prompt })[0]!.logProbability;

/** Every continuation of at most `length` tokens, shorter where it ends with `stop`. */
function continuations(V: number, length: number, stop: number | undefined): number[][] {
  if (length === 0) return [[]];
  return Array.from({ length: V }, (_, token) =>
    token === stop ? [[token]] : continuations(V, length - 1, stop).map((rest) => [token, ...rest]),
  ).flat();
}

const penalty = (n: number, alpha: number) => ((5 + n) / 6) ** alpha;
const whole = ({ tokens: said, stop }: Hypothesis, end: number) => (stop === undefined ? [...said] : [...said, end]);

describe('beamSearch', () => {
  it('with as many beams as there are continuations finds all of them in order', async () => {
    const cases = record({
      V: integer({ min: 2, max: 4 }),
      length: integer({ min: 1, max: 4 }),
      seed: integer({ min: 0, max: 1000 }),
      alpha: integer({ min: 0, max: 4 }).map((quarter) => quarter / 4),
      stops: integer({ min: 0, max: 1 }),
    });
    await assert(
      asyncProperty(cases, async ({ V, length, seed, alpha, stops }) => {
        const model = await create(V, seed);
        const stop = stops === 1 ? [[V - 1]] : [];
        const beams = V ** length;
        const found = await beamSearch(model, { prompt: [0, 1], beams, length, lengthPenalty: alpha, stop });
        const all = continuations(V, length, stops === 1 ? V - 1 : undefined)
          .map((said) => {
            const logProbability = likelihood(model, [0, 1], said);
            return { said, logProbability, score: logProbability / penalty(said.length, alpha) };
          })
          .toSorted((a, b) => b.score - a.score);
        expect(found).toHaveLength(all.length);
        for (const [index, hypothesis] of found.entries()) {
          expect(hypothesis.score).toBeCloseTo(all[index]!.score, 10);
          const same = all.find(({ said }) => said.join() === whole(hypothesis, V - 1).join())!;
          expect(hypothesis.logProbability).toBeCloseTo(same.logProbability, 10);
          expect(hypothesis.score).toBeCloseTo(same.score, 10);
          expect(hypothesis.finish).toBe(hypothesis.stop === undefined ? 'length' : 'stop');
        }
      }),
      { numRuns: 40 },
    );
  });

  it('with fewer beams is the search that prunes nothing and looks at every candidate', async () => {
    const token = integer({ min: 0, max: 4 });
    const cases = record({
      seed: integer({ min: 0, max: 1000 }),
      // How sure the model is: where it is, hypotheses end early and the others are pruned.
      scale: constantFrom(1, 6, 20),
      beams: integer({ min: 1, max: 4 }),
      length: integer({ min: 1, max: 6 }),
      alpha: constantFrom(0, 0.6, 1, 3),
      stop: uniqueArray(array(token, { minLength: 1, maxLength: 2 }), { maxLength: 4, selector: String }),
    });
    await assert(
      asyncProperty(cases, async ({ seed, scale, beams, length, alpha, stop }) => {
        const model = await create(5, seed);
        const { data } = model.parameters().find(({ name }) => name === 'dense.weight')!;
        model.setParameter(
          'dense.weight',
          data.map((weight) => scale * weight),
        );
        const found = await beamSearch(model, { prompt: [2], beams, length, lengthPenalty: alpha, stop });
        const expected = plainSearch(model, [2], beams, length, alpha, stop);
        expect(found.map(({ tokens: said, stop: index }) => [[...said], index])).toEqual(
          expected.map(({ said, stop: index }) => [
            index === undefined ? said : said.slice(0, -stop[index]!.length),
            index,
          ]),
        );
        for (const [index, { score: value }] of found.entries()) expect(value).toBeCloseTo(expected[index]!.score, 10);
      }),
      { numRuns: 150 },
    );
  });

  it('follows the likeliest that go on, however many stop beside them', async () => {
    const model = await create(5, 1);
    model.setParameter('dense.weight', new Float64Array(30));
    model.setParameter('dense.bias', [3, 2, 1, 0, -1]);
    // One beam, and the three likeliest tokens end it at once: the fourth goes on, and is worth more in the end.
    const stop = [[0], [1], [2]];
    const [best] = await beamSearch(model, { prompt: [0], beams: 1, length: 60, lengthPenalty: 3, stop });
    expect([...best!.tokens]).toEqual(new Array(59).fill(3));
    expect([best!.finish, best!.stop]).toEqual(['stop', 0]);
    // Without a penalty nothing that goes on can be better than what has stopped.
    const [first] = await beamSearch(model, { prompt: [0], beams: 1, length: 60, stop });
    expect([[...first!.tokens], first!.stop]).toEqual([[], 0]);
  });

  it('with one beam is greedy, in both precisions', async () => {
    for (const dtype of ['f32', 'f64'] as const) {
      const model = await createModel([tokens(9), lstm({ units: 8 }), elman({ units: 9 })], { seed: 1, dtype });
      const [best] = await beamSearch(model, { prompt: [1, 2, 3], beams: 1, length: 40 });
      expect([...best!.tokens]).toEqual([...generate(model, { prompt: [1, 2, 3], length: 40, temperature: 0 })]);
    }
  });

  it('takes the lower tokens of equals, and goes on from a state', async () => {
    const flat = await create(4, 0);
    flat.setParameter('dense.weight', new Float64Array(24));
    const found = await beamSearch(flat, { prompt: [3], beams: 3, length: 2 });
    expect(found.map(({ tokens: said }) => [...said])).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
    ]);
    const model = await create(4, 1);
    const { state } = model.forward({ steps: 3, rows: 1, inputs: Int32Array.of(1, 2, 3) });
    expect(await beamSearch(model, { prompt: [0], beams: 3, length: 4, state })).toEqual(
      await beamSearch(model, { prompt: [1, 2, 3, 0], beams: 3, length: 4 }),
    );
  });

  it('ends where a signal aborts, with what there is, and gives its memory back', async () => {
    const model = await create(4, 1);
    const search = (signal: AbortSignal) => beamSearch(model, { prompt: [0], beams: 2, length: 1e9, signal });
    const at = await search(AbortSignal.abort());
    expect(at.map(({ tokens: said, finish }) => [said.length, finish])).toEqual([
      [1, 'aborted'],
      [1, 'aborted'],
    ]);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 1);
    const later = await search(controller.signal);
    expect(later.map(({ finish }) => finish)).toEqual(['aborted', 'aborted']);
    const { memoryBytes } = model;
    for (let i = 0; i < 100; i++) await beamSearch(model, { prompt: [0], beams: 4, length: 3 });
    expect(model.memoryBytes).toBe(memoryBytes);
  });

  it('refuses wrong options', async () => {
    const model = await create(4, 1);
    for (const options of [
      { beams: 0 },
      { beams: 1.5 },
      { length: 0 },
      { length: undefined },
      { lengthPenalty: -1 },
      { prompt: [] },
      { prompt: [4] },
      { stop: [[]] },
      { state: model.zeroState(2) },
      { temperature: 1 },
    ]) {
      const search = beamSearch(model, { prompt: [0], beams: 2, length: 2, ...options } as never);
      await expect(search, JSON.stringify(options)).rejects.toThrow(BpttError);
    }
  });
});

interface Found {
  readonly said: number[];
  readonly score: number;
  readonly stop: number | undefined;
}

/** The search with every candidate written out and no end before the last token. */
function plainSearch(
  model: Model,
  prompt: readonly number[],
  beams: number,
  length: number,
  alpha: number,
  stops: readonly (readonly number[])[],
): Found[] {
  const finished: Found[] = [];
  const finish = (said: number[], logProbability: number, stop: number | undefined) =>
    finished.push({ said, score: logProbability / penalty(said.length, alpha), stop });
  let live = [[] as number[]];
  for (let count = 1; count <= length; count++) {
    const candidates = live
      .flatMap((said) => continuations(5, 1, undefined).map(([token]) => [...said, token!]))
      .map((said) => ({ said, logProbability: likelihood(model, prompt, said) }))
      .toSorted((a, b) => b.logProbability - a.logProbability);
    live = [];
    for (const { said, logProbability } of candidates) {
      // The longest that it ends with; of one length there is one.
      const [stop = -1] = [...stops.keys()]
        .filter((index) => said.slice(-stops[index]!.length).join() === stops[index]!.join())
        .toSorted((a, b) => stops[b]!.length - stops[a]!.length);
      if (stop >= 0) finish(said, logProbability, stop);
      else live.push(said);
      if (live.length === beams) break;
    }
  }
  for (const said of live) finish(said, likelihood(model, prompt, said), undefined);
  return finished.toSorted((a, b) => b.score - a.score).slice(0, beams);
}
