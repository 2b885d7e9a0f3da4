// How good a forecast is on the newest rows, from which nothing was learned or chosen, beside forecasts without a model.
import {
  backtest,
  type Comparison,
  compareForecasts,
  coverage,
  type ForecastErrors,
  type Series,
} from '../../series/index.ts';
import { rhythmOf, seasonOf } from '../../series/time-step.ts';
import type { Outcome, Part, Plan } from './learn.ts';
import { SURE } from './shrink.ts';

/** Of one target of one series. */
export interface Measured extends ForecastErrors, Comparison {
  /** Rows from which forecasts were made. */
  readonly forecasts: number;
  /** Rows of the season of the seasonal forecast. */
  readonly seasonRows: number | undefined;
  /** The share of values that the interval held, 1, 2, … rows ahead. */
  readonly coverage: readonly number[] | undefined;
}

/** By series, by target. */
export type Measurements = Readonly<Record<string, Readonly<Record<string, Measured>>>>;

export function measure(outcome: Outcome, parts: readonly Part[], plan: Plan): Measurements {
  const { steps, values } = plan;
  const all = parts.map(({ history: { name, history }, split }) => {
    const { pipeline, intervals } = outcome.series[name]!;
    const tested = backtest(outcome.model, pipeline, history, split.test, { steps });
    const seasonRows = values.season ?? seasonIn(history, split.training.to);
    const compared = compareForecasts(history, tested, seasonRows === undefined ? {} : { season: seasonRows });
    const targets = Object.entries(compared).map(([target, comparison]) => {
      const interval = intervals[target];
      const measured: Measured = {
        ...tested.errors[target]!,
        ...comparison,
        forecasts: tested.rows.length,
        seasonRows,
        coverage: interval && coverage(history, tested, target, interval),
      };
      return [target, measured] as const;
    });
    return [name, Object.fromEntries(targets)] as const;
  });
  return Object.fromEntries(all);
}

/** The season of the calendar, where enough rows are there to have seen it twice. */
function seasonIn({ times }: Series, rows: number): number | undefined {
  const rhythm = times && rhythmOf(times);
  const season = rhythm && seasonOf(rhythm.step);
  return season !== undefined && rows >= 2 * season ? season : undefined;
}

/** Of errors at each distance, the mean over all. */
export const meanOf = (errors: readonly { readonly mae: number }[]) =>
  errors.reduce((sum, { mae }) => sum + mae, 0) / errors.length;

/** What is to be said of a model that is hardly better than no model; undefined where it is clearly better. */
export function verdictOn({ model, lastValue, advantage }: Measured): string | undefined {
  if (advantage >= SURE) return undefined;
  const [own, naive] = [model, lastValue].map((errors) => meanOf(errors).toPrecision(4));
  const figures = `mean absolute error ${own}, that of the last value ${naive}`;
  if (advantage <= 0) return `The model is no better than repeating the last value: ${figures}.`;
  return `The model is hardly better than repeating the last value, which may be chance: ${figures}.`;
}
