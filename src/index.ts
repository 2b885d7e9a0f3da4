// The public exports.
export type { Batch, Input } from './batch.ts';
export type { EarlyStopping } from './best-so-far.ts';
export { backpropagate, type Objective, type Truncation, type WindowResult } from './bptt.ts';
export { type CheckGradientsOptions, checkGradients, type GradientError } from './check-gradients.ts';
export { type TextStream, type TextStreamOptions, textStream } from './data.ts';
export type { Data, Dataset } from './dataset.ts';
export { BpttError, type BpttErrorCode, NonFiniteError } from './errors.ts';
export { type EvaluateOptions, type Evaluation, evaluate } from './evaluate.ts';
export { type FitData, type FitOptions, type FitResult, fit } from './fit.ts';
export type { GeneratedToken } from './generation/decoder.ts';
export { type Finish, type GenerateOptions, type Generation, generate } from './generation/generate.ts';
export type { SamplingOptions } from './generation/sampling.ts';
export type { StopSequences } from './generation/stop.ts';
export type { Parallel } from './gradient-source.ts';
export type { Clip, Regularization, UpdateOptions } from './gradient-step.ts';
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
} from './initializers.ts';
export {
  type ActivityRegularizationDescription,
  type ActivityRegularizationOptions,
  activityRegularization,
} from './layers/activity-regularization.ts';
export {
  type BidirectionalDescription,
  type BidirectionalOptions,
  bidirectional,
  type DirectedDescription,
} from './layers/bidirectional.ts';
export { type DenseDescription, type DenseOptions, dense } from './layers/dense.ts';
export { type DropoutDescription, type DropoutOptions, dropout } from './layers/dropout.ts';
export { type ElmanDescription, type ElmanOptions, elman } from './layers/elman.ts';
export { type EmbeddingDescription, type EmbeddingOptions, embedding } from './layers/embedding.ts';
export { type GruDescription, type GruOptions, gru } from './layers/gru.ts';
export {
  type FeaturesDescription,
  features,
  type InputDescription,
  type TokensDescription,
  tokens,
} from './layers/inputs.ts';
export { type LstmDescription, type LstmOptions, lstm } from './layers/lstm.ts';
export type {
  Activation,
  GateActivation,
  RecurrentDescription,
  RecurrentOptions,
  Zoneout,
} from './layers/recurrent-options.ts';
export type { LayerDescription, ModelDescription } from './layers/registry.ts';
export { type ResidualDescription, residual } from './layers/residual.ts';
export { type LearningRateRange, type LearningRateRangeOptions, learningRateRange } from './learning-rate-range.ts';
export type { LossName, Reduction } from './losses.ts';
export {
  createModel,
  type ForwardResult,
  type Model,
  type ModelOptions,
} from './model.ts';
export { deserialize, type ModelFile, type SerializeOptions, serialize } from './model-file.ts';
export type { EngineOptions } from './network.ts';
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
} from './optimizers.ts';
export type { Parameter } from './parameter-block.ts';
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
} from './schedules.ts';
export { type Sequence, type SequencesOptions, sequences } from './sequences.ts';
export type { State } from './state.ts';
export { type CharactersOptions, characters, split, Vocabulary, type VocabularyDescription } from './text.ts';
export { train } from './train.ts';
export type {
  CheckpointEvent,
  CheckpointOptions,
  EndEvent,
  StepEvent,
  TrainEvent,
  TrainOptions,
  ValidationEvent,
} from './train-options.ts';
export type { Reals } from './wasm/arena.ts';
export type { Dtype } from './wasm/kernels.ts';
export type { KernelSource } from './wasm/load.ts';
export type { AverageOptions } from './weight-average.ts';
