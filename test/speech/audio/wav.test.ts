import { array, assert, constantFrom, double, integer, property, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mono, readWav, writeWav } from '../../../src/speech/index.ts';
import { noise } from '../../support/sound.ts';

interface Parts {
  readonly tag?: number;
  readonly channels?: number;
  readonly sampleRate?: number;
  readonly bits?: number;
  readonly data: readonly number[];
  /** Chunks before the data: their tags and sizes. */
  readonly before?: readonly (readonly [string, number])[];
  /** What the header says the data's size is. Default: what it is. */
  readonly size?: number;
}

const text = (value: string) => [...new TextEncoder().encode(value)];
const little = (value: number, bytes: number) =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256);

/** A file as its parts. */
function wav({ tag = 1, channels = 1, sampleRate = 8000, bits = 16, data, before = [], size = data.length }: Parts) {
  const frame = (channels * bits) / 8;
  const format = [tag, channels].flatMap((value) => little(value, 2)).concat(little(sampleRate, 4));
  format.push(...little(sampleRate * frame, 4), ...little(frame, 2), ...little(bits, 2));
  const chunks = before.flatMap(([name, length]) => [
    ...text(name),
    ...little(length, 4),
    ...Array(length + (length % 2)).fill(7),
  ]);
  const body = [
    ...text('WAVEfmt '),
    ...little(16, 4),
    ...format,
    ...chunks,
    ...text('data'),
    ...little(size, 4),
    ...data,
  ];
  return Uint8Array.from([...text('RIFF'), ...little(body.length, 4), ...body]);
}

const samples = (bytes: Uint8Array) => Array.from(readWav(bytes).channels[0]!);

describe('readWav', () => {
  it('reads PCM of 8, 16, 24 and 32 bits, and floats of 32 and 64', () => {
    expect(samples(wav({ bits: 8, data: [0, 128, 192, 255] }))).toEqual([-1, 0, 0.5, 127 / 128]);
    expect(samples(wav({ data: [0, 128, 0, 0, 0, 64, 255, 255] }))).toEqual([-1, 0, 0.5, -(2 ** -15)]);
    expect(samples(wav({ bits: 24, data: [0, 0, 128, 0, 0, 64, 1, 0, 0] }))).toEqual([-1, 0.5, 2 ** -23]);
    expect(samples(wav({ bits: 32, data: [0, 0, 0, 128, 0, 0, 0, 64] }))).toEqual([-1, 0.5]);
    const floats = new Uint8Array(Float32Array.of(1.5, -0.25).buffer);
    expect(samples(wav({ tag: 3, bits: 32, data: [...floats] }))).toEqual([1.5, -0.25]);
    const doubles = new Uint8Array(Float64Array.of(0.5, -3).buffer);
    expect(samples(wav({ tag: 3, bits: 64, data: [...doubles] }))).toEqual([0.5, -3]);
  });

  it('passes over other chunks, of odd sizes too', () => {
    const before = [
      ['LIST', 5],
      ['bext', 8],
      ['junk', 0],
    ] as const;
    expect(samples(wav({ before, data: [0, 64] }))).toEqual([0.5]);
  });

  it('reads 24 channels, 384 kHz, silence, no samples at all, and data whose size was not known', () => {
    const many = readWav(wav({ channels: 24, sampleRate: 384_000, data: Array(24 * 2 * 3).fill(0) }));
    expect(many.sampleRate).toBe(384_000);
    expect(many.channels.map(({ length }) => length)).toEqual(Array(24).fill(3));
    expect(mono(many)).toEqual(new Float32Array(3));
    expect(samples(wav({ data: [] }))).toEqual([]);
    expect(samples(wav({ data: [0, 64], size: 0x7ffff000 }))).toEqual([0.5]);
    expect(samples(wav({ data: [0, 64], size: 0xffffffff }))).toEqual([0.5]);
  });

  it('reads what an extensible format says', () => {
    const plain = [...wav({ data: [0, 64] })];
    const extension = [...little(22, 2), ...little(16, 2), ...little(4, 4), ...little(1, 2), ...Array(14).fill(0)];
    plain.splice(16, 4, ...little(40, 4));
    plain.splice(20, 2, 0xfe, 0xff);
    plain.splice(36, 0, ...extension);
    expect(samples(Uint8Array.from(plain))).toEqual([0.5]);
  });

  it('says what is wrong, in which file and where', () => {
    const refused = (bytes: Uint8Array) => {
      try {
        readWav(bytes, 'a.wav');
      } catch (error) {
        expect(error).toMatchObject({ name: 'BpttError', code: 'bad-file' });
        return (error as Error).message;
      }
      return 'nothing';
    };
    const good = wav({ data: [0, 64, 0, 64] });
    expect(refused(new Uint8Array(0))).toBe('a.wav, byte 0: expected RIFF and WAVE, as WAV files begin, got nothing');
    expect(refused(Uint8Array.from(text('ID3 mp3 file')))).toContain('got "ID3 "');
    expect(refused(good.subarray(0, 46))).toBe(
      'a.wav, byte 44: expected 4 bytes of "data", got 2: the file is cut off',
    );
    expect(refused(good.subarray(0, 36))).toBe('a.wav, byte 36: expected a chunk "data", got the end');
    expect(refused(good.subarray(0, 30))).toBe(
      'a.wav, byte 20: expected 16 bytes of "fmt ", got 10: the file is cut off',
    );
    expect(refused(wav({ data: [0, 64, 0] }))).toContain('expected a multiple of 2 bytes of data, got 3');
    expect(refused(wav({ sampleRate: 0, data: [] }))).toBe(
      'a.wav, byte 24: expected a sample rate of at least 1 Hz, got 0',
    );
    expect(refused(wav({ channels: 0, data: [] }))).toContain('expected at least one channel, got 0');
    expect(refused(wav({ tag: 85, data: [] }))).toContain(
      'byte 20: expected samples as PCM or floats, got MP3; convert it',
    );
    expect(refused(wav({ tag: 0x1234, data: [] }))).toContain('got format 4660');
    expect(refused(wav({ bits: 64, data: [] }))).toContain('expected 8 to 32 bits a sample, got 64 bits in 8 bytes');
    const infinite = new Uint8Array(Float32Array.of(0, Number.POSITIVE_INFINITY).buffer);
    expect(refused(wav({ tag: 3, bits: 32, data: [...infinite] }))).toBe(
      'a.wav, byte 48: expected a finite number in f32, got Infinity',
    );
  });

  it('reads any bytes, or says that they are wrong', () => {
    const damaged = property(uint8Array({ maxLength: 24 }), integer({ min: 0, max: 60 }), (bytes, at) => {
      const whole = [...wav({ channels: 2, data: [1, 2, 3, 4, 5, 6, 7, 8] })];
      whole.splice(at, bytes.length, ...bytes);
      try {
        readWav(Uint8Array.from(whole));
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-file' });
      }
    });
    assert(damaged, { seed: 1, numRuns: 2000 });
  });
});

describe('writeWav', () => {
  it('writes what readWav reads, as near as its bits allow', () => {
    const sounds = array(double({ min: -1, max: 1, noNaN: true }), { maxLength: 20 });
    const written = property(sounds, constantFrom(16, 24, 32), integer({ min: 1, max: 3 }), (values, bits, count) => {
      const channels = Array.from({ length: count }, (_, i) => Float32Array.from(values, (value) => value / (i + 1)));
      const again = readWav(writeWav({ sampleRate: 44_100, channels }, { bits: bits as 16 }));
      expect(again.sampleRate).toBe(44_100);
      for (const [i, channel] of channels.entries()) {
        expect(again.channels[i]!.length).toBe(channel.length);
        for (const [t, value] of channel.entries()) {
          const difference = Math.abs(again.channels[i]![t]! - value);
          expect(difference).toBeLessThanOrEqual(
            bits === 32 ? 0 : value > 1 - 2 ** (1 - bits) ? 2 ** (1 - bits) : 2 ** -bits,
          );
        }
      }
    });
    assert(written, { seed: 1, numRuns: 300 });
  });

  it('refuses samples that PCM has no place for, channels that differ in length, and rates that are none', () => {
    const loud = { sampleRate: 8000, channels: [Float32Array.of(0, 1.5)] };
    expect(() => writeWav(loud)).toThrow(
      'writeWav(sound).channels[0][1]: expected -1 to 1; bits: 32 takes any, got 1.5',
    );
    expect(samples(writeWav(loud, { bits: 32 }))).toEqual([0, 1.5]);
    const uneven = { sampleRate: 8000, channels: [noise(1, 2), noise(2, 3)] };
    expect(() => writeWav(uneven)).toThrow('writeWav(sound).channels[1]: expected 2 samples, as in the first, got 3');
    expect(() => writeWav({ sampleRate: 0, channels: [noise(1, 2)] })).toThrow('writeWav(sound).sampleRate');
    expect(() => writeWav({ sampleRate: 8000, channels: [] })).toThrow(
      'writeWav(sound).channels: expected an array of channels with at least one, got an array of length 0',
    );
  });
});
