// What attention computes. A row of a batch, and of it a head, is a matrix in each track: its rows are B rows apart.
//
// All products are kernels.gemm, so that each sum goes over ascending steps or features, whatever the sizes.
import { Companion } from '../../wasm/companion.ts';
import type { Kernels, Pointer } from '../../wasm/kernels.ts';
import type { AttentionScore } from '../attention.ts';
import type { Binding, BoundLayer, BoundPort, Pass, Track } from '../contract.ts';
import { at } from '../parts/address.ts';
import { bindProjection, type Projection } from '../parts/projection.ts';

/** What the shapes of attention follow from. */
export interface AttentionShape {
  readonly score: AttentionScore;
  readonly heads: number;
  /** The features of the query and of the memory. */
  readonly Q: number;
  readonly M: number;
  /** What a query is compared with: M of products, A of the additive score. */
  readonly A: number;
  /** The names of the parameters that the score has. */
  readonly names: { readonly query: string; readonly memory: string; readonly bias: string; readonly v: string };
}

interface AttentionKernels {
  attend(a: Pointer, padding: Pointer, T: number, S: number, ld: number, B: number, scale: number): void;
  attendBack(e: Pointer, a: Pointer, T: number, S: number, ld: number, scale: number): void;
  additive(
    ...args: [
      a: Pointer,
      q: Pointer,
      k: Pointer,
      v: Pointer,
      T: number,
      S: number,
      A: number,
      ld: number,
      ldq: number,
      ldk: number,
    ]
  ): void;
  additiveBack(
    ...args: [
      ...[dq: Pointer, dk: Pointer, dv: Pointer, e: Pointer, q: Pointer, k: Pointer, v: Pointer],
      ...[T: number, S: number, A: number, ld: number, ldq: number, ldk: number],
    ]
  ): void;
}

export const companion = new Companion<AttentionKernels>('attention', {
  f32: () => import('../../../build/kernels/attention-f32.js'),
  f64: () => import('../../../build/kernels/attention-f64.js'),
});

export function attendScratch(kernels: Kernels, { Q, M, A }: AttentionShape, T: number, S: number, B: number): number {
  const both = (m: number, n: number, k: number) =>
    Math.max(kernels.gemmScratch(m, n, k), kernels.gemmScratch(m, k, n), kernels.gemmScratch(n, k, m));
  const size = Math.max(M, A);
  return Math.max(both(T, S, size), both(S, T, size), both(T * B, A, Q), both(S * B, A, M), both(A, Q, T * B));
}

/** A matrix of one row of a batch in a track, and how far apart its rows are. */
interface Part {
  readonly pointer: Pointer;
  readonly ld: number;
}

/** From queries and memory to scores, and back. */
interface Scores {
  /** Before the scores of any row: what is made of all rows at once. */
  prepare(from: number, to: number, S: number): void;
  /** The scores of one row and head. */
  forward(weights: Part, row: number, head: number, from: number, T: number, S: number): void;
  begin(from: number, to: number, S: number): void;
  /** From their gradients to those of what was prepared. */
  backward(dScores: Part, row: number, head: number, from: number, T: number, S: number): void;
  /** After those of all rows. */
  finish(from: number, to: number, S: number, pass: Pass): void;
}

/** The tracks and sizes that all scores are computed from. */
interface Bound {
  readonly binding: Binding;
  readonly shape: AttentionShape;
  readonly query: BoundPort;
  readonly memory: BoundPort;
  readonly dQuery: Track;
  readonly dMemory: Track;
  readonly attention: AttentionKernels;
  /** Row `row` of a track from step `from` on, its features from `column` on. */
  part(track: Track, row: number, column: number, from: number): Part;
}

export function bindAttention(binding: Binding, shape: AttentionShape): BoundLayer {
  const { kernels, rows: B, inputs, dOutput: dy, buffer, scratch } = binding;
  const { heads, Q, M, score } = shape;
  const [query, memory] = inputs as [BoundPort, BoundPort];
  const real = kernels.realBytes();
  const [y, weights, dWeights] = [buffer('y'), buffer('weights'), buffer('dWeights')];
  const [dQuery, dMemory] = [buffer('dQuery'), buffer('dMemory')];
  const attention = companion.of(kernels);
  const part = ({ pointer, stride, ld }: Track, row: number, column: number, from: number): Part => ({
    pointer: pointer + from * stride + (row * ld + column) * real,
    ld: B * ld,
  });
  const bound = { binding, shape, query, memory, dQuery, dMemory, attention, part };
  const scores = score === 'additive' ? bindAdditive(bound) : bindProducts(bound);
  const width = M / heads;
  const scale = score === 'scaled-dot' ? 1 / Math.sqrt(width) : 1;

  /** For every row and head; one after the other. */
  const each = (S: number, run: (row: number, head: number, column: number) => void) => {
    for (let row = 0; row < B; row++) {
      for (let head = 0; head < heads; head++) run(row, head, head * kernels.padded(S));
    }
  };

  return {
    forward(from, to) {
      const [T, S] = [to - from, memory.filled()];
      scores.prepare(from, to, S);
      each(S, (row, head, column) => {
        const a = part(weights, row, column, from);
        const [k, c] = [part(memory.track, row, head * width, 0), part(y, row, head * width, from)];
        scores.forward(a, row, head, from, T, S);
        attention.attend(a.pointer, memory.padding.pointer + row, T, S, a.ld, B, scale);
        kernels.gemm(c.pointer, a.pointer, k.pointer, T, width, S, a.ld, k.ld, c.ld, false, false, 0, scratch);
      });
      // After the contexts: what these write beyond their last column is here.
      kernels.copyColumns(at(y, from) + M * real, at(query.track, from), T * B, Q, y.ld, query.track.ld);
    },

    backward(from, to, pass) {
      const [T, S] = [to - from, memory.filled()];
      kernels.copyColumns(at(dQuery, from), at(dy, from) + M * real, T * B, Q, dQuery.ld, dy.ld);
      scores.begin(from, to, S);
      each(S, (row, head, column) => {
        const [a, e] = [part(weights, row, column, from), part(dWeights, row, column, from)];
        const [k, dk] = [part(memory.track, row, head * width, 0), part(dMemory, row, head * width, 0)];
        const dc = part(dy, row, head * width, from);
        kernels.gemm(e.pointer, dc.pointer, k.pointer, T, S, width, dc.ld, k.ld, e.ld, false, true, 0, scratch);
        kernels.gemm(dk.pointer, a.pointer, dc.pointer, S, width, T, a.ld, dc.ld, dk.ld, true, false, 0, scratch);
        attention.attendBack(e.pointer, a.pointer, T, S, e.ld, scale);
        scores.backward(e, row, head, from, T, S);
      });
      scores.finish(from, to, S, pass);
      deliver(kernels, query, dQuery, from, T * B);
      deliver(kernels, memory, dMemory, 0, S * B);
    },
  };
}

/** Hands a gradient to what was read. */
function deliver(kernels: Kernels, { gradient, add }: BoundPort, own: Track, from: number, rows: number): void {
  if (gradient === undefined) return;
  kernels[add ? 'add' : 'copy'](at(gradient, from), at(own, from), rows * own.ld);
}

/** A product with a matrix whose gradient, and that of what it reads, are added to what is there. */
function project(
  { binding }: Bound,
  port: BoundPort,
  gradient: Track,
  sizes: { readonly inputs: number; readonly outputs: number },
  names: { readonly weight: string; readonly bias?: string },
): Projection {
  const { kernels, rows, weight, parameter, gradient: gradientOf, scratch } = binding;
  const { bias } = names;
  return bindProjection(
    {
      ...{ kernels, rows, input: { ...port, gradient, add: true }, weight: weight(names.weight) },
      ...{ bias: bias === undefined ? 0 : parameter(bias), dBias: bias === undefined ? 0 : gradientOf(bias) },
    },
    { kind: 'features', size: sizes.inputs },
    sizes.outputs,
    scratch,
  );
}

/** Scores that are products of the query, as it is or after a matrix, with the memory. */
function bindProducts(bound: Bound): Scores {
  const { binding, shape, query, memory, dQuery, dMemory, part } = bound;
  const { kernels, buffer, scratch } = binding;
  const { Q, M, heads, names, score } = shape;
  const width = M / heads;
  const general = score === 'general';
  const [asked, dAsked] = general ? [buffer('asked'), buffer('dAsked')] : [query.track, dQuery];
  const turn = general ? project(bound, query, dQuery, { inputs: Q, outputs: M }, { weight: names.query }) : undefined;
  return {
    prepare: (from, to) => turn?.forward(asked, from, to),
    forward(a, row, head, from, T, S) {
      const [q, k] = [part(asked, row, head * width, from), part(memory.track, row, head * width, 0)];
      kernels.gemm(a.pointer, q.pointer, k.pointer, T, S, width, q.ld, k.ld, a.ld, false, true, 0, scratch);
    },
    begin: () => {},
    backward(e, row, head, from, T, S) {
      const [q, dq] = [part(asked, row, head * width, from), part(dAsked, row, head * width, from)];
      const [k, dk] = [part(memory.track, row, head * width, 0), part(dMemory, row, head * width, 0)];
      // The query's own part of the output is in its gradient already.
      const first = general ? 0 : dq.pointer;
      kernels.gemm(dq.pointer, e.pointer, k.pointer, T, width, S, e.ld, k.ld, dq.ld, false, false, first, scratch);
      kernels.gemm(dk.pointer, e.pointer, q.pointer, S, width, T, e.ld, q.ld, dk.ld, true, false, dk.pointer, scratch);
    },
    finish: (from, to, _, pass) => turn?.backward(dAsked, from, to, pass),
  };
}

/** v · tanh(W q + U m + b). */
function bindAdditive(bound: Bound): Scores {
  const { binding, shape, query, memory, dQuery, dMemory, attention, part } = bound;
  const { kernels, rows: B, buffer, parameter, gradient } = binding;
  const { Q, M, A, names } = shape;
  const [asked, dAsked, keys, dKeys] = [buffer('asked'), buffer('dAsked'), buffer('keys'), buffer('dKeys')];
  const sizes = { query: { inputs: Q, outputs: A }, memory: { inputs: M, outputs: A } };
  const ofQuery = project(bound, query, dQuery, sizes.query, { weight: names.query, bias: names.bias });
  const ofMemory = project(bound, memory, dMemory, sizes.memory, { weight: names.memory });
  const v = parameter(names.v);
  return {
    prepare(from, to, S) {
      ofQuery.forward(asked, from, to);
      // Once, however many steps then ask.
      if (from === 0) ofMemory.forward(keys, 0, S);
    },
    forward(a, row, _, from, T, S) {
      const [q, k] = [part(asked, row, 0, from), part(keys, row, 0, 0)];
      attention.additive(a.pointer, q.pointer, k.pointer, v, T, S, A, a.ld, q.ld, k.ld);
    },
    begin(from, to, S) {
      kernels.clear(at(dAsked, from), (to - from) * B * dAsked.ld);
      kernels.clear(dKeys.pointer, S * B * dKeys.ld);
    },
    backward(e, row, _, from, T, S) {
      const [q, k] = [part(asked, row, 0, from), part(keys, row, 0, 0)];
      const [dq, dk] = [part(dAsked, row, 0, from), part(dKeys, row, 0, 0)];
      const dv = gradient(names.v);
      const grads = [dq.pointer, dk.pointer, dv, e.pointer] as const;
      attention.additiveBack(...grads, q.pointer, k.pointer, v, T, S, A, e.ld, q.ld, k.ld);
    },
    finish(from, to, S, pass) {
      ofQuery.backward(dAsked, from, to, pass);
      ofMemory.backward(dKeys, 0, S, pass);
    },
  };
}
