// Every hyperparameter of `bptt train` as a flag, under the headings of the help.
import { parseDecimal } from '../../base/decimal.ts';
import { integer, number, oneOf, string } from '../../base/fields.ts';
import { samplingFields } from '../../generation/sampling.ts';
import { activityFields } from '../../layers/activity-regularization.ts';
import { dropoutFields } from '../../layers/dropout.ts';
import { initializerFields } from '../../layers/initializers.ts';
import { cells } from '../../layers/recurrent/cells.ts';
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
import { type Flag, flag, overwriteFlag, toggle, type Values } from './flags.ts';

const count = integer({ min: 1 });
const none = integer({ min: 0 });
const fraction = number({ min: 0, exclusiveMax: 1 });
const penalty = number({ min: 0 });
const { fields: truncation } = trainFields.truncation;
const { fields: penalties } = trainFields.regularization;
const { 'one-cycle': oneCycleFields, linear: linearFields, plateau: plateauFields } = scheduleFields;

/** `auto`, or a number of them. */
export const threadsFlag: Flag<number | 'auto'> = {
  help: 'threads that compute together, with the bits of one; auto: those that a trial at the start finds faster',
  default: 'auto',
  value: 'n',
  parse: (where, text) => engineFields.threads.check(where, parseDecimal(text) ?? text),
};

/** What the network is. */
const networkFlags = {
  cell: flag('recurrent cell', oneOf(...cells.map(({ kind }) => kind)), 'elman'),
  hidden: flag('hidden units of each recurrent layer', recurrentFields.units, 256),
  layers: flag('recurrent layers', count, 1),
  embedding: flag('units of a character embedding; 0 for one-hot characters', none, 0),
  activation: flag('what the cell applies (default: what it applies in its paper)', lstmFields.activation, undefined),
  gateActivation: flag('what the gates of lstm and gru apply (default: sigmoid)', lstmFields.gateActivation, undefined),
  forgetBias: flag('first bias of the forget gate of lstm (default: 1)', lstmFields.forgetBias, undefined),
  peepholes: toggle('gates of lstm that see the cell', lstmFields.peepholes),
  gruReset: flag("where gru's reset gate stands, at the product with W (default: after)", gruFields.reset, undefined),
  layerNorm: toggle('layer normalisation in the recurrent layers', recurrentFields.layerNorm),
  residual: toggle('each recurrent layer but the first adds to what it reads'),
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
};

/** How the text is read. */
const readingFlags = {
  tokenizer: flag('what the model reads and says', oneOf('characters', 'words', 'byte-pairs'), 'characters'),
  vocabularySize: flag(
    'most words (default: 8000; others are <unk>) or byte pairs (default: 1000, of which 256 are bytes)',
    integer({ min: 2 }),
    undefined,
  ),
  k1: flag('truncated BPTT: new characters between two updates', truncation.k1, 50),
  k2: flag('truncated BPTT: the most characters a gradient goes back (default: k1)', truncation.k2, undefined),
  batch: flag('rows that read the text side by side', count, 32),
  accumulate: flag('windows whose mean gradient makes one update', trainFields.accumulate, 1),
  validation: flag('last part of the text, to validate on; 0 for none', fraction, 0.1),
  stream: toggle('read the text as training goes, as it is done with more than 32 MB; needs --steps'),
};

/** How the network learns. */
const learningFlags = {
  freeze: flag(
    'parameters that stay as they are, between commas: names as `bptt info` says them, or patterns such as rnn.*',
    string,
    undefined,
    'names',
  ),
  optimizer: flag('optimizer', oneOf('sgd', 'rmsprop', 'adagrad', 'adam', 'adamw'), 'adam'),
  learningRate: flag('learning rate of the first update; of one-cycle, the highest', oneCycleFields.max, 4e-3),
  schedule: flag(
    'how the learning rate goes from the first to the last update',
    oneOf('linear', 'cosine', 'one-cycle', 'plateau', 'constant'),
    'linear',
  ),
  finalLearningRate: flag(
    'learning rate of the last update; of plateau, the lowest (default: 0)',
    linearFields.to,
    undefined,
  ),
  warmup: flag('first updates, over which the learning rate rises to its first value', none, 0),
  plateauPatience: flag(
    'validations without a lower loss before plateau lowers the rate (default: 2)',
    plateauFields.patience,
    undefined,
  ),
  plateauFactor: flag('what plateau multiplies it by (default: 0.5)', plateauFields.factor, undefined),
  momentum: flag('momentum of sgd (default: 0)', optimizerFields.sgd.momentum, undefined),
  weightDecay: flag('decoupled weight decay of adamw (default: 0.01)', optimizerFields.adamw.weightDecay, undefined),
  l1: flag('L1 penalty on the weights', penalties.l1, 0),
  l2: flag('L2 penalty on the weights', penalties.l2, 0),
  clip: flag('longest gradient norm before it is scaled down; 0 for no clipping', penalty, 5),
  average: flag(
    'decay of a moving average of the weights: validation and the model file are of the average',
    trainFields.average.fields.decay,
    undefined,
  ),
};

/** How long, and on what. */
const runningFlags = {
  epochs: flag('times to read the text (default: as --minutes allow)', trainFields.epochs, undefined),
  steps: flag('updates to make, instead of --epochs', trainFields.steps, undefined),
  minutes: flag(
    'about how long it may take: the speed is measured at the start (default: 5 without --steps and --epochs; 2 for the embedded text)',
    number({ exclusiveMin: 0 }),
    undefined,
  ),
  earlyStopping: flag(
    'validations without a lower loss after which training stops; the model file has the best weights',
    trainFields.earlyStopping.fields.patience,
    undefined,
  ),
  metrics: flag(
    'taken with each validation, between commas: accuracy, top-5, precision, recall, f1, perplexity (of a token)',
    string,
    undefined,
    'names',
  ),
  monitor: flag('the one of --metrics that --early-stopping goes by (default: the loss)', string, undefined, 'name'),
  seed: flag('seed of the initial weights, of dropout and of the samples', trainFields.seed, 0),
  dtype: flag('numbers to compute in', engineFields.dtype, 'f32'),
  relaxed: toggle('use relaxed SIMD: faster, but not the same bits on every machine', engineFields.relaxed),
  threads: threadsFlag,
  workers: flag(
    'threads that share the rows of each batch; the bits are those of --blocks, not of their number',
    none,
    0,
  ),
  blocks: flag('blocks of rows that the threads share (default: 4 with --workers)', workersFields.blocks, undefined),
};

/** The value of --unknown that gives a model rows for what it has not learned. */
export const ADD = 'add';

/** What is written, and what a training goes on from. */
const fileFlags = {
  from: flag(
    'model file to go on from: its network is that of the training, and so is its vocabulary, with what is new in the text',
    string,
    undefined,
    'file',
  ),
  unknown: flag(
    'characters or words that the model of --from has not learned: add, which gives it rows for them and keeps the rest, error, skip, or a text that takes the place of each (default: add)',
    string,
    undefined,
  ),
  out: flag('model file to write', string, 'model.safetensors', 'file'),
  overwrite: overwriteFlag,
  report: flag('page to write with curves, samples and settings', string, undefined, 'file'),
  checkpointEvery: flag(
    'updates between two checkpoints beside the model file (default: 20 in all, at least every 1000); 0 for none',
    none,
    undefined,
  ),
  keep: flag('checkpoints that are kept', checkpointFilesFields.keep, 2),
  resume: toggle('go on from the newest checkpoint of --out, with its text and flags where no others are given'),
  restart: toggle('begin anew: remove the checkpoints of --out, and replace it'),
};

/** What is shown meanwhile. */
const progressFlags = {
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
  chart: toggle('print the loss curve at the end, as it is done on a terminal'),
  json: toggle('print one JSON event a line'),
};

/** All flags under the headings of the help. */
export const trainGroups = {
  'Network:': networkFlags,
  'Reading the text:': readingFlags,
  'Learning:': learningFlags,
  'Running:': runningFlags,
  'Files:': fileFlags,
  'Progress:': progressFlags,
};

export const trainFlags = {
  ...networkFlags,
  ...readingFlags,
  ...learningFlags,
  ...runningFlags,
  ...fileFlags,
  ...progressFlags,
};

/** What a model that a training goes on from has already. */
export const ofModelFlags: readonly string[] = [
  ...Object.keys(networkFlags),
  'tokenizer',
  'vocabularySize',
  'dtype',
  'relaxed',
  'stream',
];

/** What cannot be changed when a training goes on: what the state of the rest of it means. */
export const fixedFlags: readonly string[] = [
  ...Object.keys({ ...networkFlags, ...readingFlags }),
  ...['optimizer', 'seed', 'dtype', 'relaxed', 'blocks', 'freeze', 'from', 'unknown'],
];

export type TrainValues = Values<typeof trainFlags>;
