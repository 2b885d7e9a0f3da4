// `bptt sweep --report FILE`: which parameters led where, how each trial went, and which of the parameters mattered, as one page.
import { draw, type Palette } from '../../plots/svg.ts';
import type { ParameterValue, SearchSpace, TrialResult } from '../../sweep/index.ts';
import { escaped } from './escaped.ts';
import { figureOf } from './pictures.ts';
import { plainPage } from './plain-page.ts';
import { table } from './table.ts';

type Parameter = SearchSpace[string];

/** Trials of which each has a line of its own colour. */
const BEST = 3;

/** Complete trials from which on it is told which parameters mattered; groups in which the values of each are. */
const [ENOUGH, GROUPS] = [8, 4];

export interface SweepReport {
  readonly name: string;
  readonly space: SearchSpace;
  readonly results: readonly TrialResult[];
}

/** @returns The page; `results` may be those of a sweep that goes on. */
export function sweepReport({ name, space, results }: SweepReport): string {
  const complete = results
    .filter(({ state }) => state === 'complete')
    .sort((a, b) => a.values[0]! - b.values[0]! || a.number - b.number);
  const [best] = complete;
  const count = (state: TrialResult['state']) => results.filter((each) => each.state === state).length;
  const summary =
    `${results.length} trials: ${complete.length} complete, ${count('pruned')} pruned, ${count('failed')} diverged. ` +
    (best === undefined
      ? 'None has a loss.'
      : `The lowest loss is ${best.values[0]!.toFixed(4)}, of trial ${best.number}.`);
  const parameters = Object.keys(space);
  const importance = complete.length < ENOUGH ? [] : shares(space, complete);
  const rows = [...complete, ...results.filter(({ state }) => state !== 'complete')].map((each) => [
    String(each.number),
    each.state === 'failed' ? 'diverged' : each.state,
    String(each.reports.at(-1)?.[0] ?? 0),
    (each.values[0] ?? each.reports.at(-1)?.[1])?.toFixed(4) ?? '',
    ...parameters.map((parameter) => wordOf(each.parameters[parameter])),
  ]);
  return plainPage(`What was searched in ${name}`, [
    `<p>${escaped(summary)}</p>`,
    best === undefined
      ? ''
      : figureOf(
          'Parameters and loss of each trial',
          parallel(space, complete),
          `Each line is a trial, from its parameters to its loss. The ${Math.min(BEST, complete.length)} best are in colour.`,
        ),
    results.some(({ reports }) => reports.length > 1)
      ? figureOf('Loss by update', curves(results, complete), 'Trials that end early were pruned, or diverged.')
      : '',
    importance.length === 0
      ? ''
      : figureOf(
          'What mattered',
          bars(importance),
          'The share of the differences in loss (of ranks) that a parameter explains by itself: 0 % where it made none. Shares need not add up.',
        ),
    rows.length === 0
      ? ''
      : `<h2>All trials</h2>${table(['#trial', 'state', '#updates', '#loss', ...parameters.map((each) => `#${each}`)], rows)}`,
  ]);
}

const wordOf = (value: ParameterValue | undefined) =>
  value === undefined ? '' : typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value);

/** Where a value lies in its range, 0 to 1; undefined for a parameter that did not count. */
function placeOf(parameter: Parameter, value: ParameterValue | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (parameter.kind === 'choice') return parameter.values.indexOf(value) / Math.max(1, parameter.values.length - 1);
  const at = (x: number) => (parameter.scale === 'log' ? Math.log(x) : x);
  return (at(Number(value)) - at(parameter.min)) / (at(parameter.max) - at(parameter.min));
}

const endsOf = (parameter: Parameter) =>
  parameter.kind === 'choice'
    ? `${parameter.values[0]} … ${parameter.values.at(-1)}`
    : `${wordOf(parameter.min)} … ${wordOf(parameter.max)}${parameter.scale === 'log' ? ', log' : ''}`;

const colorOf = (palette: Palette, rank: number) => (rank < BEST ? palette.series[rank]! : palette.line);

/** Parameters and loss on axes side by side, each from its lowest to its highest value. */
function parallel(space: SearchSpace, complete: readonly TrialResult[]): string {
  const losses = complete.map(({ values }) => values[0]!);
  const [least, most] = [losses[0]!, losses.at(-1)!];
  const axes = Object.entries(space).map(([name, parameter]) => `${name}\n${endsOf(parameter)}`);
  const lines = complete.map(({ number, parameters, values }, rank) => ({
    name: `trial ${number}`,
    rank,
    data: [
      ...Object.entries(space).map(([name, parameter]) => placeOf(parameter, parameters[name]) ?? null),
      most > least ? (values[0]! - least) / (most - least) : 0,
    ],
  }));
  return draw('plot', { width: Math.max(480, 150 * (axes.length + 1)) }, (palette) => ({
    title: 'Parameters and loss of each trial',
    x: {
      name: '',
      type: 'category',
      data: [...axes, `loss\n${least.toPrecision(3)} … ${most.toPrecision(3)}`],
      boundaryGap: false,
      splitLine: { show: true, lineStyle: { color: palette.quiet } },
      axisLabel: { interval: 0 },
    },
    y: { name: 'from lowest to highest', min: 0, max: 1, axisLabel: { show: false }, splitLine: { show: false } },
    legend: lines.slice(0, BEST).map(({ name }) => name),
    // The best last, so that they lie above the others.
    series: lines.reverse().map(({ name, rank, data }) => ({
      ...{ type: 'line', name, data, connectNulls: true, symbolSize: 4 },
      lineStyle: { color: colorOf(palette, rank), width: rank < BEST ? 2.5 : 1 },
      itemStyle: { color: colorOf(palette, rank) },
    })),
  }));
}

function curves(results: readonly TrialResult[], complete: readonly TrialResult[]): string {
  const ranks = new Map(complete.map(({ number }, rank) => [number, rank]));
  const lines = results
    .filter(({ reports }) => reports.length > 0)
    .map(({ number, reports }) => ({ number, reports, rank: ranks.get(number) ?? Number.POSITIVE_INFINITY }))
    .sort((a, b) => b.rank - a.rank || a.number - b.number);
  return draw('plot', {}, (palette) => ({
    title: 'Loss by update',
    x: { name: 'update' },
    y: { name: 'loss', scale: true },
    legend: complete.slice(0, BEST).map(({ number }) => `trial ${number}`),
    series: lines.map(({ number, reports, rank }) => ({
      ...{ type: 'line', name: `trial ${number}`, data: reports, showSymbol: false },
      lineStyle: { color: colorOf(palette, rank), width: rank < BEST ? 2.5 : 1 },
      itemStyle: { color: colorOf(palette, rank) },
    })),
  }));
}

type Share = readonly [name: string, share: number];

function bars(importance: readonly Share[]): string {
  const rows = [...importance].sort(([, a], [, b]) => a - b);
  return draw('plot', { height: Math.max(180, 90 + 34 * rows.length) }, (palette) => ({
    title: 'What mattered',
    x: { name: 'explained, %', min: 0, max: 100 },
    y: { name: '', type: 'category', data: rows.map(([name]) => name) },
    series: [
      {
        type: 'bar',
        name: 'explained',
        data: rows.map(([, share]) => 100 * share),
        itemStyle: { color: palette.series[0] },
      },
    ],
  }));
}

/**
 * The correlation ratio η² of each parameter with the rank of the loss: the variance between groups over all of it. Groups are the choices, or
 * quarters of the trials by the value. Ranks, so that one trial that went astray does not decide.
 */
export function shares(space: SearchSpace, complete: readonly TrialResult[]): readonly Share[] {
  return Object.entries(space).map(([name, parameter]) => {
    const known = complete
      .map(({ parameters }, rank) => ({ rank, value: parameters[name] }))
      .filter(({ value }) => value !== undefined);
    const groups = new Map<unknown, number[]>();
    const inOrder = parameter.kind === 'choice' ? known : [...known].sort((a, b) => Number(a.value) - Number(b.value));
    for (const [index, { rank, value }] of inOrder.entries()) {
      const group = parameter.kind === 'choice' ? value : Math.floor((index * GROUPS) / inOrder.length);
      groups.set(group, [...(groups.get(group) ?? []), rank]);
    }
    const mean = (ranks: readonly number[]) => ranks.reduce((sum, rank) => sum + rank, 0) / ranks.length;
    const whole = mean(known.map(({ rank }) => rank));
    const total = known.reduce((sum, { rank }) => sum + (rank - whole) ** 2, 0);
    const between = [...groups.values()].reduce((sum, ranks) => sum + ranks.length * (mean(ranks) - whole) ** 2, 0);
    return [name, total === 0 ? 0 : between / total];
  });
}
