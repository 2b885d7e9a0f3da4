// Kaldi's features, as `compute-fbank-feats` and `compute-mfcc-feats` have them, without dither, and torchaudio.compliance.kaldi.

import { BpttError } from '../../base/errors.ts';
import { log } from '../../base/exact-log.ts';
import { boolean, type Checked, integer, number, oneOf, optional, withDefault } from '../../base/fields.ts';
import { kaldiDifferences } from './deltas.ts';
import { powerSpectrum } from './fft.ts';
import { type FrameLayout, frames } from './frames.ts';
import type { Front } from './front.ts';
import { cepstrum, type Filter, filtered, htk, lift, triangles, warpedHertz } from './mel.ts';
import { type WindowName, windowFunctions, windowOf } from './windows.ts';

export const kaldiFields = {
  /** Samples a second, in Hz, of what is read. */
  sampleRate: integer({ min: 100, max: 2 ** 22 }),
  /** `log-mel`: logarithms of energies in mel filters. `mfcc`: cepstral coefficients of them. Default `log-mel`. */
  output: withDefault(oneOf('log-mel', 'mfcc'), 'log-mel'),
  /** Milliseconds of a frame. Default 25. */
  frameLength: withDefault(number({ exclusiveMin: 0, max: 10_000 }), 25),
  /** Milliseconds from the start of a frame to that of the next. Default 10. */
  frameShift: withDefault(number({ exclusiveMin: 0, max: 10_000 }), 10),
  /** Whether only frames that lie within the samples count; else what is beyond is the reflection of what is not. Default true. */
  snipEdges: withDefault(boolean, true),
  /** What samples are multiplied with: 32768 for models of Kaldi, which reads whole numbers. Default 1. */
  scale: withDefault(number({ exclusiveMin: 0 }), 1),
  /** Of x[t] - a x[t-1]. Default 0.97. */
  preemphasis: withDefault(number({ min: 0, max: 1 }), 0.97),
  /** Default `povey`. */
  window: withDefault(oneOf(...(Object.keys(windowFunctions) as WindowName[])), 'povey'),
  /** How many filters. Default 23. */
  mels: withDefault(integer({ min: 3, max: 512 }), 23),
  /** Where the lowest filter begins, in Hz. Default 20. */
  lowFrequency: withDefault(number({ min: 0 }), 20),
  /** Where the highest filter ends, in Hz. Default: half of the sample rate. */
  highFrequency: optional(number({ exclusiveMin: 0 })),
  /** Whether the logarithm of a frame's energy is a feature too: before the filters, and in place of the first coefficient. Default false. */
  energy: withDefault(boolean, false),
  /** How many coefficients. Default 13. */
  coefficients: withDefault(integer({ min: 1 }), 13),
  /** L of the lifter; 0 for none. Default 22. */
  lifter: withDefault(number({ min: 0 }), 22),
  /**
   * The least energy that a logarithm is taken of. Samples that are all 0, as between sounds that were put together, are as far below speech as
   * it says: 0.001 is in the range of a silent room for samples from -1 to 1. Default 2^-23, the distance from 1 to the next number of f32.
   */
  floor: withDefault(number({ exclusiveMin: 0 }), 2 ** -23),
  /** By what frequencies are divided, as another vocal tract would (VTLN). Default 1. */
  warp: withDefault(number({ min: 0.5, max: 2 }), 1),
};

/** The most samples of a frame, of which a transform and its filters are made. */
const LONGEST = 2 ** 16;

/** @throws BpttError for options that do not fit each other. */
export function kaldiFront(where: string, options: Checked<typeof kaldiFields>): Front {
  const { sampleRate, frameLength, frameShift, snipEdges, output, mels, coefficients, energy } = options;
  const length = Math.floor((sampleRate * frameLength) / 1000);
  const shift = Math.floor((sampleRate * frameShift) / 1000);
  if (length < 2 || shift < 1) {
    const got = `${frameLength} and ${frameShift} ms, which are ${length} and ${shift} at ${sampleRate} Hz`;
    throw new BpttError(
      'invalid-argument',
      `${where}.frameLength and frameShift: expected at least 2 samples and 1, got ${got}`,
    );
  }
  if (length > LONGEST) {
    const got = `${frameLength} ms, which are ${length} at ${sampleRate} Hz`;
    throw new BpttError('invalid-argument', `${where}.frameLength: expected at most ${LONGEST} samples, got ${got}`);
  }
  const { lowFrequency: low, highFrequency: high = sampleRate / 2 } = options;
  checkBand(where, low, high, sampleRate);
  if (output === 'mfcc' && coefficients > mels) {
    throw new BpttError(
      'invalid-argument',
      `${where}.coefficients: expected at most mels, ${mels}, got ${coefficients}`,
    );
  }
  const size = output === 'mfcc' ? coefficients : mels + (energy ? 1 : 0);
  const half = Math.floor(shift / 2);
  const whole = { length, shift, first: 0, beyond: 'zeros' } as const;
  const layout: FrameLayout = snipEdges
    ? { ...whole, count: (n) => (n < length ? 0 : 1 + Math.floor((n - length) / shift)) }
    : {
        ...whole,
        first: half - Math.floor(length / 2),
        beyond: 'reflection',
        count: (n) => Math.floor((n + half) / shift),
      };
  const read = reader(options, length, filtersOf(where, options, length, low, high));
  return {
    size,
    shift,
    least: snipEdges ? length : shift - half,
    differences: kaldiDifferences,
    stage: () => frames(layout, size, read),
  };
}

/** The length of the transform: the next power of two. */
function transformLength(length: number): number {
  let N = 4;
  while (N < length) N *= 2;
  return N;
}

/** Triangles that are linear in mel. */
function filtersOf(where: string, options: Checked<typeof kaldiFields>, length: number, low: number, high: number) {
  const { sampleRate, mels, warp } = options;
  const N = transformLength(length);
  const width = (htk.mel(high) - htk.mel(low)) / (mels + 1);
  const warped = warpedHertz(low, high, warp);
  const edges = Array.from({ length: mels + 2 }, (_, i) => {
    const mel = htk.mel(low) + i * width;
    return warp === 1 ? mel : htk.mel(warped(htk.hertz(mel)));
  });
  // Nyquist's bin is in no filter.
  const places = Float64Array.from({ length: N / 2 }, (_, k) => htk.mel((k * sampleRate) / N));
  return triangles(where, edges, places);
}

/** From a frame to its features. */
function reader(options: Checked<typeof kaldiFields>, length: number, filters: readonly Filter[]) {
  const { scale, preemphasis, window, output, mels, coefficients, lifter, energy, floor } = options;
  const N = transformLength(length);
  const weights = windowOf(window, length, false);
  const transform = powerSpectrum(N);
  const power = new Float64Array(N / 2 + 1);
  const energies = new Float64Array(mels);
  const coefficientsOf = cepstrum(mels, coefficients, (n) => lift(lifter, n));
  return (frame: Float64Array, into: Float64Array): void => {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += frame[i]!;
    const mean = sum / length;
    let squares = 0;
    for (let i = 0; i < length; i++) {
      const x = scale * (frame[i]! - mean);
      frame[i] = x;
      squares += x * x;
    }
    for (let i = length - 1; i >= 0; i--) {
      frame[i] = (frame[i]! - preemphasis * frame[Math.max(i - 1, 0)]!) * weights[i]!;
    }
    transform(frame, power);
    filtered(filters, power, energies);
    for (let i = 0; i < mels; i++) energies[i] = log(Math.max(energies[i]!, floor));
    const before = energy ? log(Math.max(squares, floor)) : 0;
    if (output === 'mfcc') coefficientsOf(energies, into);
    else into.set(energies, energy ? 1 : 0);
    if (energy) into[0] = before;
  };
}

/** @throws BpttError for a band that is none. */
export function checkBand(where: string, low: number, high: number, sampleRate: number): void {
  if (low + 600 <= high && high <= sampleRate / 2) return;
  const expected = `at least 600 Hz between them, and at most ${sampleRate / 2}, half of the sample rate`;
  throw new BpttError(
    'invalid-argument',
    `${where}.lowFrequency and highFrequency: expected ${expected}, got ${low} and ${high}`,
  );
}
