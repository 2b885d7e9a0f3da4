// Losses of `bptt/losses` in threads, which are sent plain data.
import { beforeEach, expect, it } from 'vitest';
import { createModel, dense, elman, features, sgd, type TrainOptions } from '../../src/index.ts';
import { huber, meanAbsolute } from '../../src/loss/index.ts';
import type { LossOption } from '../../src/loss/output-losses.ts';
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
