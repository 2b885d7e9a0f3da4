// A pipeline in the metadata of a model file, so that a model that is loaded can forecast the next file.
import { checkFields, type Field, withDefault } from '../base/fields.ts';
import { readEntry } from '../base/metadata-entry.ts';
import { type CsvOptions, checkCsvOptions } from './csv.ts';
import { type Pipeline, pipelineOf } from './pipeline.ts';

const fields = {
  pipeline: { check: pipelineOf },
  csv: withDefault<Field<ReturnType<typeof checkCsvOptions>>>({ check: checkCsvOptions }, () =>
    checkCsvOptions('csv', {}),
  ),
};

/** What a model needs to forecast from a file. */
export interface Forecaster {
  /** From a series to what the model reads and gives, and back. */
  readonly pipeline: Pipeline;
  /** How its files are read. Default: as `readCsv` reads them by default. */
  readonly csv?: CsvOptions;
}

/** The name of the entry. @internal */
export const SERIES = 'series';

/**
 * An entry for `metadata` of `serialize` and `saveModel`.
 *
 * @example
 * await saveModel(model, 'births.safetensors', { metadata: seriesMetadata({ pipeline, csv }) });
 * const file = await loadModel('births.safetensors');
 * const loaded = readSeriesMetadata(file.metadata);
 * const next = forecast(file.model, loaded.pipeline, readCsv(text, loaded.csv), { steps: 7 });
 */
export function seriesMetadata(forecaster: Forecaster): Readonly<Record<string, string>> {
  return { [SERIES]: JSON.stringify(checkFields('seriesMetadata', forecaster, fields)) };
}

/**
 * What `seriesMetadata` kept.
 *
 * @throws BpttError `bad-file` when there is none, or it is damaged.
 *
 * @example
 * const { model: loaded, metadata } = await deserialize(serialize(model, { metadata: seriesMetadata({ pipeline }) }));
 * const { pipeline: kept, csv } = readSeriesMetadata(metadata);
 * forecast(loaded, kept, births, { steps: 7 });
 */
export function readSeriesMetadata(metadata: Readonly<Record<string, string>>): Required<Forecaster> {
  return readEntry('readSeriesMetadata(metadata)', metadata, { name: SERIES, of: 'forecasts' }, (value) =>
    checkFields('forecaster', value, fields),
  );
}
