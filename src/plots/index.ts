// `import { plotGradientByLag, ... } from 'bptt/plots'`: each diagnostic, loss curves and networks, as the text of an SVG, in Node and in pages.
import { checkArray, checkNumbers, checkObject, isPlain, readable } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import {
  checkFields,
  type Field,
  having,
  integer,
  list,
  number,
  type Options,
  oneOf,
  optional,
  string,
  such,
  withDefault,
} from '../base/fields.ts';
import type { ComplexNumbers, Matrix, Saturation, TruncationError, UpdateRatio } from '../diagnostics/index.ts';
import { singularValues } from '../diagnostics/index.ts';
import { checkMatrix } from '../diagnostics/matrix.ts';
import type { StepEvent, TrainEvent, ValidationEvent } from '../training/events.ts';
import { everyStep, labelled, stepNames } from './steps.ts';
import { draw, type PlotOptions, plotFields } from './svg.ts';

export { type AttentionPlotOptions, plotAttention } from './attention.ts';
export { type ConfusionPlotOptions, plotConfusionMatrix } from './confusion.ts';
export { type ForecastPlotOptions, plotErrorsAhead, plotForecast } from './forecast.ts';
export { type NetworkPlotOptions, plotNetwork } from './network.ts';
export { plotStates } from './states.ts';
export type { PlotOptions } from './svg.ts';

/** Points that a curve is thinned to. */
const POINTS = 500;

/** Curves by name. */
type Curves = Readonly<Record<string, ArrayLike<number>>>;

/** A number, or an infinity, which is left out of the picture. */
const anyNumber = such<number>('a number', (value) => typeof value === 'number' && !Number.isNaN(value));
const share = number({ min: 0, max: 1 });

/** The numbers of a curve. */
function curveOf(where: string, values: unknown): readonly number[] {
  return list(anyNumber, 'numbers', 1).check(where, Array.from(checkNumbers(where, values)));
}

function curvesOf(where: string, values: unknown): readonly (readonly [string, readonly number[]])[] {
  if (!readable(where, () => isPlain(values))) return [['', curveOf(where, values)]];
  const curves = Object.entries(checkObject(where, values));
  if (curves.length > 0) return curves.map(([name, numbers]) => [name, curveOf(`${where}.${name}`, numbers)]);
  throw new BpttError('invalid-argument', `${where}: expected numbers, or curves by name, got an empty object`);
}

const eventType = having({ type: oneOf<TrainEvent['type']>('step', 'validation', 'checkpoint', 'end') });
const lossAt = having({ step: integer({ min: 0 }), loss: number() });

/** A step or a validation; undefined for other events. */
const lossEvent: Field<{ readonly type: string; readonly step: number; readonly loss: number } | undefined> = {
  check(where, value) {
    const { type } = eventType.check(where, value);
    return type === 'step' || type === 'validation' ? { type, ...lossAt.check(where, value) } : undefined;
  },
};

const saturations = list(
  having({ layer: integer({ min: 0 }), what: string, low: share, high: optional(share) }),
  'shares',
  1,
);
const truncationErrors = list(having({ k2: integer({ min: 1 }), degrees: number({ min: 0 }) }), 'errors', 1);
const ratios = list(list(having({ name: string, ratio: anyNumber }), 'ratios', 1), 'lists of ratios', 1);
const matrices = list<Matrix>({ check: (where, value) => checkMatrix(where, value as Matrix) }, 'matrices', 1);
const complexNumbers = having({
  real: such<Float64Array>('a Float64Array', (value) => value instanceof Float64Array),
  imaginary: such<Float64Array>('a Float64Array', (value) => value instanceof Float64Array),
});

/** A logarithmic axis has no place for what is not above 0. */
const above = (value: number) => (value > 0 && Number.isFinite(value) ? value : null);
const scientific = {
  formatter: (value: number) => (value >= 0.01 && value < 1e4 ? String(value) : value.toExponential(0)),
};

const square = {
  ...plotFields,
  width: withDefault(plotFields.width, 480),
  height: withDefault(plotFields.height, 480),
};

const numbered = {
  /** The number of the first step. Default 1. */
  from: withDefault(integer({ min: 0 }), 1),
};

/**
 * The loss of each update, smoothed, and of validations: what `fit` returns as `history`, or the events of `train`.
 *
 * @throws BpttError where there is no update among them, and for wrong options.
 *
 * @example
 * const { history } = await fit(model, { data, loss: 'cross-entropy', steps: 20 });
 * await writeFile('loss.svg', plotLoss(history));
 */
export function plotLoss(history: readonly (StepEvent | ValidationEvent)[], options: PlotOptions = {}): string {
  const events = list(lossEvent, 'events', 1).check('plotLoss(history)', history);
  const steps = events.filter((event) => event?.type === 'step').map((event) => event!);
  if (steps.length === 0) {
    throw new BpttError('invalid-argument', 'plotLoss(history): expected at least one event of a step, got none');
  }
  const size = Math.ceil(steps.length / POINTS);
  const training = Array.from({ length: Math.ceil(steps.length / size) }, (_, index) => {
    const some = steps.slice(index * size, (index + 1) * size);
    return [some.at(-1)!.step, some.reduce((sum, { loss }) => sum + loss, 0) / some.length];
  });
  const validation = events.filter((event) => event?.type === 'validation').map((event) => [event!.step, event!.loss]);
  return draw('plotLoss', options, ({ loss, text }) => ({
    title: 'Loss',
    x: { name: 'updates' },
    y: { name: 'loss', scale: true },
    series: [
      { type: 'line', name: 'training', data: training, showSymbol: false, color: loss },
      ...(validation.length === 0
        ? []
        : [{ type: 'line', name: 'validation', data: validation, symbolSize: 6, color: text }]),
    ],
  }));
}

/**
 * `‖∂L_t/∂h_{t-k}‖` over the lag k, as `gradientByLag` gives it; several of them by name.
 *
 * @throws BpttError for what is no list of numbers, and for wrong options.
 *
 * @example
 * const tanh = await gradientByLag(model, batch, { loss: 'cross-entropy' });
 * await writeFile('lags.svg', plotGradientByLag({ tanh }));
 */
export function plotGradientByLag(norms: ArrayLike<number> | Curves, options: PlotOptions = {}): string {
  const curves = curvesOf('plotGradientByLag(norms)', norms);
  return draw('plotGradientByLag', options, () => ({
    title: 'Gradient by lag',
    x: { name: 'lag k, steps', min: 0 },
    y: { name: '‖∂L(t) / ∂h(t−k)‖', type: 'log', axisLabel: scientific },
    series: curves.map(([name, values]) => ({
      type: 'line',
      name,
      data: values.map((value, lag) => [lag, above(value)]),
      symbolSize: 5,
      showSymbol: values.length < 40,
    })),
  }));
}

/**
 * Eigenvalues in the complex plane, with the unit circle: if each step were like this one, gradients would in the long run grow outside
 * of it and fade inside. What one step does to a gradient is told by its singular values.
 *
 * @throws BpttError where there are none, and for wrong options.
 *
 * @example
 * const { steps } = await jacobians(model, batch);
 * await writeFile('spectrum.svg', plotSpectrum(eigenvalues(steps[9])));
 */
export function plotSpectrum(eigenvalues: ComplexNumbers, options: PlotOptions = {}): string {
  const where = 'plotSpectrum(eigenvalues)';
  const { real, imaginary } = complexNumbers.check(where, eigenvalues);
  checkArray(`${where}.imaginary`, imaginary, real.length, 'as many as real parts');
  const points = curveOf(`${where}.real`, real).map((re, index) => [re, imaginary[index]!]);
  const extent = 1.1 * Math.max(1, ...points.flat().map(Math.abs));
  const circle = Array.from({ length: 121 }, (_, i) => [Math.cos((i * Math.PI) / 60), Math.sin((i * Math.PI) / 60)]);
  const range = {
    min: -extent,
    max: extent,
    axisLabel: { formatter: (value: number) => value.toFixed(1), showMinLabel: false, showMaxLabel: false },
  };
  return draw('plotSpectrum', checkFields('plotSpectrum', options, square), ({ quiet }) => ({
    title: 'Eigenvalues of the Jacobian',
    x: { name: 'real part', ...range },
    y: { name: 'imaginary part', ...range },
    series: [
      { type: 'scatter', name: 'eigenvalues', data: points, symbolSize: 7 },
      {
        type: 'line',
        name: 'unit circle',
        data: circle,
        showSymbol: false,
        color: quiet,
        lineStyle: { type: 'dashed', width: 1 },
      },
    ],
  }));
}

/**
 * The singular values of each step's Jacobian over time: the largest, the median and the smallest.
 *
 * @param from The number of the first step. Default 1.
 * @throws BpttError where there is no matrix, and for wrong options.
 *
 * @example
 * const { steps } = await jacobians(model, batch);
 * await writeFile('stretch.svg', plotSingularValues(steps));
 */
export function plotSingularValues(
  steps: readonly Matrix[],
  options: PlotOptions & Options<typeof numbered> = {},
): string {
  const { from, ...rest } = checkFields('plotSingularValues', options, { ...plotFields, ...numbered });
  const values = matrices.check('plotSingularValues(steps)', steps).map((matrix) => singularValues(matrix));
  const curve = (name: string, pick: (all: Float64Array) => number) => ({
    type: 'line',
    name,
    data: values.map((all, step) => [step + from, above(pick(all))]),
    showSymbol: values.length < 40,
    symbolSize: 5,
  });
  return draw('plotSingularValues', rest, () => ({
    title: 'Singular values of the Jacobians',
    x: { name: 'step', min: from, minInterval: 1 },
    y: { name: 'singular value', type: 'log', axisLabel: scientific },
    series: [
      curve('largest', (all) => all[0]!),
      curve('median', (all) => all[all.length >> 1]!),
      curve('smallest', (all) => all.at(-1)!),
    ],
  }));
}

/**
 * Lyapunov exponents, the largest first, as `lyapunovExponents` gives them; the line at 0 parts what grows from what fades. Exponents of
 * -Infinity are left out.
 *
 * @throws BpttError for what is no list of numbers, and for wrong options.
 *
 * @example
 * await writeFile('exponents.svg', plotLyapunovExponents(await lyapunovExponents(model, batch)));
 */
export function plotLyapunovExponents(exponents: ArrayLike<number>, options: PlotOptions = {}): string {
  const values = curveOf('plotLyapunovExponents(exponents)', exponents);
  return draw('plotLyapunovExponents', options, ({ quiet }) => ({
    title: 'Lyapunov exponents',
    x: { name: 'number of the exponent', min: 1, minInterval: 1 },
    y: { name: 'nats a step' },
    series: [
      {
        type: 'line',
        name: 'exponent',
        data: values.map((value, index) => [index + 1, Number.isFinite(value) ? value : null]),
        showSymbol: values.length < 40,
        symbolSize: 5,
        markLine: {
          silent: true,
          symbol: 'none',
          label: { show: false },
          lineStyle: { color: quiet, type: 'dashed' },
          data: [{ yAxis: 0 }],
        },
      },
    ],
  }));
}

/**
 * The shares of gates and units near their limits, as `saturation` gives them.
 *
 * @throws BpttError where there are none, and for wrong options.
 *
 * @example
 * await writeFile('saturation.svg', plotSaturation(await saturation(model, batch)));
 */
export function plotSaturation(found: readonly Saturation[], options: PlotOptions = {}): string {
  const all = saturations.check('plotSaturation(found)', found);
  const percent = (value: number | undefined) => (value === undefined ? null : 100 * value);
  return draw('plotSaturation', options, () => ({
    title: 'Saturation',
    x: {
      name: 'layer and gate',
      type: 'category',
      data: all.map(({ layer, what }) => `${layer} ${what}`),
      splitLine: { show: false },
    },
    y: { name: 'share of values, %', min: 0, max: 100 },
    series: [
      { type: 'bar', name: 'near the lower limit', data: all.map(({ low }) => percent(low)) },
      { type: 'bar', name: 'near the upper limit', data: all.map(({ high }) => percent(high)) },
    ],
  }));
}

/**
 * How much an output depends on each input before it, as `connectivity` gives it.
 *
 * @param labels What was read at each step, such as characters. Default: the number of the step.
 * @throws BpttError for what is no list of numbers or has another number of labels, and for wrong options.
 *
 * @example
 * const norms = await connectivity(model, batch, { at: 10 });
 * const labels = [...vocabulary.decode(batch.inputs.filter((_, i) => i % batch.rows === 0).slice(0, 11))];
 * await writeFile('connectivity.svg', plotConnectivity(norms, { labels }));
 */
export function plotConnectivity(
  norms: ArrayLike<number>,
  options: PlotOptions & Options<typeof labelled> = {},
): string {
  const { labels, ...rest } = checkFields('plotConnectivity', options, { ...plotFields, ...labelled });
  const values = curveOf('plotConnectivity(norms)', norms);
  const names = stepNames('plotConnectivity.labels', values.length, labels);
  return draw('plotConnectivity', rest, () => ({
    title: 'What the last output depends on',
    x: {
      name: 'input',
      type: 'category',
      data: names,
      splitLine: { show: false },
      axisLabel: everyStep(names),
    },
    y: { name: '‖∂ŷ(t) / ∂x(s)‖' },
    series: [{ type: 'bar', name: 'gradient', data: values, barCategoryGap: '15%' }],
  }));
}

/**
 * How far truncated gradients are from the full one over k2, as `truncationError` gives it.
 *
 * @throws BpttError where there are none, and for wrong options.
 *
 * @example
 * const errors = await truncationError(model, batch, { loss: 'cross-entropy', k2: [2, 5, 10] });
 * await writeFile('truncation.svg', plotTruncationError(errors));
 */
export function plotTruncationError(errors: readonly TruncationError[], options: PlotOptions = {}): string {
  const all = truncationErrors.check('plotTruncationError(errors)', errors);
  return draw('plotTruncationError', options, () => ({
    title: 'Truncated against full gradient',
    x: { name: 'k2, steps', type: 'category', data: all.map(({ k2 }) => String(k2)), splitLine: { show: false } },
    y: { name: 'angle, degrees', min: 0 },
    series: [{ type: 'line', name: 'angle', data: all.map(({ degrees }) => degrees), symbolSize: 7 }],
  }));
}

/**
 * How far updates move each parameter, as `updateRatios` gives it: one list for each time that was looked.
 *
 * @throws BpttError where there are none, and for wrong options.
 *
 * @example
 * const before = model.parameters();
 * await fit(model, { data, loss: 'cross-entropy', steps: 1 });
 * await writeFile('updates.svg', plotUpdateRatios([updateRatios(before, model.parameters())]));
 */
export function plotUpdateRatios(times: readonly (readonly UpdateRatio[])[], options: PlotOptions = {}): string {
  const all = ratios.check('plotUpdateRatios(times)', times);
  return draw('plotUpdateRatios', options, () => ({
    title: 'Updates relative to parameters',
    x: { name: 'time', min: 1 },
    y: { name: '‖Δθ‖ / ‖θ‖', type: 'log', axisLabel: scientific },
    series: all[0]!.map(({ name }, index) => ({
      type: 'line',
      name,
      data: all.map((ratios, time) => [time + 1, above(ratios[index]?.ratio ?? 0)]),
      showSymbol: all.length < 40,
    })),
  }));
}
