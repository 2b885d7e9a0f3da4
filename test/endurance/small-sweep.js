// @ts-check
// A sweep of small trainings, the same in every process that runs a part of it.
import { adam, dense, elman, gru, tokens } from '../../build/index.js';
import { choice, float, int, median, sweep } from '../../build/sweep.js';

export const data = Int32Array.from({ length: 400 }, (_, i) => ((i * i) % 11) % 6);
export const validation = data.subarray(0, 100);

/**
 * Runs it to its end: which trial is the best, and the SHA-256 of the model of each that is complete, as a line.
 *
 * @param {import('../../src/sweep/index.ts').CheckpointStore} store
 * @param {{ steps: number } & Partial<import('../../src/sweep/index.ts').SweepOptions>} options
 */
export async function smallSweep(store, { steps, ...options }) {
  const { study, best } = await sweep({
    space: {
      cell: choice({ values: ['elman', 'gru'] }),
      units: int({ min: 4, max: 24, scale: 'log' }),
      rate: float({ min: 1e-3, max: 1e-1, scale: 'log' }),
    },
    trial: (/** @type {import('../../src/sweep/index.ts').Parameters} */ { cell, units, rate }) => ({
      layers: [tokens(6), (cell === 'gru' ? gru : elman)({ units: Number(units) }), dense({ units: 6 })],
      fit: {
        loss: 'cross-entropy',
        batch: 8,
        truncation: { k1: 10, k2: 10 },
        optimizer: adam({ learningRate: Number(rate) }),
        steps,
        validateEvery: 10,
      },
    }),
    data,
    validation,
    trials: 8,
    pruner: median({ startup: 3 }),
    generation: 4,
    checkpointEvery: 7,
    store,
    ...options,
  });
  const digests = await Promise.all(
    study.results.map(async ({ number, state }) => {
      const result = JSON.parse(new TextDecoder().decode(await store.read(`trials/${number}/result.json`)));
      return `${number} ${state} ${result.digest}`;
    }),
  );
  return JSON.stringify({ best: [best?.number, best?.digest], digests });
}
