// Losses of `bptt/losses` in threads, which are sent plain data.
import { beforeEach, expect, it } from 'vitest';
import {
  bidirectional,
  createModel,
  dense,
  elman,
  features,
  gru,
  type LabelBatch,
  type StepEvent,
  sgd,
  type TrainOptions,
} from '../../src/index.ts';
import { huber, meanAbsolute } from '../../src/loss/index.ts';
import type { LossOption } from '../../src/loss/output-losses.ts';
import { ctc } from '../../src/speech/index.ts';
import { trainInWorker, workers } from '../../src/worker/index.ts';
import { collectGarbage } from '../support/garbage.ts';
import { run } from '../support/trainings.ts';

beforeEach(collectGarbage);

const numbers = (count: number, k: number) => Float32Array.from({ length: count }, (_, i) => ((i * k) % 7) / 5);

const create = () =>
  createModel(
    [
      features(2),
      elman({ units: 4, name: 'h' }),
      dense({ units: 3, name: 'level', from: 'h' }),
      dense({ units: 2, name: 'kind', from: 'h' }),
    ],
    { seed: 2 },
  );

function optionsOf(loss: LossOption): Omit<TrainOptions, 'checkpoint' | 'resume' | 'signal'> {
  const targets = { level: numbers(5 * 4 * 3, 5), kind: numbers(5 * 4 * 2, 4) };
  const batch = { steps: 5, rows: 4, inputs: numbers(5 * 4 * 2, 3), targets };
  return { data: [batch], loss, optimizer: sgd({ learningRate: 0.05 }), epochs: 3 };
}

it('they have the bits of training here', async () => {
  // An output may be called as a field of plain data is.
  const options = optionsOf({ level: huber({ delta: 0.25 }), kind: { loss: meanAbsolute(), weight: 0.5 } });
  const here = await run(await create(), options);
  expect(await run(await create(), options, trainInWorker as never)).toEqual(here);
  const blocks = (count: number) => ({ ...options, parallel: workers({ blocks: 2, count }) });
  expect(await run(await create(), blocks(2))).toEqual(await run(await create(), blocks(1)));
});

const firstLoss = ({ events }: { readonly events: readonly object[] }) => (events[0] as StepEvent).loss;

it('CTC has the bits of training here, in a worker and in blocks of rows by any number of them', async () => {
  const all = Int32Array.of(1, 2, 2, 3, 3, 1, 2);
  const batch: LabelBatch = {
    steps: 8,
    rows: 5,
    inputs: numbers(8 * 5 * 2, 3),
    // Views of one array, of which threads get copies.
    targets: [all.subarray(0, 3), all.subarray(3, 4), all.subarray(3, 3), all.subarray(2, 6), all.subarray(6)],
    lengths: [8, 3, 1, 7, 5],
    mask: Float32Array.of(1, 2, 0.5, 1, 1),
  };
  const model = () => createModel([features(2), bidirectional(gru({ units: 4 })), dense({ units: 4 })], { seed: 2 });
  const options = { data: [batch, batch], optimizer: sgd({ learningRate: 0.1 }), epochs: 2 };
  for (const reduction of ['mean', 'sum'] as const) {
    const given = async (count?: number) => ({
      ...options,
      reduction,
      loss: await ctc(),
      ...(count && { parallel: workers({ blocks: 4, count }) }),
    });
    const here = await run(await model(), await given());
    expect(await run(await model(), await given(), trainInWorker as never)).toEqual(here);
    const one = await run(await model(), await given(1));
    expect(await run(await model(), await given(2))).toEqual(one);
    expect(await run(await model(), await given(4))).toEqual(one);
    // The mean over all rows, whatever blocks they lie in.
    expect(firstLoss(one)).toBeCloseTo(firstLoss(here), 6);
  }
});
