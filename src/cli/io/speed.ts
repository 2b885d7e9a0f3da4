// How fast this machine trains, measured once before a training that has so many minutes.
import { adam, createModel, dense, embedding, gru, textStream, tokens, train } from '../../index.ts';
import { parallelOf, type ThreadValues, threadsOf } from '../flags/threads.ts';

/** What the probe trains: as wide as most networks that are chosen. */
const [SIZE, UNITS, ROWS, STEPS] = [64, 256, 16, 50] as const;
/** Updates of the probe: the first warms up. */
const UPDATES = 13;

/** Products of a weight with a number, a second: forward, and twice of them back; with the threads of a training. */
export async function measureSpeed(values: ThreadValues, signal: AbortSignal): Promise<number> {
  const model = await createModel(
    [tokens(SIZE), embedding({ units: 64 }), gru({ units: UNITS }), dense({ units: SIZE })],
    { threads: threadsOf(values) },
  );
  const text = Int32Array.from({ length: ROWS * STEPS * UPDATES + 1 }, (_, i) => (i * i) % SIZE);
  let begin = 0;
  const events = train(model, {
    data: textStream(text, { batch: ROWS }),
    loss: 'cross-entropy',
    truncation: { k1: STEPS, k2: STEPS },
    optimizer: adam(),
    steps: UPDATES,
    signal,
    ...parallelOf(values),
  });
  for await (const event of events) if (event.type === 'step' && event.step === 1) begin = performance.now();
  const seconds = (performance.now() - begin) / 1000;
  return (3 * weightsOf(model.parameterCount, SIZE, 64) * ROWS * STEPS * (UPDATES - 1)) / seconds;
}

/** Weights that every character is multiplied with: those of a table of characters are looked up. */
export const weightsOf = (parameters: number, size: number, embedded: number) => parameters - size * embedded;
