// From samples to what networks hear: features of frames.
import { checkObject, checkOneOf, show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { type Checked, checkFields, integer, type Options, oneOf, withDefault } from '../../base/fields.ts';
import { deltas } from './deltas.ts';
import { kaldiFields, kaldiFront } from './kaldi.ts';
import { librosaFields, librosaFront } from './librosa.ts';
import { overUtterance, running } from './normalize.ts';
import { checkSamples, type Samples } from './sound.ts';
import { chain, type Stage, stacked } from './stage.ts';

const afterwards = {
  /** How often differences between frames follow: 1 for Δ, 2 for Δ and ΔΔ, each with as many features again. Default 0. */
  deltas: withDefault(oneOf(0, 1, 2), 0),
  /**
   * `utterance`: each feature has mean 0 and variance 1 over the whole; a stream has its features at its end. `running`: over the newest
   * `normalizeFrames` frames, up to the one that is normalised. Default `none`.
   */
  normalize: withDefault(oneOf('none', 'utterance', 'running'), 'none'),
  /** How many frames side by side become one, so that networks read fewer; what is left at the end is not heard. Default 1. */
  stack: withDefault(integer({ min: 1, max: 100 }), 1),
  /** Frames that a running normalisation is over. Default 300. */
  normalizeFrames: withDefault(integer({ min: 1 }), 300),
};

const fields = {
  kaldi: { ...kaldiFields, ...afterwards },
  librosa: { ...librosaFields, ...afterwards },
};

/** Options of features with Kaldi's formulas and defaults. Plain data. */
export interface KaldiOptions extends Options<typeof kaldiFields>, Options<typeof afterwards> {
  /** Whose formulas and defaults: Kaldi's. */
  readonly convention: 'kaldi';
}

/** Options of features with librosa's formulas and defaults. Plain data. */
export interface LibrosaOptions extends Options<typeof librosaFields>, Options<typeof afterwards> {
  /** Whose formulas and defaults: librosa's. */
  readonly convention: 'librosa';
}

/** What `frontEnd` takes: the features of one convention or the other, told apart by `convention`. */
export type FrontEndOptions = KaldiOptions | LibrosaOptions;

/** What makes features of samples. */
export interface FrontEnd {
  /** All options with their defaults, as plain data: what a model's metadata may hold. `frontEnd` makes the same of it again. */
  readonly options: FrontEndOptions;
  /** Samples a second, in Hz, of what it reads. */
  readonly sampleRate: number;
  /** F, the features of a frame. */
  readonly size: number;
  /** Seconds from one frame to the next. */
  readonly frameSeconds: number;
  /**
   * Features [T,F] of a whole clip.
   *
   * @throws BpttError for samples that are not finite, or fewer than one frame needs.
   */
  extract(samples: Samples): Float32Array<ArrayBuffer>;
  /** Features of samples that come in pieces. */
  stream(): FeatureStream;
}

/** Features of one stream: together those of the whole, to the bit, however it is cut. */
export interface FeatureStream {
  /** Features [n,F] of the frames that these samples complete. @throws BpttError for samples that are not finite; the stream is as it was. */
  push(samples: Samples): Float32Array<ArrayBuffer>;
  /** Features of the last frames. The stream is at its end. @throws BpttError where it was there before. */
  end(): Float32Array<ArrayBuffer>;
}

/**
 * What makes features: log-mel energies or cepstral coefficients (MFCC), in the conventions of Kaldi or of librosa, with differences between
 * frames and normalisation where they are wanted. Everything is computed in f64 from + - * / and square roots, so that the features have the
 * same bits in all engines; they are rounded to f32 at the end.
 *
 * @example
 * const front = frontEnd({ convention: 'kaldi', sampleRate: 16_000, mels: 40, normalize: 'utterance' });
 * const { sampleRate, channels } = readWav(await readFile('hello.wav'));
 * const inputs = front.extract(resample(channels[0], sampleRate, front.sampleRate)); // [T, 40]
 *
 * @throws BpttError for options that are wrong or unknown, bands beyond half of the sample rate, and filters too narrow for the spectrum.
 */
export function frontEnd(options: FrontEndOptions): FrontEnd {
  return frontEndOf('frontEnd', options);
}

/** What was made here, and nothing that looks like it. */
const made = /* @__PURE__ */ new WeakSet<FrontEnd>();

/** @throws BpttError for what `frontEnd` has not given. */
export function checkFrontEnd(where: string, value: FrontEnd): void {
  if (Object(value) === value && made.has(value)) return;
  throw new BpttError('invalid-argument', `${where}: expected what frontEnd gives, got ${show(value)}`);
}

/** The same for who calls the options something else. */
export function frontEndOf(where: string, options: FrontEndOptions): FrontEnd {
  const { convention: given, ...rest } = checkObject(where, options);
  const convention = checkOneOf(`${where}.convention`, given, ['kaldi', 'librosa']);
  const kaldi = convention === 'kaldi';
  const checked = checkFields(where, rest, fields[convention as 'kaldi']) as Checked<typeof fields.kaldi>;
  const spectrum = kaldi ? kaldiFront(where, checked) : librosaFront(where, checked as never);
  const { deltas: orders, normalize, normalizeFrames, stack, sampleRate } = checked;
  const size = spectrum.size * (1 + orders);
  const least = spectrum.least + (stack - 1) * spectrum.shift;
  const stage = (): Stage<Samples> =>
    chain(spectrum.stage(), [
      ...(orders === 0 ? [] : [deltas(where, spectrum.size, spectrum.differences(orders))]),
      ...(normalize === 'utterance' ? [overUtterance(size)] : []),
      ...(normalize === 'running' ? [running(size, normalizeFrames)] : []),
      ...(stack > 1 ? [stacked(size * stack)] : []),
    ]);
  const front: FrontEnd = {
    options: { convention, ...checked } as FrontEndOptions,
    sampleRate,
    size: size * stack,
    frameSeconds: (stack * spectrum.shift) / sampleRate,
    extract(samples) {
      const given = checkSamples('extract(samples)', samples);
      if (given.length < least) {
        const expected = `at least ${least} samples, of which a frame is made`;
        throw new BpttError('invalid-argument', `extract(samples): expected ${expected}, got ${given.length}`);
      }
      const stream = streamOf(stage());
      const [first, last] = [stream.push(given), stream.end()];
      const all = new Float32Array(first.length + last.length);
      all.set(first);
      all.set(last, first.length);
      return all;
    },
    stream: () => streamOf(stage()),
  };
  made.add(front);
  return front;
}

function streamOf(stage: Stage<Samples>): FeatureStream {
  let ended = false;
  const open = (call: string) => {
    if (ended) throw new BpttError('invalid-argument', `${call}: expected a stream that goes on, got one at its end`);
  };
  return {
    push(samples) {
      open('push(samples)');
      return new Float32Array(stage.push(checkSamples('push(samples)', samples)));
    },
    end() {
      open('end()');
      ended = true;
      return new Float32Array(stage.end());
    },
  };
}
