// From settings to what the library takes: the description of a model and the options of its training.
import {
  adagrad,
  adam,
  adamw,
  type Clip,
  dense,
  dropout,
  elman,
  glorotUniform,
  gru,
  type Initializer,
  identity,
  indrnn,
  type LayerDescription,
  lstm,
  type ModelDescription,
  type Optimizer,
  orthogonal,
  pytorch,
  type RecurrentOptions,
  rmsprop,
  sgd,
  type TrainOptions,
} from 'bptt';
import type { Task } from '../tasks/task.ts';
import { type CellName, isOwn } from './cells.ts';
import type { RunSettings } from './fields.ts';

const MOMENTUM = 0.9;

/** The input, then each recurrent layer with dropout after it, then a dense layer for the task's outputs. */
export function describe(task: Task, run: RunSettings): ModelDescription {
  const recurrent = Array.from({ length: run.layers }, () => cell(run));
  const layers: LayerDescription[] = recurrent.flatMap((layer) =>
    run.dropout > 0 ? [layer, dropout({ rate: run.dropout })] : [layer],
  );
  return [task.input, ...layers, dense({ units: task.outputs })];
}

/** How a task is learned: everything that `train` takes. */
export function trainOptions(task: Task, run: RunSettings, seed: number): TrainOptions {
  const clip = clipOf(run);
  return {
    data: task.data,
    loss: task.loss,
    optimizer: optimizerOf(run),
    seed,
    ...(run.bptt === 'truncated' && { truncation: { k1: run.k1, k2: run.k2 } }),
    ...(clip && { clip }),
    ...(run.init === 'none' && isOwn(run.cell, 'init') && { groups: [{ match: '*weight_hh*', frozen: true }] }),
    ...(run.l2 > 0 && { regularization: { l2: run.l2 } }),
  };
}

function cell(run: RunSettings): LayerDescription {
  return makers[run.cell]({ units: run.hidden, recurrentInitializer: initializerOf(run) }, run);
}

const makers: Readonly<Record<CellName, (options: RecurrentOptions, run: RunSettings) => LayerDescription>> = {
  elman: (options, { activation }) => elman({ ...options, activation }),
  lstm: (options, { forget }) => lstm({ ...options, forgetBias: forget }),
  gru: (options) => gru(options),
  indrnn: ({ units }, { activation }) => indrnn({ units, activation }),
};

function initializerOf({ init, gain }: RunSettings): Initializer {
  switch (init) {
    case 'orthogonal':
      return orthogonal({ gain });
    case 'identity':
      return identity({ scale: gain });
    case 'glorot':
      return glorotUniform();
    case 'pytorch':
      return pytorch();
    case 'none':
      return identity({ scale: 0 });
  }
}

function optimizerOf({ optimizer, rate: learningRate }: RunSettings): Optimizer {
  switch (optimizer) {
    case 'sgd':
      return sgd({ learningRate });
    case 'momentum':
      return sgd({ learningRate, momentum: MOMENTUM });
    case 'rmsprop':
      return rmsprop({ learningRate });
    case 'adagrad':
      return adagrad({ learningRate });
    case 'adam':
      return adam({ learningRate });
    case 'adamw':
      return adamw({ learningRate });
  }
}

function clipOf({ clip, limit }: RunSettings): Clip | undefined {
  return clip === 'norm' ? { norm: limit } : clip === 'value' ? { value: limit } : undefined;
}
