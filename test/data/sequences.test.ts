// Sequences as batches.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Batch, LabelBatch } from '../../src/data/batch.ts';
import { type Sequence, type SequencesOptions, sequences } from '../../src/data/sequences.ts';
import { codeOf } from '../support/error-code.ts';

/** Sequence `index` holds its own number everywhere, so that it is known again. */
const list = (lengths: readonly number[]): readonly Sequence[] =>
  lengths.map((length, index) => ({
    inputs: new Int32Array(length).fill(index + 1),
    targets: Int32Array.from({ length }, (_, t) => 100 * index + t),
  }));

const batches = (from: readonly Sequence[], options: SequencesOptions, epoch = 0, skip = 0) => [
  ...(sequences(from, options).batches(epoch, skip) as Iterable<Batch>),
];

/** The numbers of the sequences in a batch, and their lengths. */
const members = ({ steps, rows, inputs, lengths }: Batch) =>
  Array.from({ length: rows }, (_, row) => [inputs[row]! - 1, lengths?.[row] ?? steps] as const);

describe('sequences', () => {
  it('lays rows side by side in the order of the list, padded to the longest of the batch', () => {
    const [first, second, ...rest] = batches(list([2, 3, 1]), { batch: 2 });
    expect(first).toEqual({
      steps: 3,
      rows: 2,
      inputs: new Int32Array([1, 2, 1, 2, 0, 2]),
      targets: new Int32Array([0, 100, 1, 101, 0, 102]),
      lengths: new Int32Array([2, 3]),
    });
    expect(second).toEqual({ steps: 1, rows: 1, inputs: new Int32Array([3]), targets: new Int32Array([200]) });
    expect(rest).toEqual([]);
  });

  it('takes features, and one target for a whole sequence', () => {
    const reals: Sequence[] = [
      { inputs: new Float32Array([1, 2, 3, 4]), targets: new Float32Array([0.5]) },
      { inputs: new Float64Array([5, 6]), targets: new Float64Array([0.1]) },
    ];
    expect(batches(reals, { batch: 2, features: 2, returns: 'last' })).toEqual([
      {
        steps: 2,
        rows: 2,
        inputs: new Float64Array([1, 2, 5, 6, 3, 4, 0, 0]),
        targets: new Float64Array([0.5, 0.1]),
        lengths: new Int32Array([2, 1]),
      },
    ]);
  });

  it('leaves labels as they are, as many as each sequence has', () => {
    const spoken: Sequence[] = [
      { inputs: new Float32Array([1, 2, 3]), targets: new Int32Array([5, 6]) },
      { inputs: new Float32Array([4]), targets: new Int32Array() },
    ];
    expect([...(sequences(spoken, { batch: 2, returns: 'labels' }).batches(0, 0) as Iterable<LabelBatch>)]).toEqual([
      {
        steps: 3,
        rows: 2,
        inputs: new Float32Array([1, 4, 2, 0, 3, 0]),
        targets: [new Int32Array([5, 6]), new Int32Array()],
        lengths: new Int32Array([3, 1]),
      },
    ]);
  });

  it('joins masks and weights: as flags where they are no more than that', () => {
    const [a, b, c] = list([3, 1, 2]) as [Sequence, Sequence, Sequence];
    const flags = Uint8Array.of(0, 1, 0);
    const maskOf = (all: readonly Sequence[]) => batches(all, { batch: 3 })[0]!.mask;
    expect(maskOf([{ ...a, mask: flags }, b, { ...c, weight: 1 }])).toEqual(Uint8Array.of(0, 1, 1, 1, 0, 1, 0, 0, 0));
    expect(maskOf([{ ...a, mask: flags, weight: 0.5 }, { ...b, weight: 3 }, c])).toEqual(
      Float64Array.of(0, 3, 1, 0.5, 0, 1, 0, 0, 0),
    );
    const last = { inputs: a.inputs, targets: Int32Array.of(7) };
    expect(batches([{ ...last, weight: 2 }, last], { batch: 2, returns: 'last' })[0]!.mask).toEqual(
      Float64Array.of(2, 1),
    );

    const refused = (...all: readonly object[]) => expect(() => sequences(all as never, { batch: 2 }));
    refused({ ...a, weight: 0 }).toThrow('sequences(list).weight: expected a weight above 0, got zeros alone');
    refused(a, { ...a, weight: -1 }).toThrow(/^sequences\(list\)\[1\]\.weight: expected a finite number >= 0, got -1/);
    refused(a, { ...a, mask: Uint8Array.of(1) }).toThrow(/^sequences\(list\)\[1\]\.mask: expected 3 .*got 1/);
  });

  it('has each sequence once an epoch, whole, and the same batches from any place on', () => {
    const options = fc.record(
      {
        batch: fc.integer({ min: 1, max: 7 }),
        shuffle: fc.maxSafeNat(),
        bucket: fc.boolean(),
      },
      { requiredKeys: ['batch'] },
    );
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 40 }),
        options,
        fc.nat({ max: 3 }),
        fc.nat({ max: 5 }),
        (lengths, chosen, epoch, skip) => {
          const all = batches(list(lengths), chosen, epoch);
          const seen = all.flatMap(members).sort(([a], [b]) => a - b);
          expect(seen).toEqual(lengths.map((length, index) => [index, length]));
          expect(batches(list(lengths), chosen, epoch, skip)).toEqual(all.slice(skip));
          expect(all.slice(0, -1).every(({ rows }) => chosen.bucket || rows === chosen.batch)).toBe(true);
        },
      ),
    );
  });

  it('has another order each epoch and seed when it shuffles', () => {
    const from = list(Array.from({ length: 30 }, () => 2));
    const order = (shuffle: number, epoch: number) =>
      batches(from, { batch: 4, shuffle }, epoch)
        .flatMap(members)
        .map(([index]) => index);
    expect(order(0, 0)).toEqual(order(0, 0));
    expect(order(0, 0)).not.toEqual(order(0, 1));
    expect(order(0, 0)).not.toEqual(order(1, 0));
    expect(order(0, 0)).not.toEqual([...order(0, 0)].sort((a, b) => a - b));
  });

  it('pads little when it puts like lengths together', () => {
    const lengths = Array.from({ length: 200 }, (_, index) => 1 + ((index * 37) % 50));
    const padding = (bucket: boolean) =>
      batches(list(lengths), { batch: 8, shuffle: 3, bucket })
        .map((batch) => members(batch).reduce((sum, [, length]) => sum + batch.steps - length, 0))
        .reduce((a, b) => a + b, 0);
    expect(padding(true)).toBeLessThan(padding(false) / 10);
    const steps = batches(list(lengths), { batch: 8, shuffle: 3, bucket: true }).map((batch) => batch.steps);
    expect(steps).not.toEqual([...steps].sort((a, b) => a - b));
  });

  it('sorts all by length when it does not shuffle, and keeps the order of equal ones', () => {
    // More sequences than are sorted together when it shuffles: 100 batches of 1.
    const lengths = Array.from({ length: 150 }, (_, index) => 1 + ((index * 7) % 3));
    const seen = batches(list(lengths), { batch: 1, bucket: true }).flatMap(members);
    const byLength = [...lengths.entries()].sort(([a, x], [b, y]) => x - y || a - b);
    expect(seen).toEqual(byLength);
  });

  it('sorts 100 batches in a row together when it shuffles', () => {
    const lengths = Array.from({ length: 300 }, (_, index) => 1 + index);
    const steps = batches(list(lengths), { batch: 1, shuffle: 3, bucket: true }).map((batch) => batch.steps);
    // The pools are those of the shuffled list; each holds 100 sequences, met in whatever order the batches are shuffled into.
    const shuffled = batches(list(lengths), { batch: 1, shuffle: 3 }).map((batch) => batch.steps);
    const pools = [0, 1, 2].map((pool) => shuffled.slice(100 * pool, 100 * (pool + 1)).sort((a, b) => a - b));
    const turn = Array.from({ length: 300 }, (_, index) => pools.flat().indexOf(steps[index]!));
    expect([...turn].sort((a, b) => a - b)).toEqual([...turn.keys()]);
    // Batches of 2 of them are neighbours in their pool.
    const pairs = batches(list(lengths), { batch: 2, shuffle: 3, bucket: true }).map((batch) => batch.steps);
    const twice = [shuffled.slice(0, 200), shuffled.slice(200)].flatMap((pool) =>
      pool.sort((a, b) => a - b).filter((_, index) => index % 2 === 1),
    );
    expect([...pairs].sort((a, b) => a - b)).toEqual(twice.sort((a, b) => a - b));
  });

  it('keeps the order of a seed, so that a training that is resumed by a later version meets the same batches', () => {
    const from = list([3, 1, 2, 3, 1, 2, 1, 3]);
    const order = (options: Omit<SequencesOptions, 'batch'>, epoch: number) =>
      batches(from, { batch: 3, ...options }, epoch)
        .flatMap(members)
        .map(([index]) => index);
    expect(order({ shuffle: 5 }, 0)).toEqual([5, 6, 3, 2, 0, 1, 7, 4]);
    expect(order({ shuffle: 5 }, 1)).toEqual([3, 0, 5, 6, 1, 7, 4, 2]);
    expect(order({ shuffle: 5, bucket: true }, 0)).toEqual([0, 7, 5, 2, 3, 6, 1, 4]);
  });

  it('lays each sequence of features out in its own row, several numbers a target', () => {
    const reals: Sequence[] = [
      { inputs: new Float32Array([1, 2]), targets: new Float32Array([1, 2, 3, 4]) },
      { inputs: new Float32Array([3]), targets: new Float32Array([5, 6]) },
    ];
    expect(batches(reals, { batch: 2 })).toEqual([
      {
        steps: 2,
        rows: 2,
        inputs: new Float32Array([1, 3, 2, 0]),
        targets: new Float32Array([1, 2, 5, 6, 3, 4, 0, 0]),
        lengths: new Int32Array([2, 1]),
      },
    ]);
  });

  it('takes no note of features for tokens, and of seed 0 as a seed', () => {
    const [batch] = batches(list([2, 1]), { batch: 2, features: 3 });
    expect(batch!.inputs).toEqual(new Int32Array([1, 2, 1, 0]));
    expect(batches(list([2, 1]), { batch: 1, shuffle: 2 ** 53 - 1 }).length).toBe(2);
  });

  it.each([
    [() => sequences([], { batch: 1 }), 'sequences(list): expected at least one sequence, got none'],
    [() => sequences('text' as never, { batch: 1 }), 'sequences(list): expected at least one sequence, got none'],
    [
      () => sequences({ length: 1 } as never, { batch: 1 }),
      'sequences(list): expected at least one sequence, got none',
    ],
    [() => sequences(list([1]), { batch: 1, features: 0 }), 'sequences.features: expected'],
    [
      () => sequences(list([1]), { batch: 1, returns: 'first' as never }),
      'sequences.returns: expected one of "all", "last", "labels", got "first"',
    ],
    [() => sequences([null as never], { batch: 1 }), 'sequences(list)[0]: expected'],
    [
      () => sequences([{ inputs: new Int32Array(1), target: new Int32Array(1) } as never], { batch: 1 }),
      'sequences(list)[0]',
    ],
    [
      () => sequences([{ inputs: new Int32Array(1), targets: [1, 'x'] as never }], { batch: 1 }),
      'sequences(list)[0].targets[1]: expected a finite number, got "x"',
    ],
    [
      () => sequences([{ inputs: new Int32Array(3), targets: new Int32Array(0) }], { batch: 1, returns: 'last' }),
      'sequences(list)[0].targets: expected at least one number, got 0 numbers',
    ],
    [
      () => sequences([{ inputs: new Int32Array(3), targets: new Int32Array(0) }], { batch: 1 }),
      'sequences(list)[0].targets: expected as many for each of the 3 steps, got 0 numbers',
    ],
    [
      () => sequences([{ inputs: new Float32Array(1), targets: new Float32Array(1) }, ...list([1])], { batch: 1 }),
      'sequences(list)[1]: expected features with 1 reals a target, as in the first sequence, got tokens with 1 classes a target',
    ],
    [() => sequences(list([1]), { batch: 0 }), 'sequences.batch: expected'],
    [() => sequences(list([1]), { batch: 1, shuffle: -1 }), 'sequences.shuffle: expected'],
    [() => sequences(list([1]), { batch: 1, bucket: 1 as never }), 'sequences.bucket: expected'],
    [() => sequences(list([1]), { batch: 1, suffle: 1 } as never), 'suffle'],
    [
      () => sequences([{ inputs: new Int32Array(3), targets: new Float32Array(2) }], { batch: 1, returns: 'labels' }),
      'sequences(list)[0].targets: expected labels as an Int32Array, got Float32Array of length 2',
    ],
    [() => sequences(list([2, 0]), { batch: 1 }), 'sequences(list)[1].inputs: expected at least one token, got 0'],
    [
      () => sequences([{ inputs: new Float32Array(5), targets: new Float32Array(1) }], { batch: 1, features: 2 }),
      'sequences(list)[0].inputs: expected a multiple of F=2 numbers, at least one step, got 5',
    ],
    [
      () => sequences([{ inputs: new Int32Array(3), targets: new Int32Array(2) }], { batch: 1 }),
      'sequences(list)[0].targets: expected as many for each of the 3 steps, got 2 numbers',
    ],
    [
      () => sequences([...list([1]), { inputs: new Int32Array(1), targets: new Float32Array(1) }], { batch: 1 }),
      'sequences(list)[1]: expected tokens with 1 classes a target, as in the first sequence, got tokens with 1 reals a target',
    ],
    [
      () => sequences([{ inputs: new Set([1]) as never, targets: new Int32Array(1) }], { batch: 1 }),
      'sequences(list)[0].inputs: expected a Float32Array, Float64Array, Int32Array or array of numbers, got',
    ],
    [
      () => sequences([{ inputs: [1, 2], targets: [0.5] }], { batch: 1, returns: 'labels' }),
      'sequences(list)[0].targets[0]: expected a token from 0 to 2147483647, got 0.5',
    ],
    [
      () => sequences([...list([1]), { inputs: [1], targets: [1] }], { batch: 1 }),
      'sequences(list)[1]: expected tokens with 1 classes a target, as in the first sequence, got plain numbers with 1 plain numbers a target',
    ],
  ])('refuses %#', (run, message) => {
    expect(run).toThrow(message);
    expect(codeOf(run)).toMatch(/^(invalid-argument|invalid-shape|unknown-option|token-out-of-range)$/);
  });
});
