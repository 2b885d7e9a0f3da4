// What the numbers of `bptt inspect` mean, in words.
import type { Saturation, TruncationError } from '../../diagnostics/index.ts';
import type { ModelDescription } from '../../index.ts';
import { cellKindOf, isDirected } from '../../layers/recurrent/cells.ts';

/** The least that is read: with less there are no lags to speak of. */
export const LEAST_STEPS = 8;

/** What was found of one recurrent layer. */
export interface Findings {
  readonly layer: number;
  readonly steps: number;
  /** `‖∂L_t/∂h_{t-k}‖` for k = 0, 1, … */
  readonly lags: readonly number[];
  /** The largest, in nats a step. */
  readonly lyapunovExponent: number;
  readonly spectralRadius: Readonly<Record<string, number>>;
  readonly truncation: readonly TruncationError[];
  readonly saturation: readonly Saturation[];
}

/** Below this share of what it is at lag 0, a gradient is lost in that of nearer steps. */
const LOST = 0.01;
/** Degrees between truncated and full gradient that still point the same way. */
const CLOSE = 10;
/** Above this share of values near their limits, a gate or unit hardly learns. */
const SATURATED = 0.5;

/** The geometric mean by which gradients change a step, over all lags; 0 where they end. */
export function rateOf(lags: readonly number[]): number {
  const last = lags.length - 1;
  const [first, end] = [lags[0]!, lags[last]!];
  return first > 0 && end > 0 ? (end / first) ** (1 / last) : 0;
}

/** The first lag whose gradient is lost, or undefined. */
export function horizonOf(lags: readonly number[]): number | undefined {
  const lag = lags.findIndex((norm) => norm < LOST * lags[0]!);
  return lag < 0 ? undefined : lag;
}

/** The shortest k2 whose gradient points where the full one does; there is one, as the last reaches over all steps. */
export function enoughOf(truncation: readonly TruncationError[]): number {
  return truncation.find(({ degrees }) => degrees <= CLOSE)!.k2;
}

/** What was found, sentence by sentence. */
export function summaryOf({
  layer,
  steps,
  lags,
  lyapunovExponent,
  spectralRadius,
  truncation,
  saturation,
}: Findings): string[] {
  const rate = rateOf(lags);
  const horizon = horizonOf(lags);
  const reach = lags.length - 1;
  const flow =
    rate > 1.01
      ? `Gradients of layer ${layer} grow by ${rate.toFixed(2)} a step on their way back, over ${reach} steps: they explode.`
      : `Gradients of layer ${layer} shrink by ${rate.toFixed(2)} a step on their way back, on the average of ${reach} steps.`;
  const end =
    horizon === undefined
      ? `At lag ${reach} they still have ${percent(lags[reach]! / lags[0]!)} of their size: dependencies over ${reach} steps can be learned.`
      : `From lag ${horizon} on they are below 1 % of what they are at lag 0: dependencies beyond ${horizon} steps are hardly learned.`;
  const radii = Object.entries(spectralRadius).map(([gate, radius]) => `${gate} ${radius.toFixed(2)}`);
  const enough = enoughOf(truncation);
  const gates = saturation
    .filter(({ low, high = 0 }) => low + high > SATURATED)
    .map(({ what, low, high = 0 }) => `${what} ${percent(low + high)}`);
  return [
    flow,
    end,
    `The largest Lyapunov exponent is ${lyapunovExponent.toFixed(3)} nats a step: neighbouring states ${lyapunovExponent > 0 ? 'part' : 'meet'}. Spectral radius of W: ${radii.join(', ')}.`,
    `k2 = ${enough} is enough for a gradient within ${CLOSE} degrees of that of full BPTT over ${steps} steps.`,
    ...(gates.length > 0 ? [`Near their limits more often than not: ${gates.join(', ')}.`] : []),
  ];
}

const percent = (share: number) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

/** What could help; nothing where all is well. */
export function adviceOf({ layer, lags, saturation }: Findings, description: ModelDescription): string[] {
  const recurrent = description.flatMap((entry) => (entry.kind === 'residual' ? [entry.layer] : [entry]));
  const options = cellKindOf(recurrent.filter(isDirected)[layer]!)!.fields;
  const horizon = horizonOf(lags);
  const advice: string[] = [];
  if (rateOf(lags) > 1.01) advice.push('clip the gradient (--clip 1), or begin with a smaller W.');
  if (horizon !== undefined && horizon < lags.length - 1) {
    if ('forgetBias' in options) advice.push('a larger forget bias (--forget-bias 3), or chrono initialisation.');
    else if ('gateActivation' in options)
      advice.push('an LSTM with a large forget bias (--cell lstm --forget-bias 3).');
    else if ('vanishingRegularization' in options)
      advice.push('an LSTM or GRU (--cell lstm), ReLU with W = identity, or --vanishing-regularization 0.1.');
    else advice.push('an LSTM or GRU (--cell lstm).');
  }
  if (saturation.some(({ what, low, high = 0 }) => what === 'h' && low + high > SATURATED)) {
    advice.push(
      'a smaller learning rate, layer normalisation (--layer-norm) or --l2: the units stand at their limits.',
    );
  }
  return advice;
}
