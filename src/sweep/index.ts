// `import { createStudy, float, int, choice, tpe, median } from 'bptt/sweep'`: many trainings, and which of them is the best.
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
