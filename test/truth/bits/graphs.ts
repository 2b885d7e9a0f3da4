// The cases of the bit fixture that are no stacks: several inputs and losses, started states, and what joins entries and clocks.
import {
  add,
  attention,
  type Batch,
  bidirectional,
  concat,
  dense,
  dropout,
  embedding,
  features,
  type GraphBatch,
  gru,
  indrnn,
  last,
  lstm,
  type ModelDescription,
  repeat,
  residual,
  tokens,
} from '../../../src/index.ts';
import type { Case } from './cases.ts';

type GraphCase = Omit<Case, 'truncation'>;

const trained = { updates: 60, learningRate: 1 / 32, clip: 0.25, evaluated: true } as const;

/** The streams and sequences of the other cases. */
export interface Sources {
  readonly vocabulary: number;
  readonly stream: Iterable<Batch>;
  readonly sequences: readonly Batch[];
}

/** Cases that read a stream, with or without truncation. */
export function graphsOnStream({ vocabulary, stream }: Sources): Readonly<Record<string, GraphCase>> {
  const batches = [...stream];
  const inputs: ModelDescription = [
    tokens(vocabulary, { name: 'text' }),
    features(5, { name: 'pen', clock: 'text' }),
    features(3, { name: 'person', clock: 'row' }),
    embedding({ units: 11, from: 'text', name: 'letters' }),
    repeat({ clock: 'text', from: 'person', name: 'who' }),
    concat({ from: ['letters', 'pen', 'who'] }),
    lstm({ units: 11, name: 'reader' }),
  ];
  const next = dense({ units: vocabulary, name: 'next' });
  const level = dense({ units: 3, from: 'reader', name: 'level' });
  const loss = { next: 'cross-entropy', level: { loss: 'mean-squared-error', weight: 0.25 } } as const;
  return {
    'two inputs': {
      ...trained,
      model: [...inputs, next],
      data: batches.map((batch) => withTargets(withInputs(batch), ['next'])),
    },
    'two losses': {
      ...trained,
      model: [
        tokens(vocabulary, { name: 'text' }),
        embedding({ units: 11, name: 'words' }),
        gru({ units: 11, name: 'reader' }),
        dense({ units: vocabulary, tied: 'words.weight', name: 'next' }),
        level,
      ],
      loss,
      groups: [{ match: 'reader.weight_hh*', frozen: true }],
      data: batches.map((batch) => withTargets(batch, ['next', 'level'])),
    },
    'two inputs and two losses': {
      ...trained,
      model: [...inputs, dropout({ rate: 0.2 }), next, level],
      loss,
      data: batches.map((batch) => withTargets(withInputs(batch), ['next', 'level'])),
    },
  };
}

/** Cases that read sequences of different lengths, as a whole. */
export function graphsOnSequences({ vocabulary, sequences }: Sources): Readonly<Record<string, GraphCase>> {
  return {
    'started states': {
      ...trained,
      model: [
        tokens(vocabulary, { name: 'source' }),
        bidirectional(lstm({ units: 6 }), { merge: 'sum', name: 'encoder' }),
        tokens(vocabulary, { name: 'target' }),
        embedding({ units: 5, name: 'words' }),
        lstm({ units: 6, name: 'decoder', start: 'encoder' }),
        dense({ units: vocabulary }),
      ],
      data: readAndWritten(sequences),
    },
    attention: {
      ...trained,
      model: [
        tokens(vocabulary, { name: 'source' }),
        bidirectional(gru({ units: 8 }), { name: 'encoder' }),
        tokens(vocabulary, { name: 'target' }),
        embedding({ units: 5, name: 'words' }),
        lstm({ units: 6, name: 'decoder' }),
        attention({ from: ['decoder', 'encoder'], heads: 2, name: 'first' }),
        attention({ from: ['first', 'encoder'], score: 'additive', units: 7 }),
        dense({ units: 9, activation: 'tanh' }),
        dense({ units: vocabulary }),
      ],
      data: readAndWritten(sequences),
    },
    'one row to all steps': {
      ...trained,
      model: [
        tokens(vocabulary, { name: 'text' }),
        embedding({ units: 11, name: 'letters' }),
        residual(gru({ units: 11 })),
        last({ name: 'code' }),
        dense({ units: 6, name: 'first' }),
        repeat({ clock: 'text', from: 'code' }),
        gru({ units: 6, start: 'first', name: 'decoder' }),
        indrnn({ units: 6, from: 'letters', start: 'first', name: 'beside' }),
        add({ from: ['decoder', 'beside'] }),
        dense({ units: vocabulary }),
      ],
      data: sequences,
    },
  };
}

/** The same tokens as what is read, of which half is there, and as what is written. */
function readAndWritten(sequences: readonly Batch[]): readonly GraphBatch[] {
  return sequences.map(({ steps, rows, inputs, targets, lengths }) => ({
    rows,
    steps: { source: steps, target: steps },
    inputs: { source: inputs, target: inputs },
    lengths: { source: Array.from(lengths!, (length) => 1 + (length >> 1)), target: lengths! },
    targets,
  }));
}

/** Pen strokes at each step, and three numbers of each row. */
function withInputs({ inputs, ...batch }: Batch): GraphBatch {
  const { steps, rows } = batch;
  const next = numbers(1);
  const reals = (count: number) => Float32Array.from({ length: count }, next);
  return { ...batch, inputs: { text: inputs, pen: reals(steps * rows * 5), person: reals(rows * 3) } };
}

/** The next token, and three numbers which the tokens say. */
function withTargets({ targets, mask, ...batch }: GraphBatch, outputs: readonly ('next' | 'level')[]): GraphBatch {
  const next = targets as Int32Array;
  const level = Float32Array.from({ length: next.length * 3 }, (_, i) => (next[Math.floor(i / 3)]! >> (i % 3)) & 1);
  const all = { next, level };
  const of = <A>(make: (name: 'next' | 'level') => A) => Object.fromEntries(outputs.map((name) => [name, make(name)]));
  return { ...batch, targets: of((name) => all[name]), ...(mask && { mask: of(() => mask as Uint8Array) }) };
}

/** Multiples of 1/2^16 in [-1, 1), in integer arithmetic only. */
function numbers(seed: number): () => number {
  let random = seed;
  return () => {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0; // Numerical Recipes, section 7.1
    return (random >>> 15) / 2 ** 16 - 1;
  };
}
