// Hidden states as a heat map.
import { checkFields, type Options } from '../base/fields.ts';
import type { Matrix } from '../diagnostics/index.ts';
import { checkMatrix } from '../diagnostics/matrix.ts';
import { everyStep, labelled, stepNames } from './steps.ts';
import { draw, joinCells, type PlotOptions, plotFields } from './svg.ts';

/** Steps from no colour to the full one. */
const SHADES = 40;

/**
 * Hidden states over time, as `hiddenStates` gives them: a column for each step, a row for each unit.
 *
 * @param labels What was read at each step, such as characters. Default: the number of the step.
 * @throws BpttError for what is no matrix or has another number of labels, and for wrong options.
 *
 * @example
 * await writeFile('states.svg', plotStates(await hiddenStates(model, batch)));
 */
export function plotStates(states: Matrix, options: PlotOptions & Options<typeof labelled> = {}): string {
  const { labels, ...rest } = checkFields('plotStates', options, { ...plotFields, ...labelled });
  const { rows, columns, data } = checkMatrix('plotStates(states)', states);
  const names = stepNames('plotStates.labels', rows, labels);
  const limit = Math.max(...Array.from(data, Math.abs)) || 1;
  const svg = draw('plotStates', rest, ({ text, below, above }) => ({
    title: 'Hidden states',
    x: { name: 'step', type: 'category', data: names, splitLine: { show: false }, axisLabel: everyStep(names) },
    y: {
      name: 'unit',
      type: 'category',
      data: Array.from({ length: columns }, (_, unit) => String(unit)),
      splitLine: { show: false },
    },
    series: [
      {
        type: 'heatmap',
        // The sign is the colour, the magnitude how much of it covers the page: so it is right on any page.
        data: Array.from(data, (value, i) => ({
          value: [Math.floor(i / columns), i % columns, value],
          // The map of values is there to say what the colours mean.
          visualMap: false,
          itemStyle: {
            color: value < 0 ? below : above,
            opacity: Math.round((SHADES * Math.abs(value)) / limit) / SHADES,
          },
        })),
      },
    ],
    more: {
      grid: { left: 68, right: 90, top: 52, bottom: 52 },
      visualMap: {
        min: -limit,
        max: limit,
        text: [limit, -limit].map((value) => String(Number(value.toPrecision(2)))),
        calculable: false,
        right: 8,
        top: 'middle',
        textStyle: { color: text },
        inRange: { color: [below, `${below}00`, `${above}00`, above] },
      },
    },
  }));
  return joinCells(svg);
}
