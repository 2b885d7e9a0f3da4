// The kernels that a team of threads computes together (assembly/threads/), in the order of their numbers, and how much there is to do.
import type { Kernels, Pointer, WasmMemory } from '../kernels.ts';

/** Multiplications and additions, or what takes as long as so many, of a call. */
type Work = (args: readonly number[]) => number;

/** In passes over memory a number takes as long as so many multiplications of a product. */
const PASS = 8;

const product: Work = ([, , , m, n, k]) => m! * n! * k!;
const pass =
  (at: number, cost = PASS): Work =>
  (args) =>
    cost * args[at]!;
const rows =
  (count: number, columns: number, cost = PASS): Work =>
  (args) =>
    cost * args[count]! * args[columns]!;

/** By name: the first three are handed out by kernels too (assembly/threads/products.ts). */
export const jobs = {
  gemm: product,
  gemmPacked: product,
  packB: rows(2, 3),
  sgd: pass(3),
  rmsprop: pass(3, 24),
  adagrad: pass(3, 24),
  adam: pass(4, 24),
  regularize: pass(2),
  add: pass(2),
  multiply: pass(3),
  copy: pass(2, 4),
  clear: pass(1, 4),
  scale: pass(2),
  approach: pass(3),
  clampValues: pass(2),
  gatherRows: rows(4, 5),
  scatterAddRows: rows(3, 4),
  sumRows: rows(2, 3),
  bernoulli: rows(1, 2, 16),
} satisfies { readonly [Name in keyof Kernels]?: Work };

/** Losses: jobs that leave the loss of each row, which are then added in their order. */
export const rowLosses = {
  softmaxCrossEntropy: 'softmaxCrossEntropyRows',
  meanSquaredError: 'meanSquaredErrorRows',
  sigmoidCrossEntropy: 'sigmoidCrossEntropyRows',
} as const satisfies { readonly [Name in keyof Kernels]?: string };

/** Layers over a window of steps. */
export const recurrences = ['recurrentForward', 'recurrentBackward'] as const;

/** All jobs; the number of one is its place. */
export const jobNames: readonly string[] = [...Object.keys(jobs), ...Object.values(rowLosses), ...recurrences];

/** What teams go by that start from now on; tests change it. */
export const limits = {
  /** For how many seconds a thread may be silent in a job while others wait; a thread that ends tells nobody who is waiting. */
  patience: 60,
  /** The fewest rows of a batch that each thread goes through the steps of a layer with; where there are fewer, one does, and shares its products. */
  fewestRows: 4,
  /** The work that is worth handing out: some 4 µs of one thread, where handing out takes one. */
  worth: 100_000,
};

/** The most arguments that a job has. */
const MOST = 13;

/** Where the arguments of a job are, behind the words of the team (assembly/threads/team.ts). */
export function argumentsIn(memory: WasmMemory, team: Pointer): Float64Array {
  return new Float64Array(memory.buffer, team + 64, MOST);
}
