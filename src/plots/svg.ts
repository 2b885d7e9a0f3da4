// One chart as SVG, with the same look for all: colours that colour-blind people can tell apart (Okabe and Ito 2008), titles, units on the axes.

import { BarChart, HeatmapChart, LineChart, ScatterChart } from 'echarts/charts';
import {
  AriaComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TitleComponent,
  VisualMapComponent,
} from 'echarts/components';
import type { EChartsCoreOption } from 'echarts/core';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import LRU from 'zrender/lib/core/LRU.js';
import { checkFields, integer, type Options, oneOf, optional, string, withDefault } from '../base/fields.ts';

export const plotFields = {
  /** Default: what the plot shows. */
  title: optional(string),
  /** Pixels, from 200 on. Default 720. */
  width: withDefault(integer({ min: 200, max: 10_000 }), 720),
  /** Pixels, from 150 on. Default 360. */
  height: withDefault(integer({ min: 150, max: 10_000 }), 360),
  /** Colours for a light page or a dark one; the background is transparent. Default `light`. */
  theme: withDefault(oneOf('light', 'dark'), 'light'),
};

/** The look of all plots: title, size in pixels, and colours. */
export interface PlotOptions extends Options<typeof plotFields> {}

/**
 * One meaning a colour: `series` tells curves apart, `loss` is a loss or what goes back from it, `below` and `above` are the signs of
 * numbers. None is that of another meaning. Each group can be told apart by colour-blind people (Okabe and Ito 2008; PRGn of ColorBrewer).
 */
export const palettes = {
  light: {
    text: '#24292f',
    quiet: '#57606a',
    line: '#d8dee4',
    loss: '#b3173a',
    below: '#762a83',
    above: '#1b7837',
    series: ['#0b62a8', '#b35400', '#00857d', '#a3477b', '#8a6d00', '#33618d'],
  },
  dark: {
    text: '#e6edf3',
    quiet: '#a5afba',
    line: '#353c45',
    loss: '#ff8fa3',
    below: '#c79ad6',
    above: '#7fce8f',
    series: ['#63b3f2', '#f2a25c', '#3fd0c4', '#e08fbb', '#f0e442', '#9fb4c9'],
  },
} as const;

export type Palette = (typeof palettes)[keyof typeof palettes];

/** The colours of a palette by the names of their variables. */
const variablesOf = ({ series, ...rest }: Palette): readonly (readonly [name: string, color: string])[] => [
  ...Object.entries(rest).map(([name, color]) => [`--plot-${name}`, color] as const),
  ...series.map((color, index) => [`--plot-series${index}`, color] as const),
];

/** The style of a page with plots that follow it: light or dark as the reader has it, and light on paper. */
export function themeStyle(): string {
  const block = (palette: Palette) =>
    `:root { ${variablesOf(palette)
      .map(([name, color]) => `${name}: ${color};`)
      .join(' ')} }`;
  return `${block(palettes.light)}\n@media screen and (prefers-color-scheme: dark) { ${block(palettes.dark)} }`;
}

/** A plot of the light theme with variables for its colours, to be part of a page with `themeStyle`. */
export function followPage(svg: string): string {
  const names = new Map(variablesOf(palettes.light).map(([name, color]) => [color, name]));
  return svg.replaceAll(/="(#[0-9a-f]{6})"/gi, (whole, color: string) => {
    const name = names.get(color.toLowerCase());
    return name === undefined ? whole : `="var(${name}, ${color})"`;
  });
}

use([
  AriaComponent,
  BarChart,
  GridComponent,
  HeatmapChart,
  LegendComponent,
  LineChart,
  MarkLineComponent,
  ScatterChart,
  SVGRenderer,
  TitleComponent,
  VisualMapComponent,
]);

// ECharts keeps the width of each text in a plain object under that text: `__proto__` there is every object's prototype, which it changes.
const { get, put } = LRU.prototype;
LRU.prototype.get = function (key) {
  return get.call(this, `text ${key}`);
};
LRU.prototype.put = function (key, value) {
  return put.call(this, `text ${key}`, value);
};

/** What a plot adds to the common look. */
export interface Drawing {
  readonly title: string;
  /** Names with units. */
  readonly x: object & { readonly name: string; readonly axisLabel?: object };
  readonly y: object & { readonly name: string; readonly axisLabel?: object };
  readonly series: readonly object[];
  /** The series that the legend names. Default: all. */
  readonly legend?: readonly string[];
  readonly more?: object;
}

/** Pixels: a row of the legend, where it begins, its marks, between two of its entries, and of a letter at most. */
const ROW = 20;
const LEGEND_LEFT = 60;
const MARK = 14;
const GAP = 28;
const LETTER = 7.5;

const nameOf = (series: object) => ('name' in series ? String(series.name) : '');

/** Rows that the names take: what is drawn begins below them. */
function legendRows(names: readonly string[], width: number): number {
  let [rows, at] = [1, 0];
  for (const name of names) {
    const size = MARK + 5 + LETTER * name.length + GAP;
    if (at > 0 && at + size > width - LEGEND_LEFT) [rows, at] = [rows + 1, 0];
    at += size;
  }
  return rows;
}

/** @throws BpttError for options that are wrong or unknown. */
export function draw(where: string, options: PlotOptions, drawing: (palette: Palette) => Drawing): string {
  const { title: given, width, height, theme } = checkFields(where, options, plotFields);
  const palette = palettes[theme];
  const { title, x, y, series, legend, more } = drawing(palette);
  const shown = given ?? title;
  const rows = series.length > 1 ? legendRows(legend ?? series.map((one) => nameOf(one)), width) : 0;
  const axis = (name: string, place: Readonly<Record<string, unknown>> & { readonly axisLabel?: object }) => ({
    type: 'value',
    nameLocation: 'middle',
    nameTextStyle: { color: palette.quiet, fontSize: 13 },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: palette.line } },
    ...place,
    axisLabel: { color: palette.quiet, hideOverlap: true, ...place.axisLabel },
    name,
  });
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    const option: EChartsCoreOption = {
      animation: false,
      backgroundColor: 'transparent',
      color: [...palette.series],
      textStyle: { fontFamily: 'system-ui, sans-serif', color: palette.text },
      title: { text: shown, left: 8, top: 8, textStyle: { color: palette.text, fontSize: 16, fontWeight: 600 } },
      legend: {
        show: series.length > 1,
        ...(legend && { data: [...legend] }),
        top: 36,
        left: LEGEND_LEFT,
        textStyle: { color: palette.text },
        icon: 'roundRect',
        itemWidth: MARK,
        itemGap: GAP,
        itemHeight: 6,
      },
      grid: { left: 68, right: 24, top: 52 + ROW * rows, bottom: 52 },
      aria: { enabled: true },
      xAxis: axis(x.name, { nameGap: 30, ...x }),
      yAxis: axis(y.name, { nameGap: 50, ...y }),
      series: [...series],
      ...more,
    };
    chart.setOption(option);
    return labelled(still(chart.renderToSVGString()), shown);
  } finally {
    chart.dispose();
  }
}

/** Without what only a page that runs ECharts could use: styles of the pointer, and what each mark stands for. */
function still(svg: string): string {
  return svg.replace(/<style.*?<\/style>\s*/gs, '').replaceAll(/ (?:ecmeta_\w+|class)="[^"]*"/g, '');
}

/** The same picture with the cells of a heat map that have the same colour as one path, at a fifth of the size. */
export function joinCells(svg: string): string {
  const signs = Object.values(palettes).flatMap(({ below, above }) => [below, above]);
  const cell = new RegExp(
    `<path d="([^"]+)" (fill="(?:${signs.join('|')})"(?: fill-opacity="[^"]+")?)></path>\\n?`,
    'g',
  );
  const shapes = new Map<string, string>();
  for (const [, shape, look] of svg.matchAll(cell)) shapes.set(look!, (shapes.get(look!) ?? '') + shape);
  let first = true;
  return svg.replaceAll(cell, () => {
    if (!first) return '';
    first = false;
    return Array.from(shapes, ([look, shape]) => `<path d="${shape}" ${look}></path>\n`).join('');
  });
}

/** From nothing to a colour, for the cells of a heat map. */
export const fadingIn = (color: string) => ({ color: [`${color}00`, color] });

/** The picture with its title for people who do not see it. */
function labelled(svg: string, title: string): string {
  return svg.replace('<svg ', `<svg role="img" aria-label="${escaped(title)}" `);
}

/** Text that cannot be taken for marks. */
export const escaped = (text: string) => text.replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);
