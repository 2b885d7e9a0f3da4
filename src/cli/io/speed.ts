// How fast this machine trains, measured once before a training that has so many minutes.
import { availableParallelism } from 'node:os';
import { adam, createModel, dense, embedding, gru, textStream, tokens, train } from '../../index.ts';
import { workers } from '../../worker/index.ts';

/** What the probe trains: as wide as most networks that are chosen. */
const [SIZE, UNITS, ROWS, STEPS] = [64, 256, 16, 50] as const;
/** Updates of the probe: the first warms up. */
const UPDATES = 13;

/** Blocks of rows that threads share: two threads do most of what there is to gain for few rows. */
export const BLOCKS = 2;

/** Threads for these blocks; 0 where there is one core. */
export const threadsHere = () => (availableParallelism() < 2 ? 0 : Math.min(BLOCKS, availableParallelism()));

/** Products of a weight with a number, a second: forward, and twice of them back. `threads` as of `--workers`. */
export async function measureSpeed(threads: number, signal: AbortSignal): Promise<number> {
  const model = await createModel([
    tokens(SIZE),
    embedding({ units: 64 }),
    gru({ units: UNITS }),
    dense({ units: SIZE }),
  ]);
  const text = Int32Array.from({ length: ROWS * STEPS * UPDATES + 1 }, (_, i) => (i * i) % SIZE);
  let begin = 0;
  const events = train(model, {
    data: textStream(text, { batch: ROWS }),
    loss: 'cross-entropy',
    truncation: { k1: STEPS, k2: STEPS },
    optimizer: adam(),
    steps: UPDATES,
    signal,
    ...(threads > 0 && { parallel: workers({ count: threads, blocks: BLOCKS }) }),
  });
  for await (const event of events) if (event.type === 'step' && event.step === 1) begin = performance.now();
  const seconds = (performance.now() - begin) / 1000;
  return (3 * weightsOf(model.parameterCount, SIZE, 64) * ROWS * STEPS * (UPDATES - 1)) / seconds;
}

/** Weights that every character is multiplied with: those of a table of characters are looked up. */
export const weightsOf = (parameters: number, size: number, embedded: number) => parameters - size * embedded;
