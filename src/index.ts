// What most programs need: models and their layers, training, optimizers, generation, models as bytes.

export type { Dtype } from './base/dtype.ts';
export { BpttError, type BpttErrorCode, NonFiniteError } from './base/errors.ts';
export { backpropagate, type WindowResult } from './bptt/backpropagation.ts';
export { type CheckGradientsOptions, checkGradients, type GradientError } from './bptt/check-gradients.ts';
export type { Parallel } from './bptt/gradient-source.ts';
export type { Objective, Truncation } from './bptt/objective.ts';
export type { Batch, ByName, GraphBatch, GraphInput, Input, LabelBatch, Labels, Values } from './data/batch.ts';
export type { Data, Dataset } from './data/dataset.ts';
export { type Sequence, type SequencesOptions, sequences } from './data/sequences.ts';
export { split } from './data/split.ts';
export { type TextStream, type TextStreamOptions, textStream } from './data/text-stream.ts';
export type { GeneratedToken } from './generation/decoder.ts';
export { type Finish, type GenerateOptions, type Generation, generate } from './generation/generate.ts';
export type { SamplingOptions } from './generation/sampling.ts';
export type { StopSequences } from './generation/stop.ts';
export { activation } from './layers/activation.ts';
export {
  type ActivityRegularizationDescription,
  type ActivityRegularizationOptions,
  activityRegularization,
} from './layers/activity-regularization.ts';
export { type AddDescription, add } from './layers/add.ts';
export type { AttentionDescription, AttentionOptions, AttentionScore } from './layers/attention.ts';
export { attention } from './layers/attention.ts';
export { average } from './layers/average.ts';
export { batchNormalization } from './layers/batch-normalization.ts';
export { type ConcatDescription, concat } from './layers/concat.ts';
export { conv1d, conv2d } from './layers/convolution.ts';
export { type DenseDescription, type DenseOptions, dense } from './layers/dense.ts';
export type { EntryOptions, LayerFunction, StartOptions } from './layers/describe.ts';
export { type DropoutDescription, type DropoutOptions, dropout } from './layers/dropout.ts';
export { type EmbeddingDescription, type EmbeddingOptions, embedding } from './layers/embedding.ts';
export { flatten } from './layers/flatten.ts';
export { groupNormalization } from './layers/group-normalization.ts';
export { type ImageOptions, image } from './layers/image.ts';
export {
  chrono,
  constant,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  identity,
  keras,
  normal,
  orthogonal,
  pytorch,
  uniform,
  zeros,
} from './layers/initializers.ts';
export {
  type FeaturesDescription,
  features,
  type InputDescription,
  type TokensDescription,
  tokens,
} from './layers/inputs.ts';
export { type LastDescription, last } from './layers/last.ts';
export type {
  Conv1dDescription,
  Conv1dOptions,
  Conv2dDescription,
  Conv2dOptions,
  Padding1d,
  Padding2d,
  Pair,
} from './layers/later/convolution-fields.ts';
export type { GroupNormalizationDescription, GroupNormalizationOptions } from './layers/later/group-normalization.ts';
export type { PoolDescription, PoolOptions } from './layers/later/pooling-fields.ts';
export { multiply } from './layers/multiply.ts';
export { averagePool, maxPool } from './layers/pooling.ts';
export {
  type BidirectionalDescription,
  type BidirectionalOptions,
  bidirectional,
} from './layers/recurrent/bidirectional.ts';
export type { DirectedDescription } from './layers/recurrent/cells.ts';
export { type ElmanDescription, type ElmanOptions, elman } from './layers/recurrent/elman.ts';
export { type GruDescription, type GruOptions, gru } from './layers/recurrent/gru.ts';
export { type IndrnnDescription, type IndrnnOptions, indrnn } from './layers/recurrent/indrnn.ts';
export { type LstmDescription, type LstmOptions, lstm } from './layers/recurrent/lstm.ts';
export type {
  Activation,
  GateActivation,
  RecurrentDescription,
  RecurrentOptions,
  Zoneout,
} from './layers/recurrent/options.ts';
export type { JoiningDescription, LayerDescription, ModelDescription, OwnDescription } from './layers/registry.ts';
export { type RepeatDescription, type RepeatOptions, repeat } from './layers/repeat.ts';
export { type ResidualDescription, residual } from './layers/residual.ts';
export { type EvaluateData, type EvaluateOptions, type Evaluation, evaluate } from './loss/evaluate.ts';
export type { LossName, Reduction } from './loss/losses.ts';
export type { LossOption, LossResult, OutputResult, WeightedLoss } from './loss/output-losses.ts';
export type { Regularization } from './loss/weight-penalties.ts';
export { createModel, type ForwardResult, type Model, type ModelOptions } from './model/model.ts';
export {
  type DeserializeOptions,
  deserialize,
  type ModelFile,
  type SerializeOptions,
  serialize,
} from './model/model-file.ts';
export type { EngineOptions } from './model/network.ts';
export type { Parameter } from './model/parameters.ts';
export type { State } from './model/state.ts';
export { deserializeState, serializeState } from './model/state-file.ts';
export { type CharactersOptions, characters, Vocabulary, type VocabularyDescription } from './tokenizers/characters.ts';
export type { EarlyStopping } from './training/early-stopping.ts';
export type { CheckpointEvent, EndEvent, StepEvent, TrainEvent, ValidationEvent } from './training/events.ts';
export { type FitData, type FitOptions, type FitResult, fit } from './training/fit.ts';
export type { ParameterGroup } from './training/groups.ts';
export {
  type LearningRateRange,
  type LearningRateRangeOptions,
  learningRateRange,
} from './training/learning-rate-range.ts';
export {
  type AdagradOptions,
  type AdamOptions,
  type AdamwOptions,
  adagrad,
  adam,
  adamw,
  type Optimizer,
  type RmspropOptions,
  rmsprop,
  type SgdOptions,
  sgd,
} from './training/optimizers.ts';
export type { AverageOptions, CheckpointOptions, TrainOptions } from './training/options.ts';
export {
  type CosineSchedule,
  cosine,
  type ExponentialSchedule,
  exponential,
  type LearningRate,
  type LinearSchedule,
  linear,
  type OneCycleSchedule,
  oneCycle,
  type PlateauSchedule,
  plateau,
  type Schedule,
  type StepSchedule,
  steps,
  type WarmupSchedule,
  warmup,
} from './training/schedules.ts';
export { train } from './training/train.ts';
export type { Clip, UpdateOptions } from './training/update.ts';
export type { Reals } from './wasm/arena.ts';
export type { KernelSource } from './wasm/load.ts';
