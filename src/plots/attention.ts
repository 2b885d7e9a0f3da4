// Where a decoder looks while it writes, as a picture.
import { checkNumbers, readable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, list, type Options, optional, string } from '../base/fields.ts';
import { everyStep, stepNames } from './steps.ts';
import { draw, fadingIn, type PlotOptions, plotFields } from './svg.ts';

const own = {
  /** What was read at each step of the source, such as letters. Default: the numbers of the steps. */
  source: optional(list(string, 'labels')),
  /** What was written at each step. Where it is one short, the last step wrote the end. Default: the numbers of the steps. */
  target: optional(list(string, 'labels')),
};

/** What was read and written, for the axes of `plotAttention`, and the look of all plots. */
export interface AttentionPlotOptions extends PlotOptions, Options<typeof own> {}

/**
 * The weights of attention, as `translate` of `bptt/translation` returns them with `attention: true`: a row for each step that was written, from
 * top to bottom, a column for each step of the source; the darker, the more it was looked at.
 *
 * @throws BpttError for weights that are not rows of the same length, at least one, of numbers from 0 to 1; for labels that are not as many, and
 * for wrong options.
 *
 * @example
 * const [[best]] = await translate(translator, [letters.encode('4 May')], { attention: true });
 * plotAttention(best.attention, { source: [...'4 May'], target: [...digits.decode(best.tokens)] });
 */
export function plotAttention(weights: readonly ArrayLike<number>[], options: AttentionPlotOptions = {}): string {
  const { source, target, ...rest } = checkFields('plotAttention', options, { ...plotFields, ...own });
  const rows = checkWeights('plotAttention(weights)', weights);
  const read = stepNames('plotAttention.source', rows[0]!.length, source);
  const ended = target !== undefined && target.length === rows.length - 1 ? [...target, 'end'] : target;
  const written = stepNames('plotAttention.target', rows.length, ended);
  // A cell that nobody could see would only be bytes.
  const cells = rows
    .flatMap((row, t) => Array.from(row, (weight, s) => [s, t, weight] as const))
    .filter(([, , weight]) => weight > 1 / 512);
  return draw('plotAttention', rest, ({ series }) => ({
    title: 'Where it looks',
    x: { name: 'read', type: 'category', data: read, splitLine: { show: false }, axisLabel: everyStep(read) },
    y: {
      name: 'written',
      type: 'category',
      data: written,
      inverse: true,
      splitLine: { show: false },
      axisLabel: everyStep(written),
    },
    series: [{ type: 'heatmap', name: 'weight', data: cells, itemStyle: { borderWidth: 0 } }],
    more: {
      visualMap: {
        min: 0,
        max: 1,
        dimension: 2,
        calculable: false,
        show: false,
        inRange: fadingIn(series[0]),
      },
    },
  }));
}

function checkWeights(where: string, weights: unknown): readonly ArrayLike<number>[] {
  if (!readable(where, () => Array.isArray(weights)) || (weights as readonly unknown[]).length === 0) {
    throw new BpttError('invalid-argument', `${where}: expected at least one row of weights, got ${show(weights)}`);
  }
  const rows = Array.from(weights as readonly unknown[], (row, t) =>
    readable(`${where}[${t}]`, () => Array.from(checkNumbers(`${where}[${t}]`, row) as ArrayLike<unknown>)),
  );
  const { length } = rows[0]!;
  for (const [t, row] of rows.entries()) {
    if (row.length !== length || length === 0) {
      const expected = t === 0 ? 'at least one weight' : `${length} weights as in row 0`;
      throw new BpttError('invalid-shape', `${where}[${t}]: expected ${expected}, got ${row.length}`);
    }
    for (let s = 0; s < length; s++) {
      const weight: unknown = row[s];
      if (typeof weight === 'number' && weight >= 0 && weight <= 1) continue;
      throw new BpttError(
        'invalid-argument',
        `${where}[${t}][${s}]: expected a weight from 0 to 1, got ${show(weight)}`,
      );
    }
  }
  return rows as readonly ArrayLike<number>[];
}
