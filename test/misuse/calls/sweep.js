// @ts-check
/** Valid calls of `bptt/sweep`. */
import { createHash } from 'node:crypto';
import * as bptt from '../../../build/index.js';
import { accuracy } from '../../../build/metrics.js';
import * as sweep from '../../../build/sweep.js';

const space = () => ({
  rate: sweep.float({ min: 1e-4, max: 1e-1, scale: 'log' }),
  units: sweep.int({ min: 1, max: 8, step: 1 }),
  cell: sweep.choice({ values: ['gru', 'lstm'] }),
});
const options = () => ({
  space: space(),
  seed: 1,
  trials: 8,
  sampler: sweep.tpe(),
  pruner: sweep.median(),
  objectives: [{ direction: /** @type {const} */ ('maximize') }],
  generation: 2,
  patience: 4,
});
const asked = () => {
  const study = sweep.createStudy(options());
  study.ask();
  return study;
};
const digits = () => Int32Array.from({ length: 40 }, (_, i) => i % 3);
const small = () => ({
  space: space(),
  trial: () => ({
    layers: /** @type {const} */ ([bptt.tokens(3), bptt.elman({ units: 2 }), bptt.dense({ units: 3 })]),
    seed: 1,
    dtype: /** @type {const} */ ('f32'),
    fit: { loss: /** @type {const} */ ('cross-entropy'), steps: 2, batch: 2 },
  }),
  data: digits(),
  validation: digits(),
  checksum: 'the digits',
  metrics: [accuracy()],
  objective: ['accuracy'],
  store: sweep.memoryStore(),
  workers: 1,
  trainer: bptt.train,
  checkpointEvery: 2,
  trials: 1,
  seed: 1,
  sampler: sweep.random(),
  pruner: sweep.median(),
  generation: 2,
  patience: 4,
  signal: new AbortController().signal,
  onEvent: () => {},
});
/** A sweep that is in a store, and its first trial as a queue has it. */
async function stored() {
  const { data, validation, checksum, metrics, trainer, ...rest } = small();
  const store = sweep.memoryStore();
  await sweep.sweep({ ...rest, data, validation, checksum, metrics, trainer, store });
  await store.remove('trials/0/result.json');
  const bytes = await store.read('sweep.json');
  return {
    options: { store, data, validation, checksum, metrics, trainer },
    trial: {
      sweep: createHash('sha256')
        .update(bytes ?? '')
        .digest('hex'),
      number: 0,
      checkpointEvery: 2,
    },
  };
}
const parameters = { rate: 0.01, units: 3, cell: 'gru' };

/** @type {Readonly<Record<string, readonly import('../table.js').Row[]>>} */
export const ofSweeps = {
  'sweep.float': [() => ({ args: [{ min: 1, max: 8, scale: 'log', when: { cell: ['gru'] } }] })],
  'sweep.int': [() => ({ args: [{ min: 1, max: 8, scale: 'linear', step: 2, when: { cell: 'gru' } }] })],
  'sweep.choice': [() => ({ args: [{ values: ['gru', 1, true], when: { cell: 'gru' } }] })],
  'sweep.grid': [() => ({ args: [{ points: { rate: 3 } }] })],
  'sweep.tpe': [() => ({ args: [{ startup: 4, candidates: 8 }] })],
  'sweep.median': [() => ({ args: [{ startup: 4, warmup: 2, interval: 2, atLeast: 2 }] })],
  'sweep.percentile': [() => ({ args: [{ percentile: 25, startup: 4, warmup: 2, interval: 2, atLeast: 2 }] })],
  'sweep.successiveHalving': [() => ({ args: [{ minSteps: 2, factor: 3, skip: 1, bootstrap: 2 }] })],
  'sweep.hyperband': [() => ({ args: [{ minSteps: 2, maxSteps: 100, factor: 3, bootstrap: 2 }] })],
  'sweep.createStudy': [() => ({ args: [options()] })],
  'sweep.studyFromJson': [() => ({ args: [JSON.stringify(asked())] }), () => ({ args: [asked().toJSON()] })],
  'sweep.sweep': [() => ({ args: [small()] })],
  'sweep.storedSweep': [async () => ({ args: [(await stored()).options] })],
  'sweep.StoredSweep.run': [
    async () => {
      const { options, trial } = await stored();
      const control = { signal: new AbortController().signal, onEvent: () => {} };
      return { on: sweep.storedSweep(options), args: [trial, control], slow: true };
    },
  ],
  // What users write, and `sweep` calls.
  'sweep.TrialQueue.run': [],
  'sweep.CheckpointStore.read': [],
  'sweep.CheckpointStore.add': [],
  'sweep.CheckpointStore.remove': [],
  'sweep.CheckpointStore.keys': [],
  'sweep.Study.report': [() => ({ on: asked(), args: [0, 1, 0.5] })],
  'sweep.Study.tell': [() => ({ on: asked(), args: [0, 0.5] })],
  'sweep.Study.add': [
    () => ({ on: asked(), args: [{ number: 0, parameters, state: 'complete', reports: [[1, 0.5]], values: [0.5] }] }),
  ],
};
