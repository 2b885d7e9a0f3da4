// Which classes are taken for which, as a picture.
import { BpttError } from '../base/errors.ts';
import { checkFields, list, type Options, oneOf, optional, string, withDefault } from '../base/fields.ts';
import { checkMatrix, type Matrix } from '../diagnostics/matrix.ts';
import { draw, fadingIn, type PlotOptions, plotFields } from './svg.ts';

const own = {
  /** What the classes are called. Default: their numbers. */
  classes: optional(list(string, 'names')),
  /** What a cell says: how often, or the share of its row, which is the recall on the diagonal. Default `counts`. */
  show: withDefault(oneOf('counts', 'shares'), 'counts'),
};

/** What classes are called in `plotConfusionMatrix`, what its cells say, and the look of all plots. */
export interface ConfusionPlotOptions extends PlotOptions, Options<typeof own> {}

/** Above so many classes numbers would not fit into the cells. */
const NUMBERED = 20;

/**
 * A confusion matrix, as `confusionMatrix` of `bptt/metrics` gives it: a row for each class, a column for what it was taken for. Colours are
 * shares of the row, so that rare classes are seen.
 *
 * @throws BpttError for what is no square matrix of counts, for another number of names, and for wrong options.
 *
 * @example
 * await writeFile('confusion.svg', plotConfusionMatrix(confusionMatrix(model, data), { classes: vocabulary.symbols }));
 */
export function plotConfusionMatrix(matrix: Matrix, options: ConfusionPlotOptions = {}): string {
  const { classes, show, ...rest } = checkFields('plotConfusionMatrix', options, {
    ...plotFields,
    width: withDefault(plotFields.width, 560),
    height: withDefault(plotFields.height, 480),
    ...own,
  });
  const { rows: C, data } = checkMatrix('plotConfusionMatrix(matrix)', matrix, true);
  const below = data.findIndex((count) => count < 0);
  if (below >= 0) {
    throw new BpttError(
      'invalid-argument',
      `plotConfusionMatrix(matrix).data[${below}]: expected a count, at least 0, got ${data[below]}`,
    );
  }
  if (classes !== undefined && classes.length !== C) {
    throw new BpttError(
      'invalid-shape',
      `plotConfusionMatrix.classes: expected ${C} names, one for each class, got ${classes.length}`,
    );
  }
  const names = classes ?? Array.from({ length: C }, (_, c) => String(c));
  const totals = names.map((_, row) => data.subarray(row * C, (row + 1) * C).reduce((sum, count) => sum + count, 0));
  const cells = Array.from(data, (count, index) => {
    const row = Math.floor(index / C);
    const share = totals[row] === 0 ? 0 : count / totals[row]!;
    // The first class on top.
    return { value: [index % C, C - 1 - row, share], said: show === 'counts' ? said(count) : share.toFixed(2) };
  });
  return draw('plotConfusionMatrix', rest, ({ text, quiet, series }) => ({
    title: 'Confusion matrix',
    x: { name: 'taken for', type: 'category', data: names, splitLine: { show: false } },
    y: { name: 'class', type: 'category', data: names.toReversed(), splitLine: { show: false } },
    series: [
      {
        type: 'heatmap',
        name: 'share',
        data: cells,
        label: {
          show: C <= NUMBERED,
          color: text,
          formatter: ({ data: { said } }: { readonly data: (typeof cells)[number] }) => said,
        },
      },
    ],
    more: {
      visualMap: {
        min: 0,
        max: 1,
        dimension: 2,
        calculable: false,
        show: false,
        textStyle: { color: quiet },
        inRange: fadingIn(series[0]),
      },
    },
  }));
}

/** A count as it is, a sum of weights to two places. */
const said = (count: number) => (Number.isInteger(count) ? String(count) : count.toFixed(2));
