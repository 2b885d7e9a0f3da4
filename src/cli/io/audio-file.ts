// Audio files: WAV by our own reader, everything else by the optional package audio-decode.
import { extname } from 'node:path';
import { BpttError } from '../../base/errors.ts';
import { readBytes } from '../../node/atomic-file.ts';
import { mono, readWav, resample, type Sound } from '../../speech/index.ts';
import type { FileKind } from './labelled-folder.ts';
import { renamedError } from './renamed-error.ts';

/** What names of files with sound end in. */
const audioExtensions: readonly string[] = [
  ...['.wav', '.wave', '.mp3', '.flac', '.ogg', '.oga', '.opus', '.m4a', '.aac', '.aif', '.aiff', '.webm', '.wma'],
];

/** Recordings with what is said in them. */
export const recordings: FileKind = {
  files: 'audio files',
  file: 'an audio file',
  is: (name) => audioExtensions.includes(extname(name).toLowerCase()),
  texts: (stem) => [`${stem}.txt`],
};

/**
 * The samples of a file in one channel at a rate.
 *
 * @throws BpttError that names the file, and where what is wrong with it.
 */
export async function readSamples(path: string, sampleRate: number): Promise<Float32Array> {
  const bytes = await readBytes(path);
  const isWav = ['.wav', '.wave'].includes(extname(path).toLowerCase()) || startsWith(bytes, 'RIFF');
  const sound = isWav ? readWav(bytes, path) : await decoded(bytes, path);
  let samples: Float32Array;
  try {
    samples = resample(mono(sound), sound.sampleRate, sampleRate);
  } catch (cause) {
    throw renamedError(cause, { 'resample(from, to)': path, 'mono(sound)': path });
  }
  if (samples.length > 0) return samples;
  throw new BpttError('bad-file', `${path}: expected sound, got a file without any samples`);
}

const startsWith = (bytes: Uint8Array, tag: string) => String.fromCharCode(...bytes.subarray(0, tag.length)) === tag;

/** The part of audio-decode that is used. */
type Decode = (
  bytes: Uint8Array,
) => Promise<{ readonly sampleRate: number; readonly channelData: readonly Float32Array[] }>;

async function decoded(bytes: Uint8Array, path: string): Promise<Sound> {
  const name = 'audio-decode'; // in a variable: bundlers and the type check are not to look for it
  let decode: Decode;
  try {
    ({ default: decode } = (await import(name)) as { default: Decode });
  } catch (cause) {
    const remedy = 'npm install audio-decode reads others, or `ffmpeg -i FILE out.wav` makes one of it';
    throw new BpttError('bad-file', `${path}: expected a WAV file, got another; ${remedy}`, { cause });
  }
  try {
    const { sampleRate, channelData } = await decode(bytes);
    return { sampleRate, channels: channelData };
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new BpttError('bad-file', `${path}: expected sound that audio-decode reads, got: ${said}`, { cause });
  }
}
