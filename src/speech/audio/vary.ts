// Recordings as they might also have been, so that a network learns what is said and not who says it where.
import { Draws, range, whiteNoise } from '../../base/draws.ts';
import { exp } from '../../base/exact-log.ts';
import {
  type Checked,
  checkFields,
  integer,
  type Options,
  object,
  optional,
  such,
  withDefault,
} from '../../base/fields.ts';
import { checkFrontEnd, type FrontEnd, frontEnd } from './front-end.ts';
import { maskFeatures, maskFields } from './masks.ts';
import { resample } from './resample.ts';
import { checkSamples, type Samples } from './sound.ts';

const noiseFields = {
  /** How much louder the sound is than the noise, in dB. */
  ratio: range({ min: -100, max: 200 }),
  /** A recording to take noise from, at the rate of the front end, from a place that is drawn, again from its start where it ends. Default: white noise. */
  recording: optional(
    such<Samples>('a Float32Array with at least one sample', (value) => checkSamples('recording', value).length > 0),
  ),
};

const echoFields = {
  /** Seconds until an echo is 60 dB lower: 0.2 in a furnished room, 1 in a hall. */
  decay: range({ exclusiveMin: 0, max: 20 }),
  /** How much louder the sound is than all its echoes, in dB. Default 6. */
  ratio: withDefault(range({ min: -100, max: 200 }), 6),
};

/** What becomes of the samples. @internal */
export const soundFields = {
  /** By what the tempo and the pitch are multiplied, in hundredths: 0.9 to 1.1 in Ko et al. 2015. Default: as they are. */
  speed: optional(range({ min: 0.25, max: 4 })),
  /** By what samples are multiplied, in dB. Default: as they are. */
  gain: optional(range({ min: -200, max: 200 })),
  /** Echoes of a room. Default none. */
  echo: optional(object(echoFields)),
  /** Noise. Default none. */
  noise: optional(object(noiseFields)),
};

const fields = {
  ...soundFields,
  /** By what frequencies are divided, as another vocal tract would, in hundredths: 0.9 to 1.1 in Jaitly and Hinton 2013. Default: as they are. */
  warp: optional(range({ min: 0.5, max: 2 })),
  /** Features that are hidden (SpecAugment). Default none. */
  masks: optional(object(maskFields)),
};

/** What `varied` changes in each recording, and between which limits. */
export interface VaryOptions extends Options<typeof fields> {}

/** Features [T,F] of samples, varied by a seed, a whole number from 0 to 2^53 - 1. @throws BpttError as `extract` does. */
export type Vary = (samples: Samples, seed: number) => Float32Array<ArrayBuffer>;

/**
 * A front end that hears each recording otherwise, by a seed: at another speed, from another vocal tract, in a room, in noise, and in parts
 * only. What is not named stays as it is; each is drawn anew for each seed, and always alike for the same one, in all engines.
 *
 * @example
 * const vary = varied(front, { speed: [0.9, 1.1], warp: [0.9, 1.1], noise: { ratio: [10, 40] }, masks: { steps: 2, longest: 20 } });
 * const inputs = vary(samples, 1); // another number for each recording of each epoch
 *
 * @throws BpttError for options that are wrong or unknown.
 */
export function varied(front: FrontEnd, options: VaryOptions): Vary {
  checkFrontEnd('varied(front)', front);
  const { warp, masks, ...sound } = checkFields('varied', options, fields);
  const warped = new Map<number, FrontEnd>();
  const warpedBy = (factor: number): FrontEnd => {
    const known = warped.get(factor) ?? frontEnd({ ...front.options, warp: factor });
    warped.set(factor, known);
    return known;
  };
  return (samples, seed) => {
    const draws = new Draws(integer({ min: 0 }).check('vary(seed)', seed));
    const heard = varySound(checkSamples('vary(samples)', samples), front.sampleRate, sound, draws);
    const { extract, size } = warp === undefined ? front : warpedBy(inHundredths(draws.between(warp)) / 100);
    const found = extract(heard);
    return masks === undefined ? found : maskFeatures(found, size, masks, draws);
  };
}

/** The samples as they come to the front end: what of the options is no matter of features. @internal */
export function varySound(
  samples: Samples,
  sampleRate: number,
  { speed, gain, echo, noise }: Checked<typeof soundFields>,
  draws: Draws,
): Samples {
  let heard = samples;
  if (speed !== undefined) heard = resample(heard, inHundredths(draws.between(speed)), 100);
  if (echo !== undefined) {
    heard = echoed(heard, draws.between(echo.decay) * sampleRate, draws.between(echo.ratio), draws);
  }
  if (noise !== undefined) heard = noisy(heard, draws.between(noise.ratio), noise.recording, draws);
  if (gain === undefined) return heard;
  const factor = fromDecibels(draws.between(gain));
  return heard.map((sample) => sample * factor);
}

/** Of a speed or a warp: resampling and filters are of ratios of small whole numbers. */
const inHundredths = (factor: number) => Math.round(100 * factor);

/** As a factor of amplitudes. */
const fromDecibels = (decibels: number) => exp((decibels * Math.LN10) / 20);

const energyOf = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum / values.length;
};

/** Silence stays silent: no noise is softer than it by so many dB. */
function noisy(samples: Samples, ratio: number, recording: Samples | undefined, draws: Draws): Samples {
  const source = recording ?? whiteNoise();
  const from = draws.below(source.length);
  // A loop: `from` with a function took longer than all else of a variation.
  const noise = new Float64Array(samples.length);
  for (let i = 0; i < noise.length; i++) noise[i] = source[(from + i) % source.length]!;
  const energy = energyOf(noise);
  const factor = energy > 0 ? Math.sqrt(energyOf(samples) / energy) / fromDecibels(ratio) : 0;
  return samples.map((sample, i) => sample + factor * noise[i]!);
}

/** Echoes of a sound: enough that none is heard as one. */
const ECHOES = 60;

/** The sound and what comes back at random moments, weaker and weaker; the end of the sound is the end of its echoes. */
function echoed(samples: Samples, decay: number, ratio: number, draws: Draws): Samples {
  const signs = draws.normal(ECHOES);
  const delays = Array.from({ length: ECHOES }, () => 1 + draws.below(Math.max(1, Math.ceil(decay))));
  // e^(-ln 1000 t/decay) is 60 dB lower at the end.
  const strengths = delays.map((delay, i) => signs[i]! * exp((-3 * Math.LN10 * delay) / decay));
  const total = strengths.reduce((sum, strength) => sum + strength * strength, 0);
  const factor = total > 0 ? 1 / (Math.sqrt(total) * fromDecibels(ratio)) : 0;
  const result = Float64Array.from(samples);
  for (const [i, delay] of delays.entries()) {
    const strength = factor * strengths[i]!;
    for (let t = delay; t < samples.length; t++) result[t]! += strength * samples[t - delay]!;
  }
  return new Float32Array(result);
}
