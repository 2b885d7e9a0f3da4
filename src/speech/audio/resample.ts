// Another sample rate: a low-pass filter, a windowed sinc, of which each output takes every `up`-th number.
import { checkInteger } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { sineOfPi } from '../../base/exact-sine.ts';
import { checkSamples, type Samples } from './sound.ts';

/** Samples of one stream at another rate: together those of the whole, to the bit, however it is cut. */
export interface Resampler {
  /** What can be said after these. @throws BpttError for samples that are not finite; the stream is as it was. */
  push(samples: Samples): Float32Array<ArrayBuffer>;
  /** What is left when nothing more comes. */
  end(): Float32Array<ArrayBuffer>;
}

/** Zero crossings of the sinc on either side, and the parameter of Kaiser's window: those of `scipy.signal.resample_poly`. */
const CROSSINGS = 10;
const BETA = 5;

/** The modified Bessel function I0, by its power series: (x²/4)^k / k!². */
function bessel(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x * x) / (4 * k * k);
    sum += term;
  }
  return sum;
}

/** The filter, of 2·half + 1 numbers whose sum is `up`: the sinc ends at the lower of the two rates' half. */
function lowPass(up: number, half: number, widest: number): Float64Array {
  const taps = Float64Array.from({ length: 2 * half + 1 }, (_, i) => {
    const n = i - half;
    const x = n / widest;
    const sinc = n === 0 ? 1 : sineOfPi(x) / (Math.PI * x);
    return sinc * bessel(BETA * Math.sqrt(1 - (n / half) * (n / half)));
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => (tap * up) / sum);
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/**
 * The most that either rate may be after both are divided by what divides them: tables of 20 numbers for each. 44100 to 16000 is 441 to 160;
 * rates without a common divisor reach it at 262 kHz. It is a file that says its rate.
 */
const LARGEST = 2 ** 18;

/**
 * Samples at another rate, by a polyphase filter of a sinc with 10 zero crossings on either side under Kaiser's window (β = 5): frequencies
 * above half of the lower rate are 50 dB down. n samples become ⌈n·to/from⌉, and numbers are those of `scipy.signal.resample_poly`.
 *
 * @param samples Those of one channel.
 * @param from Their rate, in Hz.
 * @param to The rate that is wanted.
 * @throws BpttError for rates that are no whole numbers from 1, and samples that are not finite.
 *
 * @example
 * const sound = readWav(await readFile('hello.wav'));
 * const samples = resample(mono(sound), sound.sampleRate, 8000);
 */
export function resample(samples: Samples, from: number, to: number): Float32Array<ArrayBuffer> {
  checkSamples('resample(samples)', samples);
  const stream = resamplerOf('resample', from, to);
  const [first, last] = [stream.push(samples), stream.end()];
  const all = new Float32Array(first.length + last.length);
  all.set(first);
  all.set(last, first.length);
  return all;
}

/**
 * The same of samples that come in pieces.
 *
 * @throws BpttError for rates that are no whole numbers from 1.
 *
 * @example
 * const slower = resampler(48_000, 16_000);
 * const first = slower.push(samples.subarray(0, 1000)); // pieces of any lengths
 * const rest = slower.push(samples.subarray(1000));
 * console.log(first.length + rest.length + slower.end().length);
 */
export function resampler(from: number, to: number): Resampler {
  return resamplerOf('resampler', from, to);
}

function resamplerOf(where: string, from: number, to: number): Resampler {
  const common = divisor(checkInteger(`${where}(from)`, from, 1), checkInteger(`${where}(to)`, to, 1));
  const [down, up] = [from / common, to / common];
  const widest = Math.max(up, down);
  if (widest > LARGEST) {
    const got = `${from} to ${to}`;
    throw new BpttError(
      'invalid-argument',
      `${where}(from, to): expected rates whose ratio is of numbers up to ${LARGEST}, got ${got}`,
    );
  }
  const half = CROSSINGS * widest;
  const filter = up === down ? Float64Array.of(1) : lowPass(up, half, widest);
  return polyphase(filter, up === down ? 0 : half, up, down);
}

/** y[m] = Σ_i filter[m·down - i·up + half] x[i], i ascending over the samples that there are. */
function polyphase(filter: Float64Array, half: number, up: number, down: number): Resampler {
  let kept = new Float32Array(0);
  let start = 0; // the place of the first that is kept
  let total = 0;
  let made = 0;
  const take = (ready: number): Float32Array<ArrayBuffer> => {
    const result = new Float32Array(Math.max(0, ready - made));
    for (let at = 0; made < ready; made++, at++) {
      const centre = made * down;
      const first = Math.max(0, Math.ceil((centre - half) / up));
      const last = Math.min(total - 1, Math.floor((centre + half) / up));
      let sum = 0;
      for (let i = first, tap = centre - first * up + half; i <= last; i++, tap -= up)
        sum += filter[tap]! * kept[i - start]!;
      result[at] = sum;
    }
    return result;
  };
  return {
    push(samples) {
      checkSamples('push(samples)', samples);
      const useful = Math.min(total, Math.max(start, Math.ceil((made * down - half) / up)));
      const longer = new Float32Array(total - useful + samples.length);
      longer.set(kept.subarray(useful - start));
      longer.set(samples, total - useful);
      [kept, start, total] = [longer, useful, total + samples.length];
      // Those whose last sample, at (m·down + half)/up, is there.
      return take(Math.floor((total * up - 1 - half) / down) + 1);
    },
    end: () => take(Math.ceil((total * up) / down)),
  };
}
