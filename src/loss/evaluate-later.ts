// The loss over batches that come one after the other. Loaded for data that is so.
import type { GraphBatch } from '../data/batch.ts';
import type { State } from '../model/state.ts';

/** What takes the loss of batches. */
interface Takes<Evaluation> {
  readonly steps: number;
  open(batch: GraphBatch, state: State | undefined): void;
  run(from: number): number;
  result(): Evaluation;
  release(): void;
}

export async function evaluateLater<Evaluation>(
  evaluator: Takes<Evaluation>,
  batches: AsyncIterable<GraphBatch>,
  state: State | undefined,
): Promise<Evaluation> {
  let next = state;
  try {
    for await (const batch of batches) {
      evaluator.open(batch, next);
      next = undefined;
      for (let from = 0; from < evaluator.steps; ) from = evaluator.run(from);
    }
    return evaluator.result();
  } finally {
    evaluator.release();
  }
}
