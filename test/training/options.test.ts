// What train refuses, by the name of the option.
import { expect, it } from 'vitest';
import { adam, BpttError, type TrainOptions, train } from '../../src/index.ts';
import { batchOf, create } from '../support/rows.ts';

it.each<[string, Partial<TrainOptions>, string]>([
  ['no data', { data: 5 as never }, 'train.data: expected an iterable of batches or a dataset, got 5'],
  ['a text as data', { data: 'text' as never }, 'train.data: expected an iterable'],
  ['a validation that is none', { validation: null as never }, 'train.validation: expected'],
  ['an average of 1', { average: { decay: 1 } }, 'train.average.decay: expected'],
  ['no patience', { earlyStopping: { patience: 0 } }, 'train.earlyStopping.patience: expected'],
  ['early stopping without validation', { earlyStopping: { patience: 1 } }, 'expected validation and validateEvery'],
  ['accumulation of nothing', { accumulate: 0 }, 'train.accumulate: expected'],
  ['a checkpoint each half step', { checkpoint: { every: 0.5 } }, 'train.checkpoint.every: expected'],
  ['metadata of ours', { checkpoint: { every: 1, metadata: { 'bptt.x': '' } } }, 'train.checkpoint.metadata: expected'],
  [
    'a signal that is its controller',
    { signal: new AbortController() as never },
    'train.signal: expected an AbortSignal',
  ],
  ['a checkpoint that is a text', { resume: 'file' as never }, 'train.resume: expected a Uint8Array'],
  ['validation each week', { validateEvery: 'week' as never }, 'train.validateEvery: expected'],
])('%s is refused', async (_, options, message) => {
  const model = await create();
  const start = () =>
    train(model, { data: [batchOf(0, 2)], loss: 'cross-entropy', optimizer: adam(), steps: 1, ...options });
  expect(start).toThrow(BpttError);
  expect(start).toThrow(message);
});
