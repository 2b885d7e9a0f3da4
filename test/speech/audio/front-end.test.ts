// What comes in pieces gives the bits of the whole; what is wrong is refused. Against numpy: test/truth/against-numpy-audio.test.ts.
import { array, assert, constantFrom, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FrontEndOptions, frontEnd, resample, resampler } from '../../../src/speech/index.ts';
import { noise } from '../../support/sound.ts';

const kaldi = { convention: 'kaldi', sampleRate: 2000, mels: 6, lowFrequency: 0 } as const;
const librosa = { convention: 'librosa', sampleRate: 2000, fftSize: 64, mels: 6 } as const;

const fronts: readonly FrontEndOptions[] = [
  kaldi,
  { ...kaldi, snipEdges: false, deltas: 2 },
  { ...kaldi, output: 'mfcc', coefficients: 5, energy: true, deltas: 1, normalize: 'running', normalizeFrames: 3 },
  { ...kaldi, snipEdges: false, frameShift: 40, normalize: 'utterance' },
  librosa,
  { ...librosa, center: false, hop: 100 },
  { ...librosa, deltas: 2, normalize: 'running', stack: 3 },
  { ...librosa, output: 'mfcc', coefficients: 5, topDb: 10 },
];

/** Cuts a sound at places, gives the pieces to a stream and joins what it says. */
function inPieces(
  stream: { push(samples: Float32Array): Float32Array; end(): Float32Array },
  samples: Float32Array,
  places: readonly number[],
): Float32Array {
  const cuts = [0, ...places.map((place) => place % (samples.length + 1)).toSorted((a, b) => a - b), samples.length];
  const parts = cuts.slice(1).map((cut, i) => stream.push(samples.slice(cuts[i], cut)));
  return Float32Array.from([...parts, stream.end()].flatMap((part) => [...part]));
}

const places = array(integer({ min: 0, max: 4000 }), { maxLength: 12 });

describe('a stream', () => {
  it('of features has the bits of the whole clip, however it is cut', () => {
    const cut = property(constantFrom(...fronts), integer({ min: 300, max: 900 }), places, (options, length, at) => {
      const front = frontEnd(options);
      const samples = noise(length, length);
      expect(inPieces(front.stream(), samples, at)).toEqual(front.extract(samples));
    });
    assert(cut, { seed: 1, numRuns: 300 });
  });

  it('of features has the bits of clips of any length that has a frame', () => {
    for (const options of fronts.filter(({ convention, deltas }) => convention === 'kaldi' || deltas === undefined)) {
      const front = frontEnd(options);
      for (let length = 1; length < 120; length++) {
        const samples = noise(length, length);
        const stream = inPieces(front.stream(), samples, [1, 2, 50]);
        if (stream.length === 0) expect(() => front.extract(samples)).toThrow('extract(samples): expected');
        else expect(stream).toEqual(front.extract(samples));
      }
    }
  });

  it('of samples at another rate has the bits of the whole', () => {
    const rates = constantFrom([8000, 16_000], [44_100, 16_000], [16_000, 44_100], [7, 5], [5, 5], [1, 3]);
    const cut = property(rates, integer({ min: 0, max: 900 }), places, ([from, to], length, at) => {
      const samples = noise(length, length);
      const whole = resample(samples, from!, to!);
      expect(whole.length).toBe(Math.ceil((length * to!) / from!));
      expect(inPieces(resampler(from!, to!), samples, at)).toEqual(whole);
    });
    assert(cut, { seed: 1, numRuns: 300 });
  });

  it('gives features as soon as their samples are there', () => {
    const stream = frontEnd(kaldi).stream();
    expect(stream.push(noise(1, 49)).length).toBe(0);
    expect(stream.push(noise(2, 1)).length).toBe(6);
    expect(stream.push(noise(3, 40)).length).toBe(12);
    expect(stream.end().length).toBe(0);
    expect(() => stream.push(noise(4, 1))).toThrow('expected a stream that goes on, got one at its end');
    expect(() => stream.end()).toThrow('expected a stream that goes on');
  });

  it('is as it was after samples that are wrong', () => {
    const front = frontEnd(kaldi);
    const stream = front.stream();
    const samples = noise(1, 200);
    const first = stream.push(samples.subarray(0, 90));
    expect(() => stream.push(Float32Array.of(Number.NaN))).toThrow(
      'push(samples)[0]: expected a finite number, got NaN',
    );
    const rest = stream.push(samples.subarray(90));
    expect(Float32Array.from([...first, ...rest])).toEqual(front.extract(samples));
  });
});

describe('frontEnd', () => {
  it('says all its options, of which it is made again', () => {
    for (const options of fronts) {
      const front = frontEnd(options);
      const again = frontEnd(JSON.parse(JSON.stringify(front.options)));
      expect(again.options).toEqual(front.options);
      expect(again.extract(noise(1, 900))).toEqual(front.extract(noise(1, 900)));
    }
    expect(frontEnd({ ...kaldi, deltas: 2 })).toMatchObject({ size: 18, sampleRate: 2000, frameSeconds: 0.01 });
  });

  it('finds silence neither loud nor infinite', () => {
    for (const options of fronts) {
      expect(frontEnd(options).extract(new Float32Array(900)).every(Number.isFinite)).toBe(true);
    }
  });

  it('puts the energy of a tone into the filter where it lies', () => {
    const sampleRate = 16_000;
    const front = frontEnd({ convention: 'kaldi', sampleRate, mels: 20 });
    const loudest = [300, 1000, 3000].map((hertz) => {
      const tone = Float32Array.from({ length: 1600 }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / sampleRate));
      const frame = front.extract(tone).subarray(80, 100);
      return frame.indexOf(Math.max(...frame));
    });
    const mel = (hertz: number) => 1127 * Math.log(1 + hertz / 700);
    expect(loudest).toEqual(
      [300, 1000, 3000].map((hertz) => Math.round((21 * (mel(hertz) - mel(20))) / (mel(8000) - mel(20))) - 1),
    );
  });

  it('refuses what cannot be', () => {
    const refused = (options: object) => expect(() => frontEnd({ ...kaldi, ...options } as FrontEndOptions));
    refused({ convention: 'htk' }).toThrow('frontEnd.convention: expected one of "kaldi", "librosa", got "htk"');
    refused({ mel: 3 }).toThrow('did you mean "mels"?');
    refused({ mels: 200 }).toThrow('frontEnd.mels: expected filters that each hold a bin of the spectrum');
    refused({ highFrequency: 1001 }).toThrow('at most 1000, half of the sample rate, got 0 and 1001');
    refused({ sampleRate: 4_000_000, frameLength: 10_000 }).toThrow('expected at most 65536 samples, got 10000 ms');
    refused({ frameLength: 0.1 }).toThrow('expected at least 2 samples and 1');
    refused({ output: 'mfcc', coefficients: 7 }).toThrow('frontEnd.coefficients: expected at most mels, 6, got 7');
    expect(() => frontEnd({ ...librosa, fftSize: 100 })).toThrow('frontEnd.fftSize: expected a power of two, got 100');
    expect(() => frontEnd({ ...librosa, windowLength: 65 })).toThrow('expected at most fftSize, 64, got 65');
    expect(() => frontEnd({ ...librosa, deltas: 1 }).extract(noise(1, 32))).toThrow(
      'expected at least 9 frames, got 3',
    );
    expect(() => frontEnd(kaldi).extract(noise(1, 49))).toThrow(
      'at least 50 samples, of which a frame is made, got 49',
    );
    expect(() => resample(noise(1, 9), 0, 8000)).toThrow('resample(from): expected an integer >= 1, got 0');
    expect(() => resample(noise(1, 9), 16_000.5, 8000)).toThrow('resample(from)');
    expect(() => resample(noise(1, 9), 262_147, 8000)).toThrow('resample(from, to): expected rates whose ratio');
    expect(() => resample(noise(1, 9), 9_999_991, 8000)).toThrow('expected rates whose ratio is of numbers up to');
  });
});
