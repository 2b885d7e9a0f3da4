// What the flags of `bptt train` mean for the library.
import { BpttError } from '../../base/errors.ts';
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
import { describe } from '../../layers/describe.ts';
import { cellKindOf, cellOf, cells } from '../../layers/recurrent/cells.ts';
import { typed } from './flags.ts';
import { metricsOf, PERPLEXITY } from './metrics.ts';
import { parallelOf } from './threads.ts';
import { type TrainValues, trainFlags } from './train-flags.ts';

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
  const { k1, k2 = k1, clip, l1, l2, seed, accumulate, average, earlyStopping, workers, blocks } = values;
  onlyWith('--workers', workers > 0, 'blocks', blocks, '0');
  const { taken } = metricsOf('--metrics', values.metrics);
  const watched = watchedBy(values);
  return {
    loss: 'cross-entropy',
    truncation: { k1, k2 },
    optimizer: describeOptimizer(values, steps),
    ...(clip > 0 ? { clip: { norm: clip } } : {}),
    ...(l1 > 0 || l2 > 0 ? { regularization: { l1, l2 } } : {}),
    ...(values.freeze !== undefined && {
      groups: [{ match: values.freeze.split(',').map((name) => name.trim()), frozen: true }],
    }),
    seed,
    steps,
    accumulate,
    ...(average === undefined ? {} : { average: { decay: average } }),
    ...(taken.length > 0 && { metrics: taken }),
    ...(earlyStopping === undefined
      ? {}
      : { earlyStopping: { patience: earlyStopping, ...(watched !== undefined && { monitor: watched }) } }),
    ...parallelOf(values),
  };
}

/** The metric that early stopping goes by; undefined for the loss, with which perplexity goes. */
function watchedBy({ metrics, monitor, earlyStopping }: TrainValues): string | undefined {
  onlyWith('--early-stopping', earlyStopping !== undefined, 'monitor', monitor, 'none');
  const names = metrics?.split(',').map((name) => name.trim()) ?? [];
  onlyWith(
    'it among --metrics',
    monitor === undefined || names.includes(monitor),
    'monitor',
    monitor,
    metrics ?? 'none',
  );
  return monitor === PERPLEXITY ? undefined : monitor;
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
