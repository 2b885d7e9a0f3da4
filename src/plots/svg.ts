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

export interface PlotOptions extends Options<typeof plotFields> {}

export const palettes = {
  light: {
    text: '#24292f',
    quiet: '#57606a',
    line: '#d8dee4',
    series: ['#0072b2', '#d55e00', '#007a5a', '#a3477b', '#8a6d00', '#33618d'],
  },
  dark: {
    text: '#e6edf3',
    quiet: '#a5afba',
    line: '#353c45',
    series: ['#56b4e9', '#e69f00', '#2fc398', '#e08fbb', '#f0e442', '#9fb4c9'],
  },
} as const;

export type Palette = (typeof palettes)[keyof typeof palettes];

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

/** What a plot adds to the common look. */
export interface Drawing {
  readonly title: string;
  /** Names with units. */
  readonly x: object & { readonly name: string };
  readonly y: object & { readonly name: string };
  readonly series: readonly object[];
  /** The series that the legend names. Default: all. */
  readonly legend?: readonly string[];
  readonly more?: object;
}

/** @throws BpttError for options that are wrong or unknown. */
export function draw(where: string, options: PlotOptions, drawing: (palette: Palette) => Drawing): string {
  const { title: given, width, height, theme } = checkFields(where, options, plotFields);
  const palette = palettes[theme];
  const { title, x, y, series, legend, more } = drawing(palette);
  const shown = given ?? title;
  const axis = (name: string, place: object) => ({
    type: 'value',
    nameLocation: 'middle',
    nameTextStyle: { color: palette.quiet, fontSize: 13 },
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { color: palette.quiet, hideOverlap: true },
    splitLine: { lineStyle: { color: palette.line } },
    ...place,
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
        left: 60,
        textStyle: { color: palette.text },
        icon: 'roundRect',
        itemWidth: 14,
        itemGap: 28,
        itemHeight: 6,
      },
      grid: { left: 68, right: 24, top: series.length > 1 ? 72 : 52, bottom: 52 },
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
  const cell = /<path d="([^"]+)" fill="(rgb\([^"]+\))"><\/path>\n?/g;
  const shapes = new Map<string, string>();
  for (const [, shape, color] of svg.matchAll(cell)) shapes.set(color!, (shapes.get(color!) ?? '') + shape);
  let first = true;
  return svg.replaceAll(cell, () => {
    if (!first) return '';
    first = false;
    return Array.from(shapes, ([color, shape]) => `<path d="${shape}" fill="${color}"></path>\n`).join('');
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
