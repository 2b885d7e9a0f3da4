// `bptt train --report FILE`: what a training was and how it went, as one page that needs no network.
import page from '../../../build/report/page.js';
import packageJson from '../../../package.json' with { type: 'json' };
import type { Model } from '../../index.ts';
import { escaped } from './escaped.ts';
import type { Flow } from './flow.ts';
import type { History, Point } from './history.ts';
import { htmlPage } from './html-page.ts';
import { flowSections } from './inspect-page.ts';
import { PICTURES } from './pictures.ts';
import { table } from './table.ts';

/** What a report tells besides what happened. */
export interface About {
  /** The command that does the same again. */
  readonly command: string;
  /** Flags with their values. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly model: Model;
  /** The longest gradient that is not clipped; 0 for none. */
  readonly clip: number;
  /** How gradients flow through the first recurrent layer, or why that cannot be told. */
  readonly flow: Flow | string;
}

/** A chart of the page: the script in it draws it. */
export interface Chart {
  readonly id: string;
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly (readonly [step: number, value: number])[];
    readonly dots?: boolean;
    readonly faint?: boolean;
  }[];
  readonly logarithmic?: boolean;
  /** A height to mark on a logarithmic chart. */
  readonly line?: number;
}

/** Rows of the tables beside the charts. */
const ROWS = 20;
/** Points that a smoothed curve is a mean of. */
const SMOOTHING = 21;

const count = (value: number) => Math.round(value).toLocaleString('en-US');
const digits = (value: number) =>
  Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3 ? value.toExponential(2) : value.toPrecision(4);

/** The page. All that comes from outside is escaped. */
export function htmlReport(history: History, about: About): string {
  const { points, samples, warnings, started } = history;
  const charts: Chart[] = points.length === 0 ? [] : chartsOf(history, about.clip);
  const where = about.settings['--relaxed'] === true ? 'where machine and engine are of this kind' : 'in every engine';
  const title = `Training on ${started?.text ?? 'a text'}`;
  const body = [
    `<h1>${escaped(title)}</h1>`,
    `<p>${escaped(summary(history))}</p>`,
    ...warnings.map((warning) => `<p role="alert">${escaped(warning)}</p>`),
    ...(charts.length === 0 ? ['<p>No update was made.</p>'] : chartSections(charts, history, about.clip)),
    samples.length === 0 ? '' : '<h2>What it wrote</h2>',
    ...samples.map(({ step, text }) => `<h3>After ${count(step)} updates</h3><pre>${escaped(text)}</pre>`),
    '<h2>How gradients flow</h2>',
    ...(typeof about.flow === 'string'
      ? [`<p>${escaped(about.flow)}</p>`]
      : [
          `<p>Through the first recurrent layer, while the model reads the first ${count(about.flow.steps)} characters.</p>`,
          ...flowSections(about.flow),
        ]),
    ...modelSections(about.model, started?.parameters ?? 0),
    '<h2>Settings</h2>',
    table(
      ['flag', 'value'],
      Object.entries(about.settings).map(([name, value]) => [name, value === undefined ? '–' : String(value)]),
    ),
    '<h2>Do it again</h2>',
    `<pre>${escaped(about.command)}</pre>`,
    `<p class="quiet">bptt ${packageJson.version}. The same command on the same text gives the same bits ${where}.</p>`,
  ];
  return htmlPage({
    title,
    body,
    style: `${page.style}\n${PICTURES}`,
    script: { code: page.script, data: { charts } },
  });
}

/** What the model is made of. */
function modelSections(model: About['model'], parameters: number): readonly string[] {
  return [
    '<h2>The model</h2>',
    table(
      ['layer', 'description'],
      model.description.map(({ kind, ...rest }) => [
        kind,
        JSON.stringify(rest).slice(1, -1).replaceAll(',"', ', "').replaceAll('"', ''),
      ]),
    ),
    `<details><summary>${count(parameters)} parameters</summary>`,
    table(
      ['parameter', 'shape', '#numbers'],
      model.parameters().map(({ name, shape }) => [name, shape.join(' × '), count(shape.reduce((a, b) => a * b, 1))]),
    ),
    '</details>',
  ];
}

function summary({ started, ended, validations, points }: History): string {
  const parts = [];
  if (started !== undefined) {
    parts.push(
      `${count(started.characters)} characters, ${started.vocabulary} different; ${count(started.parameters)} parameters.`,
    );
    if (started.resumed !== undefined)
      parts.push(`Resumed at update ${count(started.resumed)}: what came before is not here.`);
  }
  if (ended !== undefined) {
    const how =
      { steps: 'All', 'early-stopping': 'Stopped early after', aborted: 'Interrupted after' }[ended.reason] ??
      'Stopped after';
    parts.push(`${how} ${count(ended.step)} updates, in ${duration(ended.seconds)}.`);
  }
  const lowest = Math.min(...validations.map(({ loss }) => loss));
  const last = ended?.validationLoss;
  if (last !== undefined) parts.push(`Validation loss ${both(last)} a character at the end; lowest ${both(lowest)}.`);
  else if (points.length > 0) parts.push(`Training loss ${both(points.at(-1)!.loss)} a character at the end.`);
  return parts.join(' ');
}

const both = (nats: number) => `${nats.toFixed(3)} nats (${(nats / Math.LN2).toFixed(3)} bits)`;
const duration = (seconds: number) =>
  seconds < 60 ? `${seconds.toFixed(1)} seconds` : `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;

function chartsOf({ points, validations, largestNorm }: History, clip: number): Chart[] {
  const of = (name: keyof Point) => points.map((point) => [point.step, point[name]] as const);
  const smooth = points.map(({ step }, index) => {
    const around = points.slice(Math.max(0, index - (SMOOTHING >> 1)), index + (SMOOTHING >> 1) + 1);
    return [step, around.reduce((sum, { loss }) => sum + loss, 0) / around.length] as const;
  });
  const charts: Chart[] = [
    {
      id: 'loss',
      series: [
        { name: 'training, smoothed', points: smooth },
        ...(validations.length === 0
          ? []
          : [{ name: 'validation', points: validations.map(({ step, loss }) => [step, loss] as const), dots: true }]),
        { name: 'training', points: of('loss'), faint: true },
      ],
    },
    {
      id: 'norm',
      series: [{ name: 'gradient norm', points: of('gradientNorm') }],
      logarithmic: true,
      ...(clip > 0 && largestNorm > clip && { line: clip }),
    },
    { id: 'rate', series: [{ name: 'learning rate', points: of('learningRate') }] },
    {
      id: 'speed',
      series: [{ name: 'characters a second', points: of('charactersPerSecond').filter(([, speed]) => speed > 0) }],
    },
  ];
  // A short training has no speed yet.
  return charts.filter(({ series }) => series[0]!.points.length > 0);
}

function chartSections(
  charts: readonly Chart[],
  { points, validations, largestNorm }: History,
  clip: number,
): string[] {
  const clipping =
    largestNorm > clip
      ? `longer than ${clip}, the dashed line, it is clipped`
      : `none is longer than ${clip}, where it is clipped`;
  const titles: Readonly<Record<string, string>> = {
    loss: 'Loss, nats a character (a nat is 1.443 bits)',
    norm: clip === 0 ? 'Gradient norm' : `Gradient norm; ${clipping}`,
    rate: 'Learning rate',
    speed: 'Speed, characters a second',
  };
  const sections = charts.map(({ id, series }) => {
    const values = series[0]!.points.map(([, value]) => value);
    const label = `${titles[id]}: from ${digits(values[0]!)} to ${digits(values.at(-1)!)}, between ${digits(Math.min(...values))} and ${digits(Math.max(...values))}.`;
    return `<h2>${escaped(titles[id]!)}</h2><div class="chart" id="${id}" role="img" aria-label="${escaped(label)}"></div>`;
  });
  const every = Math.max(1, Math.floor(points.length / ROWS));
  const rows = points
    .filter((_, index) => index % every === every - 1 || index === points.length - 1)
    .map((point) => [
      count(point.step),
      digits(point.loss),
      digits(point.loss / Math.LN2),
      digits(point.gradientNorm),
      digits(point.learningRate),
      count(point.charactersPerSecond),
    ]);
  const numbers = [
    '<details><summary>The numbers</summary>',
    table(['#update', '#nats', '#bits', '#gradient norm', '#learning rate', '#characters/s'], rows),
    validations.length === 0
      ? ''
      : table(
          ['#update', '#validation nats', '#bits'],
          validations.map(({ step, loss }) => [count(step), loss.toFixed(4), (loss / Math.LN2).toFixed(4)]),
        ),
    '</details>',
  ];
  return [...sections, ...numbers];
}
