// All diagnostics of one recurrent layer of a model that reads a text, with their pictures and what they mean: for `bptt inspect`, and
// for the report of a training.

import { sharedCopy } from '../../diagnostics/copy.ts';
import {
  connectivity,
  eigenvalues,
  gradientByLag,
  hiddenStates,
  jacobians,
  lyapunovExponents,
  saturation,
  spectralRadius,
  truncationError,
} from '../../diagnostics/index.ts';
import type { Batch, Model } from '../../index.ts';
import {
  plotConnectivity,
  plotGradientByLag,
  plotLyapunovExponents,
  plotSaturation,
  plotSingularValues,
  plotSpectrum,
  plotStates,
  plotTruncationError,
} from '../../plots/index.ts';
import { adviceOf, type Findings, summaryOf } from './inspect-summary.ts';

/** Losses whose gradients are followed back, at as many places of the text. */
const PLACES = 8;
/** Last steps whose Jacobians are looked at, of large and of small layers. */
const FEW = 4;
const MANY = 32;
/** Lyapunov exponents, the largest. */
const EXPONENTS = 16;

/** What was found. */
export interface Flow {
  readonly steps: number;
  readonly findings: Findings;
  /** In words. */
  readonly summary: readonly string[];
  /** What could help; nothing where all is well. */
  readonly advice: readonly string[];
  /** SVGs by name. */
  readonly pictures: Readonly<Record<string, string>>;
}

/**
 * How gradients flow through one recurrent layer while the model reads `characters`, each to predict the next.
 *
 * @param tokens At least `LEAST_STEPS` + 1.
 * @param characters The same, to be read.
 */
export async function lookInside(
  model: Model,
  tokens: Int32Array,
  characters: readonly string[],
  layer: number,
): Promise<Flow> {
  const steps = tokens.length - 1;
  const batch: Batch = { steps, rows: 1, inputs: tokens.subarray(0, steps), targets: tokens.subarray(1) };
  const { findings, pictures } = await diagnose(model, batch, characters.slice(0, steps), layer);
  return { steps, findings, summary: summaryOf(findings), advice: adviceOf(findings, model.description), pictures };
}

/** All diagnostics of one recurrent layer. */
async function diagnose(model: Model, batch: Batch, labels: readonly string[], layer: number) {
  const loss = 'cross-entropy' as const;
  const { steps } = batch;
  const copy = await sharedCopy(model);
  const states = await hiddenStates(copy, batch, { layer });
  // Of the last steps alone: singular values of large matrices take their time.
  const from = Math.max(0, steps - (states.columns > 64 ? FEW : MANY));
  const before = { steps: from, rows: 1, inputs: batch.inputs.slice(0, from) as Int32Array };
  const state = from === 0 ? model.zeroState(1) : model.forward(before).state;
  const rest = { steps: steps - from, rows: 1, inputs: batch.inputs.slice(from) as Int32Array };
  const found = await jacobians(copy, rest, { layer, state });
  // The mean over losses at several places, each as far back as all of them reach.
  const reach = steps >> 1;
  const lags = new Float64Array(reach + 1);
  for (let place = 0; place < PLACES; place++) {
    const at = steps - 1 - Math.floor((place * (steps - 1 - reach)) / PLACES);
    const norms = await gradientByLag(copy, batch, { loss, at, layer });
    for (let lag = 0; lag <= reach; lag++) lags[lag]! += norms[lag]! / PLACES;
  }
  const k2 = [1, 2, 4, 8, 16, 32, 64, 128].filter((length) => length < steps);
  const truncated = await truncationError(copy, batch, { loss, k2: [...k2, steps] });
  const saturated = await saturation(copy, batch);
  const count = Math.min(EXPONENTS, found.size);
  const exponents = await lyapunovExponents(copy, batch, { layer, count });
  const findings: Findings = {
    layer,
    steps,
    lags: [...lags],
    lyapunovExponent: exponents[0]!,
    spectralRadius: spectralRadius(model, { layer }),
    truncation: truncated,
    saturation: saturated.filter((one) => one.layer === layer),
  };
  const pictures = {
    'gradient-by-lag': plotGradientByLag(lags),
    'truncation-error': plotTruncationError(truncated),
    'jacobian-spectrum': plotSpectrum(eigenvalues(found.steps.at(-1)!), {
      title: 'Eigenvalues of the last Jacobian',
    }),
    'singular-values': plotSingularValues(found.steps, { from: from + 1 }),
    'lyapunov-exponents': plotLyapunovExponents(exponents),
    connectivity: plotConnectivity(await connectivity(copy, batch), { labels, width: wide(steps) }),
    'hidden-states': plotStates(states, {
      labels,
      width: wide(steps),
      height: Math.min(900, 120 + 6 * states.columns),
    }),
    // A layer without limits has none.
    ...(saturated.length > 0 && { saturation: plotSaturation(saturated) }),
  };
  return { findings, pictures };
}

/** Room for a label at each step, as far as the page is wide: the last step must be seen. */
const wide = (steps: number) => Math.max(720, Math.min(920, 160 + 11 * steps));
