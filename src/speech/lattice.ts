// All paths of one row that give certain labels: how probable they are together, and which steps the best of them gives each label.
import { logAdd } from '../base/exact-log.ts';
import type { Row } from './logits.ts';

/** The steps of a label: the first, and the one after the last. */
export type Span = readonly [from: number, to: number];

/** What the paths that give the labels of a row say. */
export interface Alignment {
  /** Of all paths together, in nats: what CTC is the negative of. -Infinity where the labels do not fit into the steps. */
  readonly logProbability: number;
  /** Of the best path. */
  readonly pathLogProbability: number;
  /** The steps in which the best path is at each label; those between are blank. Of equally good paths the one that moves on last. */
  readonly spans: readonly Span[];
}

/** Goes through the 2U + 1 states: blanks, and labels between them. */
export function alignRow({ steps, classes, values }: Row, labels: ArrayLike<number>, blank: number): Alignment {
  const S = 2 * labels.length + 1;
  const classOf = (s: number) => (s % 2 === 0 ? blank : labels[(s - 1) / 2]!);
  const skips = Array.from({ length: S }, (_, s) => s % 2 === 1 && s > 1 && classOf(s) !== classOf(s - 2));
  const none = Number.NEGATIVE_INFINITY;
  let all = new Float64Array(S).fill(none);
  let best = new Float64Array(S).fill(none);
  /** By how many states the best path came to each. */
  const moves = new Uint8Array(steps * S);
  for (let t = 0; t < steps; t++) {
    const nextAll = new Float64Array(S).fill(none);
    const nextBest = new Float64Array(S).fill(none);
    for (let s = Math.max(0, S - 2 * (steps - t)); s < Math.min(S, 2 * (t + 1)); s++) {
      const y = values[t * classes + classOf(s)]!;
      let sum = t === 0 ? 0 : all[s]!;
      let most = t === 0 ? 0 : best[s]!;
      for (let d = 1; t > 0 && d <= (skips[s] ? 2 : 1) && d <= s; d++) {
        sum = logAdd(sum, all[s - d]!);
        if (best[s - d]! > most) {
          most = best[s - d]!;
          moves[t * S + s] = d;
        }
      }
      nextAll[s] = sum + y;
      nextBest[s] = most + y;
    }
    [all, best] = [nextAll, nextBest];
  }
  const endsInLabel = S > 1 && best[S - 2]! >= best[S - 1]!;
  const end = endsInLabel ? S - 2 : S - 1;
  return {
    logProbability: S > 1 ? logAdd(all[S - 1]!, all[S - 2]!) : all[0]!,
    pathLogProbability: best[end]!,
    spans: best[end] === none ? [] : spansOf(moves, steps, S, end),
  };
}

/** The path backwards from its last state. */
function spansOf(moves: Uint8Array, steps: number, S: number, end: number): readonly Span[] {
  const spans: [number, number][] = Array.from({ length: (S - 1) / 2 }, () => [0, 0]);
  for (let t = steps - 1, s = end; t >= 0; t--) {
    const span = s % 2 === 1 ? spans[(s - 1) / 2]! : undefined;
    if (span !== undefined) {
      span[0] = t;
      span[1] = Math.max(span[1], t + 1);
    }
    s -= moves[t * S + s]!;
  }
  return spans;
}
