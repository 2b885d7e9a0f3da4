// Every hyperparameter of `bptt train` as a flag, and what the flags mean for the library.
import { BpttError } from '../../base/errors.ts';
import { integer, number, oneOf, string } from '../../base/fields.ts';
import { samplingFields } from '../../generation/sampling.ts';
import {
  activityRegularization,
  adagrad,
  adam,
  adamw,
  chrono,
  cosine,
  type DirectedDescription,
  dense,
  dropout,
  embedding,
  type Initializer,
  identity,
  keras,
  type LayerDescription,
  type LearningRate,
  linear,
  type ModelDescription,
  normal,
  type Optimizer,
  oneCycle,
  plateau,
  pytorch,
  type RecurrentOptions,
  residual,
  rmsprop,
  sgd,
  type TrainOptions,
  tokens,
  warmup,
} from '../../index.ts';
import { activityFields } from '../../layers/activity-regularization.ts';
import { describe } from '../../layers/describe.ts';
import { dropoutFields } from '../../layers/dropout.ts';
import { initializerFields } from '../../layers/initializers.ts';
import { cellKindOf, cellOf, cells } from '../../layers/recurrent/cells.ts';
import { elmanFields } from '../../layers/recurrent/elman.ts';
import { gruFields } from '../../layers/recurrent/gru.ts';
import { lstmFields } from '../../layers/recurrent/lstm.ts';
import { recurrentFields } from '../../layers/recurrent/options.ts';
import { engineFields } from '../../model/network.ts';
import { checkpointFilesFields } from '../../node/checkpoint-files.ts';
import { optimizerFields } from '../../training/optimizers.ts';
import { trainFields } from '../../training/options.ts';
import { scheduleFields } from '../../training/schedules.ts';
import { workersFields } from '../../worker/blocks/workers.ts';
import { workers } from '../../worker/index.ts';
import { flag, overwriteFlag, toggle, typed, type Values } from './flags.ts';

const count = integer({ min: 1 });
const none = integer({ min: 0 });
const fraction = number({ min: 0, exclusiveMax: 1 });
const penalty = number({ min: 0 });
const { fields: truncation } = trainFields.truncation;
const { fields: penalties } = trainFields.regularization;
const { 'one-cycle': oneCycleFields, linear: linearFields, plateau: plateauFields } = scheduleFields;

export const trainFlags = {
  cell: flag('recurrent cell', oneOf(...cells.map(({ kind }) => kind)), 'elman'),
  activation: flag('what the cell applies (default: what it applies in its paper)', lstmFields.activation, undefined),
  gateActivation: flag('what the gates of lstm and gru apply (default: sigmoid)', lstmFields.gateActivation, undefined),
  forgetBias: flag('first bias of the forget gate of lstm (default: 1)', lstmFields.forgetBias, undefined),
  peepholes: toggle('gates of lstm that see the cell', lstmFields.peepholes),
  gruReset: flag("where gru's reset gate stands, at the product with W (default: after)", gruFields.reset, undefined),
  layerNorm: toggle('layer normalisation in the recurrent layers', recurrentFields.layerNorm),
  residual: toggle('each recurrent layer but the first adds to what it reads'),
  hidden: flag('hidden units of each recurrent layer', recurrentFields.units, 256),
  layers: flag('recurrent layers', count, 1),
  initializer: flag(
    'how weights begin: Glorot uniform and orthogonal W, as in PyTorch, as in Keras, or W the identity',
    oneOf('default', 'pytorch', 'keras', 'irnn'),
    'default',
  ),
  chrono: flag(
    'biases of lstm and gru that remember up to so many characters from the start',
    integer({ min: initializerFields.chrono.maximum.limits.min! }),
    undefined,
  ),
  dropout: flag('share of features dropped after each recurrent layer', dropoutFields.rate, 0),
  variationalDropout: toggle('one mask of --dropout for all characters of a window', dropoutFields.variational),
  recurrentDropout: flag(
    'share of the state that W does not see, one mask a window',
    recurrentFields.recurrentDropout,
    0,
  ),
  weightDropout: flag('share of W that is zero in a window', recurrentFields.weightDropout, 0),
  zoneout: flag('share of units that keep their value at a step', recurrentFields.zoneout.fields.hidden, 0),
  activationRegularization: flag(
    'penalty on large outputs of the last recurrent layer, after its dropout',
    activityFields.activation,
    0,
  ),
  temporalRegularization: flag('penalty on quick changes of its outputs, before dropout', activityFields.temporal, 0),
  vanishingRegularization: flag(
    'penalty on gradients of elman that grow or vanish on their way back',
    elmanFields.vanishingRegularization,
    0,
  ),
  embedding: flag('units of a character embedding; 0 for one-hot characters', none, 0),
  k1: flag('truncated BPTT: new characters between two updates', truncation.k1, 50),
  k2: flag('truncated BPTT: the most characters a gradient goes back (default: k1)', truncation.k2, undefined),
  batch: flag('rows that read the text side by side', count, 32),
  optimizer: flag('optimizer', oneOf('sgd', 'rmsprop', 'adagrad', 'adam', 'adamw'), 'adam'),
  learningRate: flag('learning rate of the first update; of one-cycle, the highest', oneCycleFields.max, 4e-3),
  schedule: flag(
    'how the learning rate goes from the first to the last update',
    oneOf('linear', 'cosine', 'one-cycle', 'plateau', 'constant'),
    'linear',
  ),
  plateauPatience: flag(
    'validations without a lower loss before plateau lowers the rate (default: 2)',
    plateauFields.patience,
    undefined,
  ),
  plateauFactor: flag('what plateau multiplies it by (default: 0.5)', plateauFields.factor, undefined),
  finalLearningRate: flag(
    'learning rate of the last update; of plateau, the lowest (default: 0)',
    linearFields.to,
    undefined,
  ),
  warmup: flag('first updates, over which the learning rate rises to its first value', none, 0),
  momentum: flag('momentum of sgd (default: 0)', optimizerFields.sgd.momentum, undefined),
  weightDecay: flag('decoupled weight decay of adamw (default: 0.01)', optimizerFields.adamw.weightDecay, undefined),
  l1: flag('L1 penalty on the weights', penalties.l1, 0),
  l2: flag('L2 penalty on the weights', penalties.l2, 0),
  clip: flag('longest gradient norm before it is scaled down; 0 for no clipping', penalty, 5),
  accumulate: flag('windows whose mean gradient makes one update', trainFields.accumulate, 1),
  average: flag(
    'decay of a moving average of the weights: validation and the model file are of the average',
    trainFields.average.fields.decay,
    undefined,
  ),
  earlyStopping: flag(
    'validations without a lower loss after which training stops; the model file has the best weights',
    trainFields.earlyStopping.fields.patience,
    undefined,
  ),
  epochs: flag('times to read the text (default: 15 without --steps)', trainFields.epochs, undefined),
  steps: flag('updates to make, instead of --epochs', trainFields.steps, undefined),
  seed: flag('seed of the initial weights, of dropout and of the samples', trainFields.seed, 0),
  dtype: flag('numbers to compute in', engineFields.dtype, 'f32'),
  relaxed: toggle('use relaxed SIMD: faster, but not the same bits on every machine', engineFields.relaxed),
  workers: flag('threads that share the work; the bits are those of --blocks, not of their number', none, 0),
  blocks: flag('blocks of rows that the threads share (default: 4 with --workers)', workersFields.blocks, undefined),
  stream: toggle('read the text as training goes, as it is done with more than 32 MB; needs --steps'),
  validation: flag('last part of the text, to validate on; 0 for none', fraction, 0.1),
  validateEvery: flag(
    'updates between two validation losses (default: 20 times in all); 0 for the end only',
    none,
    undefined,
  ),
  sampleEvery: flag('updates between two samples (default: 5 in all); 0 for the end only', none, undefined),
  logEvery: flag('updates between two lines when there is no terminal (default: 50 in all)', count, undefined),
  length: flag('characters of a sample', none, 200),
  temperature: flag(
    'temperature of the samples; 0 always takes the likeliest character',
    samplingFields.temperature,
    0.8,
  ),
  prompt: flag('what samples go on from (default: the first character of the text)', string, undefined),
  out: flag('model file to write', string, 'model.safetensors', 'file'),
  checkpointEvery: flag(
    'updates between two checkpoints beside the model file (default: 20 in all, at least every 1000); 0 for none',
    none,
    undefined,
  ),
  keep: flag('checkpoints that are kept', checkpointFilesFields.keep, 2),
  chart: toggle('print the loss curve at the end, as it is done on a terminal'),
  report: flag('page to write with curves, samples and settings', string, undefined, 'file'),
  resume: toggle('go on from the newest checkpoint of --out, with its text and flags where no others are given'),
  restart: toggle('begin anew: remove the checkpoints of --out, and replace it'),
  overwrite: overwriteFlag,
  json: toggle('print one JSON event a line'),
};

export type TrainValues = Values<typeof trainFlags>;

/** The network that the flags describe, for a vocabulary of `size` characters. */
export function describeModel(values: TrainValues, size: number): ModelDescription {
  const { layers, embedding: embedded } = values;
  if (values.residual && layers < 2) {
    throw new BpttError('invalid-argument', `--residual: expected --layers 2 or more with it, got ${layers}`);
  }
  const recurrent = Array.from({ length: layers }, (_, index): readonly LayerDescription[] => {
    const layer = describeCell(values);
    return [values.residual && index > 0 ? residual(layer) : layer, ...describeAfter(values, index === layers - 1)];
  });
  const named = namedInitializer(values);
  const before = embedded > 0 ? [embedding({ units: embedded, ...(named && { initializer: named }) })] : [];
  const head = dense({ units: size, ...(named && { weightInitializer: named, biasInitializer: named }) });
  return [tokens(size), ...before, ...recurrent.flat(), head];
}

/** Another library's defaults, for any parameter. */
function namedInitializer({ initializer }: TrainValues): Initializer | undefined {
  return initializer === 'pytorch' ? pytorch() : initializer === 'keras' ? keras() : undefined;
}

/** How the parameters of a recurrent layer begin. */
function describeInitializers(
  values: TrainValues,
): Pick<RecurrentOptions, 'inputInitializer' | 'recurrentInitializer' | 'biasInitializer'> {
  const { initializer, cell, activation, chrono: maximum } = values;
  onlyWithOption('gateActivation', 'chrono', maximum, cell);
  const irnn = initializer === 'irnn' ? initializer : undefined;
  onlyWith('--cell elman', cell === 'elman', 'initializer irnn', irnn, cell);
  onlyWith('--activation relu', activation === 'relu', 'initializer irnn', irnn, activation ?? 'tanh');
  const named = namedInitializer(values);
  const biases = maximum === undefined ? named : chrono({ maximum });
  return {
    // Le, Jaitly and Hinton 2015, section 3.
    ...(irnn && { inputInitializer: normal({ deviation: 0.001 }), recurrentInitializer: identity() }),
    ...(named && { inputInitializer: named, recurrentInitializer: named }),
    ...(biases && { biasInitializer: biases }),
  };
}

/** What stands after a recurrent layer; the penalties where Merity, McCann and Socher 2017 have them. */
function describeAfter(values: TrainValues, last: boolean): readonly LayerDescription[] {
  const { dropout: rate, variationalDropout: variational } = values;
  const { activationRegularization: activation, temporalRegularization: temporal } = values;
  onlyWith('--dropout above 0', rate > 0, 'variationalDropout', variational || undefined, rate);
  const dropped = rate > 0 ? [dropout({ rate, variational })] : [];
  if (!last) return dropped;
  return [
    ...(temporal > 0 ? [activityRegularization({ temporal })] : []),
    ...dropped,
    ...(activation > 0 ? [activityRegularization({ activation })] : []),
  ];
}

/** Options that not all cells have, and their flags. */
const ownOptions = {
  gateActivation: 'gateActivation',
  forgetBias: 'forgetBias',
  peepholes: 'peepholes',
  reset: 'gruReset',
  vanishingRegularization: 'vanishingRegularization',
} as const;

function describeCell(values: TrainValues): DirectedDescription {
  const { cell, hidden: units, activation, layerNorm, recurrentDropout, weightDropout, zoneout } = values;
  const kind = cellKindOf({ kind: cell })!;
  const own: Record<string, unknown> = {};
  for (const [option, flag] of Object.entries(ownOptions)) {
    const value = values[flag];
    if (value === trainFlags[flag].default) continue;
    onlyWithOption(option, flag, value, cell);
    own[option] = value;
  }
  const carriesC = cellOf(describe(kind, { units })).states.length === 2;
  return describe(kind, {
    units,
    ...(activation !== undefined && { activation }),
    layerNorm,
    recurrentDropout,
    weightDropout,
    zoneout: { hidden: zoneout, ...(carriesC && { cell: zoneout }) },
    ...describeInitializers(values),
    ...own,
  });
}

/** A flag for cells that have an option. */
function onlyWithOption(option: string, flag: string, value: unknown, cell: string): void {
  const having = cells.filter(({ fields }) => option in fields).map(({ kind }) => kind);
  const names = having.join(', ').replace(/, (?=[^,]*$)/, ' or ');
  onlyWith(
    `--cell ${names}`,
    having.some((kind) => kind === cell),
    flag,
    value,
    cell,
  );
}

/** What the flags say about learning, when `steps` updates are made. */
export function describeTraining(
  values: TrainValues,
  steps: number,
): Omit<TrainOptions, 'data' | 'validation' | 'validateEvery' | 'checkpoint' | 'resume' | 'signal'> {
  const { k1, k2 = k1, clip, l1, l2, seed, accumulate, average, earlyStopping, workers: threads, blocks } = values;
  onlyWith('--workers', threads > 0, 'blocks', blocks, '0');
  return {
    loss: 'cross-entropy',
    truncation: { k1, k2 },
    optimizer: describeOptimizer(values, steps),
    ...(clip > 0 ? { clip: { norm: clip } } : {}),
    ...(l1 > 0 || l2 > 0 ? { regularization: { l1, l2 } } : {}),
    seed,
    steps,
    accumulate,
    ...(average === undefined ? {} : { average: { decay: average } }),
    ...(earlyStopping === undefined ? {} : { earlyStopping: { patience: earlyStopping } }),
    ...(threads > 0 ? { parallel: workers({ count: threads, ...(blocks !== undefined && { blocks }) }) } : {}),
  };
}

function describeSchedule(values: TrainValues, steps: number): LearningRate {
  const { schedule, learningRate: from, finalLearningRate, warmup: rise, plateauPatience, plateauFactor } = values;
  onlyWith('--schedule plateau', schedule === 'plateau', 'plateauPatience', plateauPatience, schedule);
  onlyWith('--schedule plateau', schedule === 'plateau', 'plateauFactor', plateauFactor, schedule);
  onlyWith('another --schedule', schedule !== 'constant', 'finalLearningRate', finalLearningRate, schedule);
  const to = finalLearningRate ?? 0;
  if (rise >= steps) {
    throw new BpttError('invalid-argument', `--warmup: expected less than the ${steps} updates, got ${rise}`);
  }
  const scheduled = (): Exclude<LearningRate, { kind: 'warmup' }> => {
    const rest = { from, to, steps: steps - rise };
    switch (schedule) {
      case 'linear':
        return from === to ? from : linear(rest);
      case 'cosine':
        return from === to ? from : cosine(rest);
      case 'one-cycle':
        return oneCycle({ max: from, steps: rest.steps, ...(finalLearningRate !== undefined && { to }) });
      case 'plateau':
        return plateau({ from, min: to, patience: plateauPatience ?? 2, factor: plateauFactor ?? 0.5 });
      case 'constant':
        return from;
    }
  };
  return rise > 0 ? warmup({ steps: rise, schedule: scheduled() }) : scheduled();
}

function describeOptimizer(values: TrainValues, steps: number): Optimizer {
  const { optimizer, momentum, weightDecay } = values;
  onlyWith('--optimizer sgd', optimizer === 'sgd', 'momentum', momentum, optimizer);
  onlyWith('--optimizer adamw', optimizer === 'adamw', 'weightDecay', weightDecay, optimizer);
  const learningRate = describeSchedule(values, steps);
  switch (optimizer) {
    case 'sgd':
      return sgd({ learningRate, ...(momentum === undefined ? {} : { momentum }) });
    case 'rmsprop':
      return rmsprop({ learningRate });
    case 'adagrad':
      return adagrad({ learningRate });
    case 'adam':
      return adam({ learningRate });
    case 'adamw':
      return adamw({ learningRate, ...(weightDecay === undefined ? {} : { weightDecay }) });
  }
}

/** A flag that another choice would ignore is an error. */
function onlyWith(needed: string, there: boolean, name: string, value: unknown, got: string | number): void {
  if (value === undefined || there) return;
  throw new BpttError('invalid-argument', `${typed(name)}: expected ${needed} with it, got ${got}`);
}
