// What comes out of a model, and how good it is: `import { accuracy, predict } from 'bptt/metrics'`.
export type { Metric } from '../loss/metric.ts';
export { type AccuracyOptions, accuracy, type ClassMetricOptions, f1, precision, recall } from './classes.ts';
export { type ConfusionMatrix, type ConfusionOptions, confusionMatrix } from './confusion.ts';
export {
  type LabelErrorRateOptions,
  labelErrorRate,
  type WordErrorRateOptions,
  wordErrorRate,
} from './labels.ts';
export { meanAbsoluteError, type NumberMetricOptions, rSquared } from './numbers.ts';
export { type PerplexityMetricOptions, perplexity } from './perplexity.ts';
export { type Prediction, type PredictOptions, predict } from './predict.ts';
