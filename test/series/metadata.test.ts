// A pipeline in a model's file.
import { describe, expect, test } from 'vitest';
import { createModel, dense, deserialize, features, gru, serialize } from '../../src/index.ts';
import {
  fitPipeline,
  forecast,
  readCsv,
  readSeriesMetadata,
  seriesMetadata,
  writeCsv,
} from '../../src/series/index.ts';
import { codeOf } from '../support/error-code.ts';
import { irregular } from '../support/series.ts';

describe('seriesMetadata', () => {
  const pipeline = fitPipeline(irregular(30), { from: 0, to: 20 }, { targets: ['x'], lags: [2] });
  const csv = { columns: ['x'], date: 'date', delimiter: ';' };

  test('comes back the same', () => {
    expect(readSeriesMetadata(seriesMetadata({ pipeline, csv }))).toMatchObject({ pipeline, csv });
    expect(readSeriesMetadata(seriesMetadata({ pipeline }))).toMatchObject({
      pipeline,
      csv: { header: true, decimal: '.', missing: 'error' },
    });
  });

  test('lets a model that was saved forecast the next file', async () => {
    const model = await createModel([features(2), gru({ units: 4 }), dense({ units: 1 })]);
    const file = await deserialize(serialize(model, { metadata: seriesMetadata({ pipeline, csv }) }));
    const loaded = readSeriesMetadata(file.metadata);
    const history = readCsv(writeCsv(irregular(30)).replaceAll(',', ';'), loaded.csv);
    const next = forecast(file.model, loaded.pipeline, history, { steps: 3 });
    expect(next).toEqual(forecast(model, pipeline, irregular(30), { steps: 3 }));
  });

  test.each([
    [{ vocabulary: '{}' }, 'expected the entry "series" of a model that forecasts, got "vocabulary"'],
    [{}, 'got none'],
    [{ series: '{' }, 'expected JSON'],
    [{ series: '{"pipeline":{"kind":"x"},"csv":{}}' }, 'metadata entry "series": forecaster.pipeline.kind'],
    [{ series: JSON.stringify({ pipeline, csv: { delimiter: '' } }) }, 'csv.delimiter'],
  ])('refuses %j', (metadata, message) => {
    expect(() => readSeriesMetadata(metadata as never)).toThrow(message);
    expect(codeOf(() => readSeriesMetadata(metadata as never))).toBe('bad-file');
  });
});
