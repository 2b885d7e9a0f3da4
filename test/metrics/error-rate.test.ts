import { describe, expect, it } from 'vitest';
import { errorRate } from '../../src/speech/index.ts';
import { rowOf } from '../support/labellings.ts';

describe('errorRate', () => {
  it('counts the fewest changes, and says which', () => {
    const found = errorRate([
      [[...'kitten'], [...'sitting']],
      [[...'flaw'], [...'lawn']],
      [[...'same'], [...'same']],
    ]);
    expect(found).toMatchObject({ substitutions: 2, insertions: 2, deletions: 1, length: 14, rate: 5 / 14 });
    expect(found.pairs[1]!.alignment.map(({ kind, expected, got }) => `${kind} ${expected} ${got}`)).toEqual([
      'deletion f undefined',
      'match l l',
      'match a a',
      'match w w',
      'insertion undefined n',
    ]);
  });

  it('is symmetric but for what it calls insertions, and right where something is empty', () => {
    expect(errorRate([[Int32Array.of(1, 2), Int32Array.of()]])).toMatchObject({ deletions: 2, rate: 1 });
    expect(errorRate([[[], [1]]])).toMatchObject({ insertions: 1, rate: Number.POSITIVE_INFINITY });
    expect(errorRate([[[], []]])).toMatchObject({ rate: 0, length: 0 });
    expect(errorRate([])).toMatchObject({ rate: 0 });
    for (let seed = 0; seed < 50; seed++) {
      const [a, b] = [seed, seed + 100].map((s) => Array.from(rowOf(s, 3 + (s % 9), 1), (x) => Math.floor(x + 3) % 3));
      const [there, back] = [errorRate([[a!, b!]]), errorRate([[b!, a!]])];
      const errors = ({ substitutions, insertions, deletions }: typeof there) => substitutions + insertions + deletions;
      expect(errors(there)).toBe(errors(back));
      expect(there.insertions - there.deletions).toBe(b!.length - a!.length);
    }
  });

  it('refuses what is no list of pairs', () => {
    expect(() => errorRate('abc' as never)).toThrow('errorRate(pairs): expected a list of pairs, got "abc"');
    const long = new Int32Array(20_000);
    expect(() => errorRate([[long, long]])).toThrow(
      'errorRate(pairs)[0]: expected shorter sequences, such as sentences, got 20000 items and 20000',
    );
    expect(() => errorRate([[[1], 'a']] as never)).toThrow('errorRate(pairs)[0][1]: expected a sequence, got "a"');
  });
});
