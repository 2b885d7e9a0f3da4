// Whole training steps, ours and in plain JavaScript: the same model, parameters, batch and optimizer.

import {
  adam,
  createModel,
  dense,
  elman,
  features,
  gru,
  lstm,
  type Model,
  sgd,
  tokens,
  train,
} from '../../src/index.ts';
import { fullBptt } from '../../test/truth/reference/bptt.ts';
import {
  createNetwork,
  type LayerDescription,
  type Network,
  setParameters,
} from '../../test/truth/reference/network.ts';
import * as optimizers from '../../test/truth/reference/optimizers.ts';
import { zeros } from '../../test/truth/reference/real.ts';
import type { Contender } from '../measure.ts';
import { type Batch, batchOf, type Workload } from './workloads.ts';

export interface Pair {
  ours: Contender;
  js: Contender;
  /** Stops training. */
  end: () => Promise<void>;
}

const cells = { elman, lstm, gru };

/** Both contenders of a workload, after a check that their first steps have the same loss. */
export async function trainingPair(workload: Workload, relaxed: boolean): Promise<Pair> {
  const batch = batchOf(workload);
  const { kind, size } = workload.input;
  const model = await createModel(
    [
      kind === 'tokens' ? tokens(size) : features(size),
      cells[workload.cell]({ units: workload.units }),
      dense({ units: workload.outputs }),
    ],
    { seed: 1, relaxed },
  );
  const js = plain(workload, batch, model);
  const { step, end } = packaged(workload, batch, model);
  const losses = [await step(), js()];
  if (!(Math.abs(losses[0] - losses[1]) <= 1e-4 * Math.abs(losses[1]))) {
    throw new Error(`${workload.name}: the losses of the first step differ: ${losses.join(' and ')}`);
  }
  return { ours: { name: 'Wasm', asyncStep: step }, js: { name: 'pure JS', step: js }, end };
}

/** The public loop, one update at a time. */
function packaged({ loss, optimizer }: Workload, batch: Batch, model: Model) {
  const { kind, learningRate } = optimizer;
  const events = train(model, {
    data: [batch],
    loss,
    optimizer: kind === 'adam' ? adam({ learningRate }) : sgd({ learningRate }),
  });
  const step = async () => {
    const { value } = await events.next();
    return value?.type === 'step' ? value.loss : Number.NaN;
  };
  return { step, end: async () => void (await events.return()) };
}

/** The reference, with the same parameters. */
function plain(
  { input, cell, units, outputs, loss, optimizer, steps, rows }: Workload,
  batch: Batch,
  model: Model,
): () => number {
  const layers: LayerDescription[] = [{ units, cell }];
  const network: Network = createNetwork({ input, layers, outputs, loss }, 'f32', steps, rows);
  setParameters(network, model.parameters());
  const stream = { inputs: batch.inputs, targets: batch.targets, mask: batch.mask ?? null, resets: null };
  const { parameters, gradients } = network;
  const m = zeros('f32', parameters.length);
  const v = zeros('f32', parameters.length);
  const { kind, learningRate } = optimizer;
  let t = 0;
  return () => {
    const value = fullBptt(network, stream, 'mean');
    if (kind === 'adam') optimizers.adam(parameters, gradients, m, v, ++t, learningRate);
    else optimizers.sgd(parameters, gradients, null, learningRate);
    return value;
  };
}
