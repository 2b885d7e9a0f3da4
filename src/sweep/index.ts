// `import { createStudy, float, int, choice, tpe, median } from 'bptt/sweep'`: many trainings, and which of them is the best.

export type { TrialFitOptions, TrialOptions } from './plan.ts';
export {
  type HyperbandOptions,
  hyperband,
  type MedianOptions,
  median,
  type PercentileOptions,
  type Pruner,
  percentile,
  type SuccessiveHalvingOptions,
  successiveHalving,
} from './pruners/index.ts';
export type { QueueControl, QueuedTrial, TrialQueue } from './queue.ts';
export type { Direction, GivenResult, Report, TrialResult } from './result.ts';
export { type GridOptions, grid, quasiRandom, random, type Sampler, type TpeOptions, tpe } from './samplers/index.ts';
export {
  type ChoiceOptions,
  type ChoiceParameter,
  type Condition,
  choice,
  type FloatOptions,
  type FloatParameter,
  float,
  type IntOptions,
  type IntParameter,
  int,
  type Parameter,
  type Parameters,
  type ParameterValue,
  type SearchSpace,
} from './space.ts';
export { type CheckpointStore, memoryStore } from './store.ts';
export { type QueuedTrialOptions, type StoredSweep, type StoredSweepOptions, storedSweep } from './stored-sweep.ts';
export {
  type AskedTrial,
  createStudy,
  type ObjectiveOptions,
  type Outcome,
  type Study,
  type StudyData,
  type StudyOptions,
  studyFromJson,
} from './study.ts';
export { type SweepEvent, type SweepOptions, type SweepResult, sweep } from './sweep.ts';
export type { KeptResult } from './trial-record.ts';
export type { Worker } from './worker.ts';
