// @ts-check
// Forecast two columns from the past of three and from what is known in advance, with intervals. `node examples/recipes/covariates.js`
// On the command line: `bptt forecast shop.csv --column ice,tea --inputs visitors --known holiday --calendar`.
import { adamw, createModel, dense, features, fit, gru } from 'bptt';
import {
  backtest,
  compareForecasts,
  coverage,
  fitPipeline,
  forecast,
  inputSize,
  outputSize,
  readHistories,
  residualIntervals,
  splitByTime,
  windows,
  withinInterval,
  writeCsv,
} from 'bptt/series';

const DAYS = 420;
const AHEAD = 7;
const noise = (/** @type {number} */ i) => ((Math.imul(i + 1, 0x9e3779b1) >>> 8) / 2 ** 23 - 1) / 2;
const holiday = (/** @type {number} */ i) => Number(i % 29 === 11);
const text = ['day,ice,tea,visitors,holiday']
  .concat(
    Array.from({ length: DAYS + AHEAD }, (_, i) => {
      const day = new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10);
      if (i >= DAYS) return `${day},,,,${holiday(i)}`; // known in advance
      const week = [3, 2, 2, 3, 5, 9, 8][i % 7] ?? 0;
      const guests = 10 * week + 60 * holiday(i) + 4 * noise(i);
      return `${day},${2 * week + 15 * holiday(i) + noise(3 * i)},${30 - week + noise(5 * i)},${guests},${holiday(i)}`;
    }),
  )
  .join('\n');

const columns = { targets: ['ice', 'tea'], inputs: ['visitors'], known: ['holiday'] };
const [shop] = readHistories(text, { ...columns, date: 'day' });
if (shop === undefined) throw new Error('no series');
const { history, coming } = shop;
const { training, validation, test } = splitByTime(history, { validation: 0.2, test: 0.2 });
const pipeline = fitPipeline(history, training, {
  ...columns,
  inputs: ['ice', 'tea', 'visitors'],
  calendar: ['weekday'],
  context: 14,
  horizon: AHEAD,
});
const model = await createModel([
  features(inputSize(pipeline)),
  gru({ units: 24, returns: 'last' }),
  dense({ units: outputSize(pipeline) }),
]);
await fit(model, {
  data: windows(history, training, pipeline, { batch: 16, shuffle: 0 }),
  validation: windows(history, validation, pipeline, { batch: 64 }),
  loss: 'mean-squared-error',
  optimizer: adamw({ learningRate: 0.01 }),
  earlyStopping: { patience: 8 },
  epochs: 30,
});

const intervals = residualIntervals(history, backtest(model, pipeline, history, validation), 0.8);
const tested = backtest(model, pipeline, history, test);
for (const [name, { model: own, lastValue, season }] of Object.entries(
  compareForecasts(history, tested, { season: 7 }),
)) {
  const interval = intervals[name];
  const held = interval === undefined ? [] : coverage(history, tested, name, interval);
  const mean = held.reduce((sum, share) => sum + share, 0) / held.length;
  const at = AHEAD - 1;
  console.log(
    `${name}, ${AHEAD} days ahead: ${own[at]?.mae.toFixed(2)}; last value ${lastValue[at]?.mae.toFixed(2)}, last week ${season?.[at]?.mae.toFixed(2)}; 80 % intervals held ${(100 * mean).toFixed(0)} %`,
  );
}
const next = forecast(model, pipeline, history, { known: coming.columns });
console.log(writeCsv(next));
if (intervals.ice && next.columns.ice)
  console.log('ice at least', [...withinInterval(intervals.ice, next.columns.ice).low].map(Math.round).join(' '));
