// What a model that forecasts keeps in its file: how its files are read, the pipeline of each series, and how wrong it was.
import { show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { checkFields, type Field, integer, list, named, number, object, optional, string } from '../../base/fields.ts';
import { readEntry } from '../../base/metadata-entry.ts';
import type { Model } from '../../model/model.ts';
import { intervalOf } from '../../series/compare.ts';
import { checkCsvOptions } from '../../series/csv.ts';
import { type History, type Interval, type Pipeline, readSeriesMetadata, seriesMetadata } from '../../series/index.ts';
import { SERIES } from '../../series/metadata.ts';
import { pipelineOf } from '../../series/pipeline.ts';
import { type Reading, readSeries } from './read.ts';

/** The name of the entry in the metadata. */
const FORECAST = 'forecast';

/** One series that was learned. */
export interface Learned {
  readonly pipeline: Pipeline;
  /** Of each target; none where they were not measured. */
  readonly intervals: Readonly<Record<string, Interval>>;
}

/** A model and what it needs to go on from a file. */
export interface Forecaster {
  readonly model: Model;
  readonly reading: Reading;
  /** Share of values that the intervals hold. */
  readonly interval: number;
  /** By the names of the series; of one alone, empty. */
  readonly series: Readonly<Record<string, Learned>>;
}

const reading: Field<Reading> = {
  check(where, value) {
    const { targets, inputs, known, series, ...csv } = value as Reading;
    const columns = checkFields(
      where,
      { targets, inputs, known, series },
      {
        targets: list(string, 'names'),
        inputs: optional(list(string, 'names')),
        known: optional(list(string, 'names')),
        series: optional(string),
      },
    );
    return { ...checkCsvOptions(where, csv), ...columns };
  },
};

const fields = {
  reading,
  interval: number({ min: 0, exclusiveMax: 1 }),
  series: named(object({ pipeline: { check: pipelineOf }, intervals: named<Interval>(intervalOf) })),
  version: integer({ min: 1, max: 1 }),
};

/** For `metadata` of `serialize`. */
export function keptMetadata({ reading, interval, series }: Forecaster): Readonly<Record<string, string>> {
  const { targets, inputs, known, series: _, ...csv } = reading;
  const [first] = Object.values(series);
  return {
    // What programs read that use the library.
    ...seriesMetadata({
      pipeline: first!.pipeline,
      csv: { ...csv, columns: [...new Set([...targets, ...(inputs ?? []), ...(known ?? [])])] },
    }),
    [FORECAST]: JSON.stringify({ version: 1, reading, interval, series }),
  };
}

/** Whether a model file is of one that forecasts. */
export const isForecaster = (metadata: Readonly<Record<string, string>>): boolean =>
  metadata[FORECAST] !== undefined || metadata[SERIES] !== undefined;

/**
 * The series of a file, as the model of another reads them.
 *
 * @throws BpttError as `readSeries` does, and for a series that was not learned.
 */
export function historiesOf(
  path: string,
  text: string,
  modelPath: string,
  { reading, series }: Forecaster,
  missing = reading.missing,
): readonly History[] {
  const histories = readSeries(path, text, { ...reading, ...(missing !== undefined && { missing }) });
  const stranger = histories.find(({ name }) => !Object.hasOwn(series, name));
  if (stranger === undefined) return histories;
  const known = Object.keys(series).map(show).join(', ');
  throw new BpttError(
    'bad-file',
    `${path}: expected the series that ${modelPath} learned, ${known}, got ${show(stranger.name)}`,
  );
}

/** What `keptMetadata` kept, or what a program of one's own did with `seriesMetadata`. */
export function readKept(model: Model, metadata: Readonly<Record<string, string>>): Forecaster {
  if (metadata[FORECAST] === undefined) {
    const { pipeline, csv } = readSeriesMetadata(metadata);
    const { columns: _, ignore: __, ...rest } = csv;
    const { targets, inputs, known } = pipeline;
    return {
      model,
      reading: { ...rest, targets, inputs, known },
      interval: 0,
      series: { '': { pipeline, intervals: {} } },
    };
  }
  return readEntry('metadata', metadata, { name: FORECAST, of: 'forecasts' }, (value) => {
    const { reading, interval, series } = checkFields('forecaster', value, fields);
    return { model, reading, interval, series };
  });
}
