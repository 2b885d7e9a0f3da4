// How many threads a model computes with: as many as are asked for, or what `auto` finds.
import { builtin } from '../../base/engine.ts';
import { BpttError } from '../../base/errors.ts';
import { Arena } from '../arena.ts';
import type { Kernels, Variant } from '../kernels.ts';
import { Team } from './team.ts';

/** What is asked for. */
export interface Wanted {
  readonly threads: number | 'auto';
  /** Kernels of one's own, which are those of one thread. */
  readonly kernels?: unknown;
}

/** With fewer parameters a step is too short to be shared: measured with Elman networks of 64 units. */
const FEWEST_PARAMETERS = 20_000;

/** With more threads the parts of most networks are too small. */
const MOST_BY_ITSELF = 8;

/** With `auto`, several threads must take this part of the time of one: other programs may need the cores. */
const ENOUGH = 0.8;

/**
 * The longest trial, in milliseconds. A new thread may begin on the core of the one that started it, and the system moves it only after a while:
 * on 2 free cores of Zen 5 with Linux 6.18 a trial of 4 ms found two threads faster in 2 of 24 starts, one of up to 200 in 18 of 18.
 */
const TRIAL = 200;

/** The fewest rounds of a trial, whose first are slow while the engine still optimizes. */
const ROUNDS = 4;

/** Products together in a round, for one alone: what only one thread does gives the system no reason to move the other. */
const TOGETHER = 8;

/**
 * The team that is asked for; none where `auto` finds that one thread does as well, or that there can be no others.
 *
 * @throws BpttError `unsupported-engine` where this thread cannot lead others, `worker-failed` where they cannot be started.
 */
export async function chooseTeam(
  variant: Variant,
  { threads, kernels }: Wanted,
  parameters: readonly { readonly rows: number; readonly columns: number }[],
): Promise<Team | undefined> {
  if (kernels !== undefined) {
    throw new BpttError('invalid-argument', 'createModel.threads: expected 1 beside kernels of your own, got more');
  }
  const reason = whyNot();
  if (threads !== 'auto') {
    if (reason === undefined) return Team.start(variant, threads);
    throw new BpttError(
      'unsupported-engine',
      `createModel.threads: expected an engine in which ${threads} threads can share memory, got ${reason}`,
    );
  }
  const count = Math.min(cores(), MOST_BY_ITSELF);
  const size = parameters.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  if (reason !== undefined || count === 1 || size < FEWEST_PARAMETERS) return undefined;
  const team = await Team.start(variant, count).catch(() => undefined);
  if (team === undefined || isFaster(team)) return team;
  team.end();
  return undefined;
}

/** How many threads this machine runs at a time, as far as the engine says. */
function cores(): number {
  return builtin('node:os')?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Why this thread cannot lead others, or undefined where it can. */
function whyNot(): string | undefined {
  if (typeof SharedArrayBuffer === 'undefined') {
    return 'a page that is not isolated (it needs the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp)';
  }
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
    return undefined;
  } catch {
    return 'the main thread of a page, which may not wait for others (a worker may)';
  }
}

/**
 * Whether a product takes less time together, at best: tried in turn, so that what else the machine does meets both, until it has been seen. It is
 * a product of zeros, so that the memory is as it was.
 */
function isFaster({ kernels, alone }: Team): boolean {
  const arena = new Arena(kernels);
  const [rows, size] = [64, 256];
  const bytes = kernels.realBytes() * size;
  const blocks = [rows, rows, size].map((count) => arena.allocate(count * bytes));
  const [c, a, b] = blocks as [number, number, number];
  const scratch = arena.allocate(kernels.gemmScratch(rows, size, size));
  const time = ({ gemm }: Pick<Kernels, 'gemm'>) => {
    const begin = performance.now();
    gemm(c, a, b, rows, size, size, size, size, size, false, false, 0, scratch);
    return performance.now() - begin;
  };
  const best = { alone: Number.POSITIVE_INFINITY, together: Number.POSITIVE_INFINITY };
  const end = performance.now() + TRIAL;
  for (let round = 1; round <= ROUNDS || performance.now() < end; round++) {
    best.alone = Math.min(best.alone, time(alone));
    for (let turn = 0; turn < TOGETHER; turn++) best.together = Math.min(best.together, time(kernels));
    if (round >= ROUNDS && best.together < ENOUGH * best.alone) return true;
  }
  return false;
}
