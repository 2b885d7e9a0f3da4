// Decoding against all labellings of small rows.
import { describe, expect, it } from 'vitest';
import { align, decode, greedyStream, type Logits, type PrefixScore } from '../../src/speech/index.ts';
import { ctcOn } from '../support/ctc.ts';
import { labellings, rowOf } from '../support/labellings.ts';

const one = (logits: Float64Array, steps: number): Logits => ({ steps, rows: 1, logits });

/** Logits whose probabilities are these, [T][C]. */
const ofProbabilities = (rows: readonly (readonly number[])[]) => Float64Array.from(rows.flat(), (p) => Math.log(p));

describe('decode', () => {
  it('finds the best labelling of all, with its probability, and the next ones in their order', () => {
    for (let seed = 0; seed < 72; seed++) {
      const [T, C] = [1 + (seed % 6), 2 + (seed % 3)];
      const blank = seed % C;
      const logits = rowOf(seed, T, C);
      const all = [...labellings(logits, T, C, blank)].toSorted((a, b) => b[1] - a[1]).slice(0, 5);
      const [found] = decode(one(logits, T), { blank, beams: 1500, results: 5 });
      expect(found!.map(({ labels }) => labels.join())).toEqual(all.map(([labels]) => labels));
      for (const [index, { logProbability, score }] of found!.entries()) {
        expect(logProbability).toBeCloseTo(Math.log(all[index]![1]), 12);
        expect(score).toBe(logProbability);
      }
    }
  });

  it('takes the likeliest path without beams, which is not always the best labelling', () => {
    // Each step is most likely blank, and some label more likely than none: the example of Graves et al. 2006, figure 2.
    const logits = ofProbabilities([
      [0.6, 0.4],
      [0.6, 0.4],
    ]);
    expect(decode(one(logits, 2))[0]![0]!.labels).toEqual(new Int32Array());
    expect(decode(one(logits, 2))[0]![0]!.logProbability).toBeCloseTo(Math.log(0.36), 12);
    const best = decode(one(logits, 2), { beams: 4 })[0]![0]!;
    expect([...best.labels]).toEqual([1]);
    expect(best.logProbability).toBeCloseTo(Math.log(0.64), 12);
  });

  it('with one beam is never worse than the likeliest path, in 10,000 random cases', () => {
    let better = 0;
    for (let seed = 0; seed < 10_000; seed++) {
      const [T, C] = [1 + (seed % 9), 2 + (seed % 4)];
      const logits = rowOf(seed, T, C, 1 + (seed % 3));
      const greedy = decode(one(logits, T))[0]![0]!.logProbability;
      const beam = decode(one(logits, T), { beams: 1 })[0]![0]!.logProbability;
      if (!(beam >= greedy)) expect(beam, `seed ${seed}`).toBeGreaterThanOrEqual(greedy);
      if (beam > greedy) better++;
    }
    expect(better).toBeGreaterThan(500);
  });

  it('gives each label its steps on the likeliest path, and rows the steps that they have', async () => {
    const logits = ofProbabilities([
      [0.8, 0.1, 0.1],
      [0.1, 0.8, 0.1],
      [0.1, 0.8, 0.1],
      [0.8, 0.1, 0.1],
      [0.1, 0.8, 0.1],
      [0.1, 0.1, 0.8],
      [0.8, 0.1, 0.1],
    ]);
    for (const options of [{}, { beams: 8 }]) {
      const transcript = decode(one(logits, 7), options)[0]![0]!;
      expect([...transcript.labels]).toEqual([1, 1, 2]);
      expect(transcript.spans).toEqual([
        [1, 3],
        [4, 5],
        [5, 6],
      ]);
    }
    // Two rows side by side, the second one shorter.
    const both = Float64Array.from({ length: 7 * 2 * 3 }, (_, i) => logits[Math.floor(i / 6) * 3 + (i % 3)]!);
    const given = { steps: 7, rows: 2, logits: both, lengths: [7, 3] };
    expect(decode(given).map(([best]) => [...best!.labels])).toEqual([[1, 1, 2], [1]]);
    expect(decode(given, { beams: 4 }).map(([best]) => [...best!.labels])).toEqual([[1, 1, 2], [1]]);
    // The probability is that of the loss.
    const ctc = await ctcOn('f64');
    const labels = [Int32Array.of(1, 1, 2), Int32Array.of(1)];
    const { losses } = ctc({ T: 7, C: 3, logits: both, lengths: [7, 3], labels, blank: 0 }, [0, 0]);
    for (const [row, [best]] of decode(given).entries()) expect(best!.logProbability).toBeCloseTo(-losses[row]!, 12);
  });

  it('loses little to pruning: of classes, but for the likeliest, and of prefixes', () => {
    const logits = rowOf(3, 12, 6, 4);
    const all = decode(one(logits, 12), { beams: 50 })[0]![0]!;
    expect(decode(one(logits, 12), { beams: 50, tokenMin: -6, pruneBelow: 12 })[0]![0]).toEqual(all);
    const strict = decode(one(logits, 12), { beams: 50, results: 50, tokenMin: 0, pruneBelow: 0 })[0]!;
    expect(strict[0]!.labels).toEqual(decode(one(logits, 12))[0]![0]!.labels);
    expect(strict.length).toBeLessThanOrEqual(2);
  });

  it('stays sure where probabilities underflow', () => {
    const T = 400;
    const logits = rowOf(5, T, 4, 200);
    const greedy = decode(one(logits, T))[0]![0]!;
    const beam = decode(one(logits, T), { beams: 4 })[0]![0]!;
    expect(beam.logProbability).toBeGreaterThanOrEqual(greedy.logProbability);
    expect(Number.isFinite(greedy.logProbability)).toBe(true);
  });
});

describe('decode with scores', () => {
  const [T, C] = [5, 4];

  it('finds the best of probability and score, whatever both are', () => {
    for (let seed = 0; seed < 40; seed++) {
      const logits = rowOf(seed, T, C);
      const score = (labels: readonly number[]) => labels.reduce((sum, label, i) => sum + Math.sin(label * (i + 2)), 0);
      const [best] = [...labellings(logits, T, C, 0)]
        .map(
          ([labels, p]) => [labels, Math.log(p) + score(labels === '' ? [] : labels.split(',').map(Number))] as const,
        )
        .toSorted((a, b) => b[1] - a[1]);
      const found = decode(one(logits, T), { beams: 1500, score })[0]![0]!;
      expect(found.labels.join()).toBe(best![0]);
      expect(found.score).toBeCloseTo(best![1], 12);
    }
  });

  it('adds several up, and asks for the end where the labels end', () => {
    const counted: PrefixScore<number> = { start: 0, next: (n) => n + 1, total: (n) => n, end: (n) => 10 * n };
    const found = decode(one(rowOf(1, T, C), T), { beams: 1500, score: [counted, () => 2] })[0]![0]!;
    expect(found.score).toBeCloseTo(found.logProbability + 10 * found.labels.length + 2, 12);
  });

  it('never says what has a score of -Infinity, where anything else can be said', () => {
    const score = (labels: readonly number[]) => (labels.includes(1) ? Number.NEGATIVE_INFINITY : 0);
    for (let seed = 0; seed < 50; seed++) {
      const found = decode(one(rowOf(seed, T, C), T), { beams: 8, score })[0]![0]!;
      expect([...found.labels]).not.toContain(1);
    }
  });
});

describe('align', () => {
  it('finds the likeliest path that gives the labels', () => {
    for (let seed = 0; seed < 50; seed++) {
      const [T, C] = [6, 3];
      const logits = rowOf(seed, T, C);
      const labels = [Int32Array.of(1, 1, 2), Int32Array.of(2), Int32Array.of()][seed % 3]!;
      const [found] = align(one(logits, T), [labels]);
      let best = Number.NEGATIVE_INFINITY;
      for (let n = 0; n < C ** T; n++) {
        const path = Array.from({ length: T }, (_, t) => Math.floor(n / C ** t) % C);
        if (path.filter((c, t) => c !== 0 && c !== path[t - 1]).join() !== labels.join()) continue;
        best = Math.max(best, pathOf(logits, C, path));
      }
      expect(found!.pathLogProbability).toBeCloseTo(best, 12);
      const path = new Array<number>(T).fill(0);
      for (const [j, [from, to]] of found!.spans.entries()) path.fill(labels[j]!, from, to);
      expect(pathOf(logits, C, path)).toBeCloseTo(best, 12);
      expect(found!.logProbability).toBeCloseTo(Math.log(labellings(logits, T, C, 0).get(labels.join())!), 12);
    }
  });

  it('refuses labels that are none, that do not fit, and another number of rows', () => {
    const logits = one(rowOf(0, 3, 3), 3);
    expect(() => align(logits, [[1, 1, 2]])).toThrow(
      'align(labels)[0]: expected labels that fit into the 3 steps of the row with blanks between repeats, got 3',
    );
    expect(() => align(logits, [[1, 0]])).toThrow('align(labels)[0][1]: expected a label, got the blank 0');
    expect(() => align(logits, [[3]])).toThrow('align(labels)[0][0]: expected a token from 0 to 2, got 3');
    expect(() => align(logits, [])).toThrow('align(labels): expected those of 1 rows, got an array of length 0');
  });
});

function pathOf(logits: Float64Array, C: number, path: readonly number[]): number {
  return path.reduce((sum, c, t) => {
    const row = logits.subarray(t * C, (t + 1) * C);
    return sum + row[c]! - Math.log(row.reduce((total, value) => total + Math.exp(value), 0));
  }, 0);
}

describe('greedyStream', () => {
  it('says what decode says of the whole, however it is cut', () => {
    const [T, C] = [40, 4];
    for (let seed = 0; seed < 30; seed++) {
      const logits = rowOf(seed, T, C);
      const whole = decode(one(logits, T), { blank: 3 })[0]![0]!;
      const stream = greedyStream(C, { blank: 3 });
      const heard = [];
      for (let from = 0, n = 0; from < T; from += n) {
        n = Math.min(T - from, (seed + from) % 7);
        heard.push(...stream.push(logits.subarray(from * C, (from + n) * C)));
        if (n === 0) n = 1;
        else continue;
        heard.push(...stream.push(logits.subarray(from * C, (from + 1) * C)));
      }
      expect(heard.map(({ label }) => label)).toEqual([...whole.labels]);
      expect(heard.map(({ step }) => step)).toEqual(whole.spans.map(([from]) => from));
    }
  });

  it('refuses what is no whole step, and is then as it was', () => {
    const stream = greedyStream(3);
    expect(stream.push(Float32Array.of(0, 1, 0))).toEqual([{ label: 1, step: 0 }]);
    expect(() => stream.push(Float32Array.of(0, 1))).toThrow(
      /^push\(logits\): expected \[n, C=3\] numbers, got Float32Array of length 2$/,
    );
    expect(() => stream.push(Float32Array.of(0, 1, 0, 0, NaN, 0))).toThrow(
      /^push\(logits\)\[4\]: expected a finite number, got NaN$/,
    );
    expect(stream.push(Float32Array.of(0, 1, 0, 0, 0, 1))).toEqual([{ label: 2, step: 2 }]);
    expect(() => greedyStream(1)).toThrow(/^greedyStream\(classes\): /);
    expect(() => greedyStream(3, { blank: 3 })).toThrow('greedyStream.blank: expected an integer >= 0 and <= 2, got 3');
  });
});

describe('decode refuses', () => {
  const logits = rowOf(0, 4, 3);
  it.each([
    [
      'another number of logits',
      { steps: 5, rows: 1, logits },
      {},
      /^decode\.logits: expected \[T=5, B=1, C\] with at least two classes, got 12 numbers$/,
    ],
    [
      'an array of another type',
      { steps: 4, rows: 1, logits: [1] as never },
      {},
      /^decode\.logits: expected a Float32Array or Float64Array, got an array of length 1$/,
    ],
    [
      'logits that are not finite',
      { steps: 4, rows: 1, logits: logits.map((x, i) => (i === 7 ? NaN : x)) },
      {},
      /^decode\.logits\[7\]: expected a finite number, got NaN$/,
    ],
    [
      'lengths beyond the steps',
      { steps: 4, rows: 1, logits, lengths: [5] },
      {},
      /^decode\.lengths\[0\]: expected an integer >= 1 and <= 4, got 5$/,
    ],
    ['lengths of 0', { steps: 4, rows: 1, logits, lengths: [0] }, {}, /^decode\.lengths\[0\]: /],
    [
      'a blank that is no class',
      { steps: 4, rows: 1, logits },
      { blank: 3 },
      /^decode\.blank: expected an integer >= 0 and <= 2, got 3$/,
    ],
    [
      'what is for beams without any',
      { steps: 4, rows: 1, logits },
      { pruneBelow: 3 },
      /^decode\.pruneBelow: expected beams with it, got none$/,
    ],
    ['no beams', { steps: 4, rows: 1, logits }, { beams: 0 }, /^decode\.beams: /],
    [
      'a score that is none',
      { steps: 4, rows: 1, logits },
      { beams: 2, score: 3 as never },
      /^decode\.score: expected modelScore.*got 3$/,
    ],
    [
      'a score that gives none',
      { steps: 4, rows: 1, logits },
      { beams: 2, score: () => NaN },
      /^decode\.score: expected it to give a number, got NaN$/,
    ],
    ['unknown options', { steps: 4, rows: 1, logits }, { beam: 3 } as never, /beams/],
  ] as const)('%s', (_, given, options, message) => {
    expect(() => decode(given, options)).toThrow(message);
  });
});
