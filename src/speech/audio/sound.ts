// Sound in memory, and the checks of what is given as such.
import { checkFinite, checkInteger, checkObject, checkReadable, show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { list } from '../../base/fields.ts';

/** Samples of one or more channels, of equal length. */
export interface Sound {
  /** Samples a second, in Hz. */
  readonly sampleRate: number;
  /** Samples of each channel, as many in each, from -1 to 1. */
  readonly channels: readonly Float32Array[];
}

/** Samples of one channel. */
export type Samples = Float32Array<ArrayBufferLike>;

/** @throws BpttError for what is no list of finite numbers. */
export function checkSamples(where: string, value: unknown): Samples {
  checkReadable(where, value);
  if (!(value instanceof Float32Array)) {
    throw new BpttError('invalid-argument', `${where}: expected samples as a Float32Array, got ${show(value)}`);
  }
  checkFinite(where, value);
  return value;
}

const channelsOf = list({ check: checkSamples }, 'channels', 1);

/** @throws BpttError for what is no sound. */
export function checkSound(where: string, value: unknown): Sound {
  const { sampleRate, channels } = checkObject(where, value, 'a sound, { sampleRate, channels }');
  checkInteger(`${where}.sampleRate`, sampleRate, 1, 2 ** 32 - 1);
  const all = channelsOf.check(`${where}.channels`, channels);
  const other = all.findIndex(({ length }) => length !== all[0]!.length);
  if (other >= 0) {
    const expected = `${all[0]!.length} samples, as in the first`;
    throw new BpttError(
      'invalid-shape',
      `${where}.channels[${other}]: expected ${expected}, got ${all[other]!.length}`,
    );
  }
  return { sampleRate: sampleRate as number, channels: all };
}

/**
 * The mean of the channels, added in their order.
 *
 * @throws BpttError for what is no sound.
 *
 * @example
 * const { sampleRate } = sound;
 * const features = front.extract(resample(mono(sound), sampleRate, front.sampleRate));
 */
export function mono(sound: Sound): Samples {
  const { channels } = checkSound('mono(sound)', sound);
  if (channels.length === 1) return channels[0]!;
  return channels[0]!.map((_, i) => channels.reduce((sum, samples) => sum + samples[i]!, 0) / channels.length);
}
