// Number series: `import { readCsv, fitPipeline, windows, forecast } from 'bptt/series'`. From CSV text to batches, and from a
// model's outputs to forecasts in the units of the series. Needs no file system.
export type { CalendarFeature } from './calendar.ts';
export {
  type CompareOptions,
  type Comparison,
  compareForecasts,
  coverage,
  type ErrorsAhead,
  type Interval,
  residualIntervals,
  withinInterval,
} from './compare.ts';
export { type CsvOptions, type DateColumns, type Missing, readCsv, writeCsv } from './csv.ts';
export { type DetectOptions, detectCsv } from './detect.ts';
export {
  type Backtest,
  type BacktestOptions,
  backtest,
  type ForecastErrors,
  type ForecastOptions,
  forecast,
} from './forecast.ts';
export { type HistoriesOptions, type History, readHistories } from './histories.ts';
export { type Forecaster, readSeriesMetadata, seriesMetadata } from './metadata.ts';
export {
  fitPipeline,
  inputSize,
  outputSize,
  type Pipeline,
  type PipelineOptions,
  pipelineFromJSON,
} from './pipeline.ts';
export { type Normalization, type Scaling, scale, unscale } from './scaling.ts';
export {
  type Series,
  type SeriesOptions,
  type Span,
  type Split,
  type SplitOptions,
  series,
  slice,
  splitByTime,
} from './series.ts';
export { type SeriesBatches, type SeriesStreamOptions, seriesStream, type WindowsOptions, windows } from './windows.ts';
