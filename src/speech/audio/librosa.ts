// librosa's features, as `feature.melspectrogram` through `power_to_db`, and `feature.mfcc`, have them.

import { checkInteger } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { log } from '../../base/exact-log.ts';
import { boolean, type Checked, type Field, integer, number, oneOf, optional, withDefault } from '../../base/fields.ts';
import { librosaDifferences } from './deltas.ts';
import { powerSpectrum } from './fft.ts';
import { type FrameLayout, frames } from './frames.ts';
import type { Front } from './front.ts';
import { checkBand } from './kaldi.ts';
import { cepstrum, type Filter, filtered, htk, lift, slaney, triangles, warpedHertz } from './mel.ts';
import { atTheEnd, chain, rowByRow } from './stage.ts';
import { type WindowName, windowFunctions, windowOf } from './windows.ts';

const powerOfTwo: Field<number> = {
  check(where, value) {
    const N = checkInteger(where, value, 4, 2 ** 16);
    if ((N & (N - 1)) === 0) return N;
    throw new BpttError('invalid-argument', `${where}: expected a power of two, got ${N}`);
  },
};

interface WindowLengths {
  readonly fftSize: number;
  readonly windowLength?: number;
}

export const librosaFields = {
  /** Samples a second, in Hz, of what is read: librosa's `sr`. */
  sampleRate: integer({ min: 100, max: 2 ** 22 }),
  /** `log-mel`: energies in mel filters, in dB. `mfcc`: cepstral coefficients of them. Default `log-mel`. */
  output: withDefault(oneOf('log-mel', 'mfcc'), 'log-mel'),
  /** Samples of a frame, a power of two: `n_fft`. Default 2048. */
  fftSize: withDefault(powerOfTwo, 2048),
  /** Samples that the window covers, in the middle of the frame: `win_length`. Default `fftSize`. */
  windowLength: optional(integer({ min: 1 })),
  /** Samples from one frame to the next: `hop_length`. Default: a quarter of the window. */
  hop: withDefault(integer({ min: 1 }), ({ fftSize, windowLength = fftSize }: WindowLengths) =>
    Math.max(1, Math.floor(windowLength / 4)),
  ),
  /** Default `hann`. */
  window: withDefault(oneOf(...(Object.keys(windowFunctions) as WindowName[])), 'hann'),
  /** Whether frame t is centred on sample t·hop, with zeros beyond the ends; else it begins there. Default true. */
  center: withDefault(boolean, true),
  /** How many filters: `n_mels`. Default 128. */
  mels: withDefault(integer({ min: 3, max: 512 }), 128),
  /** Where the lowest filter begins, in Hz: `fmin`. Default 0. */
  lowFrequency: withDefault(number({ min: 0 }), 0),
  /** Where the highest filter ends, in Hz: `fmax`. Default: half of the sample rate. */
  highFrequency: optional(number({ exclusiveMin: 0 })),
  /** The mel scale: Slaney's, or HTK's. Default `slaney`. */
  scale: withDefault(oneOf('slaney', 'htk'), 'slaney'),
  /** `slaney`: filters of equal area; `none`: of equal height. Default `slaney`. */
  norm: withDefault(oneOf('slaney', 'none'), 'slaney'),
  /** How far below the loudest, in dB, energies end. A stream has its features at its end then. Default: anywhere, where librosa has 80. */
  topDb: optional(number({ min: 0 })),
  /** How many coefficients: `n_mfcc`. Default 20. */
  coefficients: withDefault(integer({ min: 1 }), 20),
  /** L of the lifter; 0 for none. Default 0. */
  lifter: withDefault(number({ min: 0 }), 0),
  /** By what frequencies are divided, as another vocal tract would (Kaldi's VTLN). Default 1. */
  warp: withDefault(number({ min: 0.5, max: 2 }), 1),
};

const FLOOR = 1e-10;
const DECIBELS = 10 / Math.LN10;

/** @throws BpttError for options that do not fit each other. */
export function librosaFront(where: string, options: Checked<typeof librosaFields>): Front {
  const { sampleRate, fftSize: N, windowLength = N, hop: shift, center, output, mels, coefficients, topDb } = options;
  if (windowLength > N) {
    throw new BpttError(
      'invalid-argument',
      `${where}.windowLength: expected at most fftSize, ${N}, got ${windowLength}`,
    );
  }
  const { lowFrequency: low, highFrequency: high = sampleRate / 2 } = options;
  checkBand(where, low, high, sampleRate);
  if (output === 'mfcc' && coefficients > mels) {
    throw new BpttError(
      'invalid-argument',
      `${where}.coefficients: expected at most mels, ${mels}, got ${coefficients}`,
    );
  }
  const whole = { length: N, shift, beyond: 'zeros' } as const;
  const layout: FrameLayout = center
    ? { ...whole, first: -N / 2, count: (n) => 1 + Math.floor(n / shift) }
    : { ...whole, first: 0, count: (n) => (n < N ? 0 : 1 + Math.floor((n - N) / shift)) };
  const read = reader(options, windowLength, filtersOf(where, options, low, high));
  // 1 + L/2 sin(π (n + 1)/L), n from 0.
  const coefficientsOf = cepstrum(mels, coefficients, (n) => lift(options.lifter, n + 1));
  return {
    size: output === 'mfcc' ? coefficients : mels,
    shift,
    least: center ? 1 : N,
    differences: librosaDifferences,
    stage: () =>
      chain(frames(layout, mels, read), [
        ...(topDb === undefined ? [] : [belowTheLoudest(topDb)]),
        ...(output === 'mfcc' ? [rowByRow(mels, coefficients, coefficientsOf)] : []),
      ]),
  };
}

/** Triangles that are linear in Hz. */
function filtersOf(
  where: string,
  options: Checked<typeof librosaFields>,
  low: number,
  high: number,
): readonly Filter[] {
  const { sampleRate, fftSize: N, mels, scale, norm, warp } = options;
  const { mel, hertz } = scale === 'htk' ? htk : slaney;
  const width = (mel(high) - mel(low)) / (mels + 1);
  const warped = warpedHertz(low, high, warp);
  const edges = Array.from({ length: mels + 2 }, (_, i) => warped(hertz(mel(low) + i * width)));
  const places = Float64Array.from({ length: N / 2 + 1 }, (_, k) => (k * sampleRate) / N);
  const filters = triangles(where, edges, places);
  if (norm === 'none') return filters;
  return filters.map(({ first, weights }, i) => {
    const area = 2 / (edges[i + 2]! - edges[i]!);
    return { first, weights: weights.map((weight) => weight * area) };
  });
}

/** From a frame to its energies in dB. */
function reader(options: Checked<typeof librosaFields>, windowLength: number, filters: readonly Filter[]) {
  const { fftSize: N, window } = options;
  const weights = new Float64Array(N);
  weights.set(windowOf(window, windowLength, true), Math.floor((N - windowLength) / 2));
  const transform = powerSpectrum(N);
  const power = new Float64Array(N / 2 + 1);
  return (frame: Float64Array, into: Float64Array): void => {
    for (let i = 0; i < N; i++) frame[i]! *= weights[i]!;
    transform(frame, power);
    filtered(filters, power, into);
    for (let i = 0; i < into.length; i++) into[i] = DECIBELS * log(Math.max(into[i]!, FLOOR));
  };
}

const belowTheLoudest = (topDb: number) =>
  atTheEnd((all) => {
    const floor = all.reduce((max, value) => Math.max(max, value), Number.NEGATIVE_INFINITY) - topDb;
    return all.map((value) => Math.max(value, floor));
  });
