import { describe, expect, it } from 'vitest';
import { Draws } from '../../../src/base/draws.ts';
import { checkFields } from '../../../src/base/fields.ts';
import { soundFields, varySound } from '../../../src/speech/audio/vary.ts';
import { frontEnd, resample, type VaryOptions, varied } from '../../../src/speech/index.ts';
import { noise } from '../../support/sound.ts';

const front = frontEnd({ convention: 'kaldi', sampleRate: 8000, mels: 12 });
const samples = noise(1, 4000).map((value, i) => value * (i % 40 < 20 ? 1 : 0.2));
const tone = (hertz: number, length = 4000) =>
  Float32Array.from({ length }, (_, i) => 0.3 * Math.sin((2 * Math.PI * hertz * i) / 8000));
const everything: VaryOptions = {
  speed: [0.9, 1.1],
  warp: [0.9, 1.1],
  gain: [-6, 6],
  echo: { decay: [0.1, 0.4] },
  noise: { ratio: [5, 30] },
  masks: { steps: 2, longest: 5, features: 1, widest: 3 },
};

/** The samples that come to the front end. */
const heard = (options: VaryOptions, given: Float32Array = samples, seed = 1) =>
  varySound(given, 8000, checkFields('varied', options, soundFields), new Draws(seed));
const energy = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
const decibels = (a: number, b: number) => 10 * Math.log10(a / b);

describe('varied', () => {
  it('hears the same by one seed, and something else by another', () => {
    for (const [name, value] of [
      ...Object.entries(everything),
      ['noise', { ratio: 10, recording: noise(3, 700) }] as const,
    ]) {
      const vary = varied(front, { [name]: value });
      expect(vary(samples, 7), name).toEqual(vary(samples, 7));
      expect(vary(samples, 8), name).not.toEqual(vary(samples, 7));
    }
    expect(varied(front, everything)(samples, 2 ** 33)).toEqual(varied(front, everything)(samples, 2 ** 33));
    expect(varied(front, everything)(samples, 2 ** 33)).not.toEqual(varied(front, everything)(samples, 0));
  });

  it('hears what is there where nothing is named, and leaves the samples as they are', () => {
    const before = samples.slice();
    expect(varied(front, {})(samples, 0)).toEqual(front.extract(samples));
    varied(front, everything)(samples, 0);
    expect(samples).toEqual(before);
  });

  it('adds noise that is softer by as many dB as it is told', () => {
    for (const ratio of [-10, 0, 20]) {
      for (const recording of [undefined, noise(2, 333)]) {
        const added = heard({ noise: { ratio, ...(recording && { recording }) } }).map(
          (value, i) => value - samples[i]!,
        );
        expect(decibels(energy(samples), energy(added))).toBeCloseTo(ratio, 4);
      }
    }
    expect(heard({ noise: { ratio: 10 } }, new Float32Array(100))).toEqual(new Float32Array(100));
  });

  it('plays faster, higher and shorter', () => {
    expect(heard({ speed: 1.25 })).toEqual(resample(samples, 125, 100));
    expect(heard({ speed: 0.5 }).length).toBe(8000);
    const lengths = Array.from({ length: 50 }, (_, seed) => heard({ speed: [0.8, 1.2] }, samples, seed).length);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(Math.floor(4000 / 1.2));
    expect(Math.max(...lengths)).toBeLessThanOrEqual(5000);
    expect(new Set(lengths).size).toBeGreaterThan(20);
  });

  it('hears another vocal tract: what is heard at one frequency comes from one that is lower by the factor', () => {
    const peak = (features: Float32Array) => features.subarray(0, 12).indexOf(Math.max(...features.subarray(0, 12)));
    const places = [0.8, 1, 1.25].map((warp) => peak(varied(front, { warp })(tone(1200), 0)));
    expect(places).toEqual([0.8, 1, 1.25].map((warp) => peak(front.extract(tone(1200 * warp)))));
    expect(new Set(places).size).toBe(3);
  });

  it('echoes for as long as it is told, softer by as many dB', () => {
    const click = new Float32Array(8000);
    click[0] = 1;
    const room = heard({ echo: { decay: 0.25, ratio: 3 } }, click);
    expect(room[0]).toBe(1);
    // Echoes that come back together are louder than two.
    expect(Math.abs(decibels(1, energy(room.subarray(1))) - 3)).toBeLessThan(1);
    expect(energy(room.subarray(2001))).toBe(0);
    expect(energy(room.subarray(1, 1000))).toBeGreaterThan(10 * energy(room.subarray(1000)));
  });

  it('is louder by as many dB as it is told', () => {
    expect(decibels(energy(heard({ gain: 6 })), energy(samples))).toBeCloseTo(6, 4);
  });

  it('hides whole steps and whole features, no more of them than it may', () => {
    const masks = { steps: 2, longest: 7, features: 2, widest: 3, value: -99 };
    let [most, widest] = [0, 0];
    for (let seed = 0; seed < 40; seed++) {
      const found = varied(front, { masks })(samples, seed);
      const T = found.length / 12;
      const hidden = (t: number, f: number) => found[12 * t + f] === -99;
      const steps = [...Array(T).keys()].filter((t) => [...Array(12).keys()].every((f) => hidden(t, f)));
      const columns = [...Array(12).keys()].filter((f) => [...Array(T).keys()].every((t) => hidden(t, f)));
      const all = [...found].filter((value) => value === -99).length;
      expect(all).toBe(12 * steps.length + columns.length * (T - steps.length));
      [most, widest] = [Math.max(most, steps.length), Math.max(widest, columns.length)];
    }
    expect(most).toBeGreaterThan(7);
    expect(most).toBeLessThanOrEqual(14);
    expect(widest).toBeGreaterThan(3);
    expect(widest).toBeLessThanOrEqual(6);
  });

  it('refuses what cannot be', () => {
    const refused = (options: object) => expect(() => varied(front, options as VaryOptions));
    refused({ pitch: 1 }).toThrow('varied: expected only speed, gain, echo, noise, warp, masks, got "pitch"');
    refused({ speed: [1.1, 0.9] }).toThrow('varied.speed[1]: expected a finite number >= 1.1 and <= 4, got 0.9');
    refused({ speed: [1] }).toThrow('varied.speed: expected a number, or two, got an array of length 1');
    refused({ noise: {} }).toThrow('varied.noise.ratio: expected a finite number');
    refused({ noise: { ratio: 1, recording: new Float32Array(0) } }).toThrow(
      'varied.noise.recording: expected a Float32Array',
    );
    refused({ echo: { decay: 0 } }).toThrow('varied.echo.decay: expected a finite number > 0');
    expect(() => varied(front, {})(samples, -1)).toThrow('vary(seed): expected an integer >= 0, got -1');
    expect(() => varied({} as never, {})).toThrow('varied(front): expected what frontEnd gives, got an object');
  });
});
