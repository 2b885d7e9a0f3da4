// Learning a forecast: the oldest rows are learned, the next choose what is learned of them and how wide intervals are, the newest measure it all.
import { show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { permutation } from '../../base/philox.ts';
import { adamw, type Batch, dense, features, fit, linear, zeros } from '../../index.ts';
import { describe } from '../../layers/describe.ts';
import { cellKindOf } from '../../layers/recurrent/cells.ts';
import type { Model } from '../../model/model.ts';
import {
  type Backtest,
  backtest,
  fitPipeline,
  type History,
  inputSize,
  outputSize,
  type Pipeline,
  type PipelineOptions,
  residualIntervals,
  type Series,
  type SeriesBatches,
  type Split,
  windows,
} from '../../series/index.ts';
import type { ForecastValues } from '../flags/forecast-flags.ts';
import { createLarge } from '../io/create-large.ts';
import { renamedError } from '../io/renamed-error.ts';
import type { Forecaster } from './kept.ts';
import type { Reading } from './read.ts';
import { believable, shrinkChanges } from './shrink.ts';

const BATCH = 32;
/** Rows that are predicted at once, at most: each reads the calendar and what is known of all of them. */
const HORIZON = 24;
const CONTEXT = 28;
const levels = ['values', 'differences', 'relative'] as const;
export type Levels = (typeof levels)[number];

/** What a training is made of, with all defaults. */
export interface Plan {
  readonly steps: number;
  readonly horizon: number;
  readonly context: number;
  readonly lag: number | undefined;
  readonly shares: { readonly validation: number; readonly test: number };
  readonly interval: number;
  readonly values: ForecastValues;
}

/** A series with its parts. */
export interface Part {
  readonly history: History;
  readonly split: Split;
}

/** A model that was tried. */
interface Candidate {
  readonly levels: Levels;
  readonly model: Model;
  readonly pipelines: readonly Pipeline[];
  /** Of each series, on the rows that choose; none where there are none. */
  readonly tried: readonly Backtest[] | undefined;
  /** Of each target what part of the changes that were learned is forecast. */
  readonly believed: readonly number[];
  /** The mean absolute error on them, in parts of that of repeating the last value one row ahead. */
  readonly error: number;
}

export interface Outcome extends Forecaster {
  readonly levels: Levels;
  /** What part of the changes that the model learned of a target it forecasts: what is best on the rows that choose. */
  readonly believed: Readonly<Record<string, number>>;
  /** Errors of all that were tried, by what they learned. */
  readonly errors: Readonly<Record<string, number>>;
}

/** The flags with their defaults, which depend on how many rows there are. */
export function planOf(values: ForecastValues, reading: Reading, histories: readonly History[]): Plan {
  const { steps, lag, validation, test, interval = 0.8 } = values;
  const outside = (reading.inputs ?? []).some((name) => !reading.targets.includes(name));
  const horizon = values.horizon ?? (outside ? steps : Math.min(steps, HORIZON));
  if (outside && steps > horizon) {
    throw new BpttError(
      'invalid-argument',
      `--horizon: expected at least ${steps}, for all of --steps, since --inputs reads what is not forecast, got ${horizon}`,
    );
  }
  if (lag !== undefined && lag < horizon) {
    throw new BpttError('invalid-argument', `--lag: expected at least the ${horizon} rows of --horizon, got ${lag}`);
  }
  const rows = Math.min(...histories.map(({ history }) => history.length));
  // Each part has room for what is predicted.
  const room = Math.ceil(steps / horizon) * horizon;
  const least = (share: number) => Math.max(share, Math.min(0.4, (room + 1) / rows));
  const shares = { validation: validation ?? least(0.16), test: test ?? least(0.2) };
  const learned = rows - Math.ceil(rows * shares.test) - Math.ceil(rows * shares.validation);
  const free = learned - (lag ?? 1) - horizon;
  const context = values.context ?? Math.max(1, Math.min(CONTEXT, Math.floor(free / 4)));
  if (shares.validation === 0 && values.levels === 'auto') {
    throw new BpttError('invalid-argument', '--levels: expected --validation above 0 to choose by, got 0');
  }
  return { steps, horizon, context, lag, shares, interval, values };
}

/** The parts of each series; errors say what would need fewer rows. */
export function split(path: string, { history, name }: History, plan: Plan): Split {
  const { steps, horizon, context, lag, shares } = plan;
  const rows = history.length;
  const cut = (share: number) => Math.ceil(share * rows * (1 - 2 ** -50));
  const test = rows - cut(shares.test);
  const validation = test - cut(shares.validation);
  const of = name === '' ? path : `${path}, series ${show(name)}`;
  const room = Math.ceil(steps / horizon) * horizon;
  const least = Math.max((lag ?? 1) - 1 + context, 2) + horizon;
  if (validation < least) {
    const why = `for --context ${context}, ${horizon} to predict${lag === undefined ? '' : ` and --lag ${lag}`}`;
    throw new BpttError(
      'bad-file',
      `${of}: expected at least ${least} rows to learn from, ${why}, got ${Math.max(0, validation)} of ${rows} (--test ${said(shares.test)}, --validation ${said(shares.validation)}); less --context, --steps, --test or --validation needs fewer`,
    );
  }
  for (const [name, share, part] of [
    ['validation', shares.validation, test - validation],
    ['test', shares.test, rows - test],
  ] as const) {
    if (share === 0 || part >= room) continue;
    throw new BpttError(
      'bad-file',
      `${of}: expected at least ${room} rows in --${name} ${said(share)}, to measure --steps ${steps}, got ${part}; less --steps or a larger --${name} does`,
    );
  }
  return {
    training: { from: 0, to: validation },
    validation: { from: validation, to: test },
    test: { from: test, to: rows },
  };
}

const said = (share: number) => String(Number(share.toPrecision(3)));

/** Learns from the parts, and keeps what is best on those that choose. `tryFirst` gets a model that has learned nothing yet. */
export async function learn(
  path: string,
  parts: readonly Part[],
  reading: Reading,
  plan: Plan,
  tryFirst: (untrained: Forecaster) => void,
): Promise<Outcome> {
  const { values, shares, interval } = plan;
  const asked = values.levels ?? 'auto';
  const choices =
    asked !== 'auto' ? [asked] : shares.validation === 0 ? (['values'] as const) : choicesOf(parts, reading);
  const candidates: Candidate[] = [];
  for (const levels of choices) candidates.push(await tryOut(path, levels, parts, reading, plan, tryFirst));
  const best = candidates.reduce((a, b) => (b.error < a.error ? b : a));
  const relative = best.levels === 'relative' ? reading.targets : [];
  const series = parts.map(({ history }, index) => {
    const tried = interval === 0 ? undefined : best.tried?.[index];
    const intervals = tried === undefined ? {} : residualIntervals(history.history, tried, interval, relative);
    return [history.name, { pipeline: best.pipelines[index]!, intervals }] as const;
  });
  return {
    model: best.model,
    reading,
    interval: best.tried === undefined ? 0 : interval,
    series: Object.fromEntries(series),
    levels: best.levels,
    believed: Object.fromEntries(reading.targets.map((target, index) => [target, best.believed[index]!])),
    errors: Object.fromEntries(candidates.map(({ levels, error }) => [levels, error])),
  };
}

/** Relative levels are for what is above 0. */
function choicesOf(parts: readonly Part[], { targets }: Reading): readonly Levels[] {
  const positive = parts.every(({ history }) =>
    targets.every((name) => history.history.columns[name]!.every((value) => value > 0)),
  );
  return positive ? levels : ['values', 'differences'];
}

async function tryOut(
  path: string,
  levels: Levels,
  parts: readonly Part[],
  reading: Reading,
  plan: Plan,
  tryFirst: (untrained: Forecaster) => void,
): Promise<Candidate> {
  const { values, horizon, context, lag, shares } = plan;
  const { cell = 'gru', hidden: units = 32, layers = 1, epochs = 30, learningRate = 5e-3, seed = 0 } = values;
  const { targets, inputs = [], known = [] } = reading;
  const options: PipelineOptions = {
    targets,
    inputs: [...new Set([...targets, ...inputs])],
    known,
    calendar: values.calendar ? calendarOf(parts) : [],
    lags: lag === undefined ? [] : [lag],
    horizon,
    context,
    difference: levels === 'values' ? 0 : 1,
    relative: levels === 'relative' ? targets : [],
  };
  const pipelines = parts.map((part) => fitTo(path, part, options));
  const shape = pipelines[0]!;
  const kind = cellKindOf({ kind: cell })!;
  const recurrent = Array.from({ length: layers }, (_, index) =>
    describe(kind, { units, returns: index === layers - 1 ? 'last' : 'all' }),
  );
  const description = [
    features(inputSize(shape)),
    ...recurrent,
    dense({ units: outputSize(shape), weightInitializer: zeros() }),
  ] as const;
  const model = await createLarge(description, { seed });
  const untrained = parts.map(({ history }, index) => [history.name, { pipeline: pipelines[index]!, intervals: {} }]);
  tryFirst({ model, reading, interval: 0, series: Object.fromEntries(untrained) });
  const batches = (which: 'training' | 'validation', shuffle?: number) =>
    together(
      parts.map(({ history, split }, index) =>
        windows(history.history, split[which], pipelines[index]!, {
          batch: BATCH,
          ...(shuffle !== undefined && { shuffle }),
        }),
      ),
      shuffle,
    );
  const data = batches('training', seed);
  await fit(model, {
    data,
    loss: 'mean-squared-error',
    optimizer: adamw({ learningRate: linear({ from: learningRate, steps: epochs * data.count }) }),
    clip: { norm: 1 },
    epochs,
    ...(shares.validation > 0 && { validation: batches('validation'), earlyStopping: { patience: epochs } }),
  });
  return chosenOn(parts, { levels, model, pipelines }, plan);
}

/** What was learned, measured on the rows that choose, with as much of the changes as is best there. */
function chosenOn(
  parts: readonly Part[],
  learned: Pick<Candidate, 'levels' | 'model' | 'pipelines'>,
  { steps, shares }: Plan,
): Candidate {
  const { levels, model, pipelines } = learned;
  const { targets } = pipelines[0]!;
  const all = { ...learned, believed: targets.map(() => 1) };
  if (shares.validation === 0) return { ...all, tried: undefined, error: 0 };
  const measure = () =>
    parts.map(({ history, split }, index) =>
      backtest(model, pipelines[index]!, history.history, split.validation, { steps }),
    );
  const tried = measure();
  if (levels === 'values') return { ...all, tried, error: meanScaled(tried) };
  const believed = believable(
    parts.map(({ history }, index) => ({
      history: history.history,
      pipeline: pipelines[index]!,
      backtest: tried[index]!,
    })),
    targets,
  );
  shrinkChanges(model, pipelines, believed);
  const shrunk = measure();
  return { ...all, believed, tried: shrunk, error: meanScaled(shrunk) };
}

/** The mean of the scaled errors of all series and targets; a naive error of 0 scales nothing. */
function meanScaled(tried: readonly Backtest[]): number {
  const errors = tried.flatMap(({ errors }) =>
    Object.values(errors).map(({ mase, mae }) => (Number.isFinite(mase) ? mase : mae)),
  );
  return errors.reduce((sum, error) => sum + error, 0) / errors.length;
}

/** What the calendar tells of rows that lie so far apart: hours only where they are less than a day apart. */
function calendarOf(parts: readonly Part[]): NonNullable<PipelineOptions['calendar']> {
  const times = parts[0]!.history.history.times!;
  const gap = times.length < 2 ? 0 : times[1]! - times[0]!;
  const day = 86_400_000;
  return [
    ...(gap < day ? (['hour'] as const) : []),
    ...(gap <= day * 3 ? (['weekday'] as const) : []),
    'month',
    'year',
  ];
}

/** A column that never changes in what is learned says nothing, whatever its differences are. */
function fitTo(path: string, { history, split }: Part, options: PipelineOptions): Pipeline {
  const { training } = split;
  const rows = `rows 1 to ${training.to} of ${history.history.length}`;
  const of = history.name === '' ? `${path}, ${rows}` : `${path}, series ${show(history.name)}, ${rows}`;
  for (const name of [...options.targets, ...(options.inputs ?? [])])
    refuseConstant(of, history.history, name, training.to);
  try {
    return fitPipeline(history.history, training, options);
  } catch (cause) {
    throw renamedError(cause, {
      'fitPipeline(training)': of,
      'fitPipeline(series)': path,
      "; normalize: 'none' takes them as they are":
        '; from these nothing can be learned, a smaller --test adds later rows',
    });
  }
}

function refuseConstant(of: string, { columns }: Series, name: string, to: number): void {
  const values = columns[name]!;
  if (values.subarray(0, to).some((value) => value !== values[0])) return;
  throw new BpttError(
    'bad-file',
    `${of}: expected values of column ${show(name)} that change, got ${values[0]} in all of them; from these nothing can be learned, smaller --test and --validation add later rows`,
  );
}

/** The batches of several series as one dataset, whose order is drawn anew for each epoch where there is a seed. */
function together(all: readonly SeriesBatches[], seed: number | undefined) {
  const owner = all.flatMap(({ windows }, index) => Array.from({ length: Math.ceil(windows / BATCH) }, () => index));
  const count = owner.length;
  function* batches(epoch: number, skip: number): Generator<Batch> {
    const order = seed === undefined || all.length === 1 ? undefined : permutation(count, seed, epoch);
    const open = all.map((each) => (each.batches(epoch, 0) as Iterable<Batch>)[Symbol.iterator]());
    for (let at = 0; at < count; at++) {
      const { value } = open[owner[order?.[at] ?? at]!]!.next();
      if (at >= skip) yield value;
    }
  }
  return { batches, count };
}
