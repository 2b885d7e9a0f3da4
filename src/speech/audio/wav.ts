// WAV files (Multimedia Programming Interface and Data Specifications 1.0, IBM and Microsoft 1991): PCM of 8 to 32 bits and floats.
import { checkBytes, checkString, show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { checkFields, type Options, oneOf, withDefault } from '../../base/fields.ts';
import { checkSound, type Sound } from './sound.ts';

/** What `fmt ` says of samples. */
interface Format {
  readonly float: boolean;
  readonly channels: number;
  readonly sampleRate: number;
  /** Of one sample of one channel. */
  readonly bytes: number;
}

/** Format tags that are met in files and are not read here. */
const compressed: Readonly<Record<number, string>> = {
  2: 'Microsoft ADPCM',
  6: 'A-law',
  7: 'µ-law',
  17: 'IMA ADPCM',
  49: 'GSM 6.10',
  85: 'MP3',
  255: 'AAC',
};

/** Programs that write into a pipe do not know how long the data will be: FFmpeg and SoX say so, eSpeak something less. */
const UNKNOWN_SIZE = 0x7ffff000;

/**
 * Reads a WAV file: PCM of 8, 16, 24 or 32 bits, floats of 32 or 64, any number of channels, any rate. Chunks that hold no samples are passed
 * over. Of data whose size was not known when the file was begun, all that follows is read.
 *
 * @param name What errors call the file.
 * @returns samples from -1 to 1, those of floats as they are.
 * @throws BpttError `bad-file` with the place, for what is no WAV file, is compressed, cut off, of 0 Hz, or holds a number that is not finite.
 *
 * @example
 * const { sampleRate, channels } = readWav(await readFile('hello.wav'), 'hello.wav');
 */
export function readWav(bytes: Uint8Array, name = 'WAV'): Sound {
  checkBytes('readWav(bytes)', bytes);
  checkString('readWav(name)', name);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bad = (at: number, expected: string, got: string) =>
    new BpttError('bad-file', `${name}, byte ${at}: expected ${expected}, got ${got}`);
  const tag = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE') {
    throw bad(0, 'RIFF and WAVE, as WAV files begin', bytes.length === 0 ? 'nothing' : show(tag(0)));
  }
  let format: Format | undefined;
  let data: { readonly at: number; readonly size: number } | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const [kind, said] = [tag(at), view.getUint32(at + 4, true)];
    const left = bytes.length - at - 8;
    const size = kind === 'data' && said >= UNKNOWN_SIZE ? left : said;
    if (size > left) throw bad(at + 8, `${size} bytes of ${show(kind)}`, `${left}: the file is cut off`);
    if (kind === 'fmt ') format = formatOf(view, at + 8, size, bad);
    if (kind === 'data') data ??= { at: at + 8, size };
    at += 8 + size + (size % 2); // odd chunks are followed by a byte
  }
  if (format === undefined) throw bad(bytes.length, 'a chunk "fmt "', 'the end');
  if (data === undefined) throw bad(bytes.length, 'a chunk "data"', 'the end');
  const frame = format.bytes * format.channels;
  if (data.size % frame !== 0) {
    throw bad(data.at, `a multiple of ${frame} bytes of data`, `${data.size}: the file is cut off`);
  }
  const channels = samplesOf(view, data.at, data.size / frame, format);
  for (const [channel, samples] of channels.entries()) {
    const wrong = format.float ? samples.findIndex((sample) => !Number.isFinite(sample)) : -1;
    if (wrong < 0) continue;
    throw bad(data.at + wrong * frame + channel * format.bytes, 'a finite number in f32', String(samples[wrong]));
  }
  return { sampleRate: format.sampleRate, channels };
}

type Bad = (at: number, expected: string, got: string) => BpttError;

function formatOf(view: DataView, at: number, size: number, bad: Bad): Format {
  if (size < 16) throw bad(at, 'at least 16 bytes of "fmt "', String(size));
  // Extensible formats have the tag in the first bytes of a GUID.
  const given = view.getUint16(at, true);
  const tag = given === 0xfffe && size >= 26 ? view.getUint16(at + 24, true) : given;
  if (tag !== 1 && tag !== 3) {
    const remedy = 'convert it, as by `ffmpeg -i in.wav -c:a pcm_s16le out.wav`';
    throw bad(at, 'samples as PCM or floats', `${compressed[tag] ?? `format ${tag}`}; ${remedy}`);
  }
  const channels = view.getUint16(at + 2, true);
  const sampleRate = view.getUint32(at + 4, true);
  const bytes = view.getUint16(at + 12, true) / channels;
  const bits = view.getUint16(at + 14, true);
  if (channels === 0) throw bad(at + 2, 'at least one channel', '0');
  if (sampleRate === 0) throw bad(at + 4, 'a sample rate of at least 1 Hz', '0');
  const float = tag === 3;
  if (!(float ? [4, 8] : [1, 2, 3, 4]).includes(bytes) || bytes !== Math.ceil(bits / 8)) {
    throw bad(at + 14, `${float ? '32 or 64' : '8 to 32'} bits a sample`, `${bits} bits in ${bytes} bytes`);
  }
  return { float, channels, sampleRate, bytes };
}

function samplesOf(view: DataView, at: number, length: number, { float, channels, bytes }: Format): Float32Array[] {
  const kind = `${float ? 'float' : 'pcm'}${8 * bytes}` as keyof typeof readers;
  const read = readers[kind];
  return Array.from({ length: channels }, (_, channel) => {
    const samples = new Float32Array(length);
    for (let i = 0; i < length; i++) samples[i] = read(view, at + (i * channels + channel) * bytes);
    return samples;
  });
}

const readers = {
  pcm8: (view: DataView, at: number) => (view.getUint8(at) - 128) / 128, // the only one without a sign
  pcm16: (view: DataView, at: number) => view.getInt16(at, true) / 2 ** 15,
  pcm24: (view: DataView, at: number) => (view.getInt8(at + 2) * 2 ** 16 + view.getUint16(at, true)) / 2 ** 23,
  pcm32: (view: DataView, at: number) => view.getInt32(at, true) / 2 ** 31,
  float32: (view: DataView, at: number) => view.getFloat32(at, true),
  float64: (view: DataView, at: number) => view.getFloat64(at, true),
};

const fields = {
  /** Bits of a sample: 16 or 24 as PCM, 32 as floats, which lose nothing. Default 16. */
  bits: withDefault(oneOf(16, 24, 32), 16),
};

/** How many bits a sample of `writeWav` has. */
export interface WriteWavOptions extends Options<typeof fields> {}

/**
 * A sound as the bytes of a WAV file. PCM is rounded to the nearest step; of 1 the largest there is.
 *
 * @throws BpttError for sounds that are wrong, samples beyond -1 and 1 where they are written as PCM, and wrong or unknown options.
 *
 * @example
 * await writeFile('tone.wav', writeWav({ sampleRate: 16_000, channels: [samples] }, { bits: 24 }));
 */
export function writeWav(sound: Sound, options: WriteWavOptions = {}): Uint8Array<ArrayBuffer> {
  const { sampleRate, channels } = checkSound('writeWav(sound)', sound);
  const { bits } = checkFields('writeWav', options, fields);
  const length = channels[0]!.length;
  const [width, frame] = [bits / 8, (bits / 8) * channels.length];
  const data = length * frame;
  const bytes = new Uint8Array(44 + data + (data % 2));
  const view = new DataView(bytes.buffer);
  const text = (at: number, tag: string) => bytes.set(new TextEncoder().encode(tag), at);
  text(0, 'RIFF');
  view.setUint32(4, bytes.length - 8, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, bits === 32 ? 3 : 1, true);
  view.setUint16(22, channels.length, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * frame, true);
  view.setUint16(32, frame, true);
  view.setUint16(34, bits, true);
  text(36, 'data');
  view.setUint32(40, data, true);
  const top = 2 ** (bits - 1);
  for (const [channel, samples] of channels.entries()) {
    for (const [i, sample] of samples.entries()) {
      const at = 44 + i * frame + channel * width;
      if (bits === 32) {
        view.setFloat32(at, sample, true);
        continue;
      }
      if (!(Math.abs(sample) <= 1)) {
        const where = `writeWav(sound).channels[${channel}][${i}]`;
        throw new BpttError('invalid-argument', `${where}: expected -1 to 1; bits: 32 takes any, got ${sample}`);
      }
      const value = Math.min(Math.round(sample * top), top - 1);
      if (bits === 24) view.setInt8(at + 2, value >> 16);
      view.setUint16(at, value & 0xffff, true);
    }
  }
  return bytes;
}
