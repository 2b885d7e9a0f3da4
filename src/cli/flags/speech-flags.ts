// The flags of `bptt train --task speech`: its own, and those of a training on text that mean the same there, with other defaults.
import type { Command } from 'commander';
import { BpttError } from '../../base/errors.ts';
import { integer, oneOf, string } from '../../base/fields.ts';
import { flag, isTyped, toggle, typed, type Values, valuesOf } from './flags.ts';
import { type TrainValues, trainFlags } from './train-flags.ts';

/** What to train on, and how it is heard. */
export const speechFlags = {
  task: flag('what to learn from', oneOf('text', 'speech'), 'text'),
  transcripts: flag(
    'CSV or TSV with the columns file and text (default: the only one in the folder, else a .txt beside each file)',
    string,
    undefined,
    'file',
  ),
  labels: flag('what transcripts are made of', oneOf('characters', 'words'), 'characters'),
  lowercase: toggle('write transcripts in small letters'),
  skipBad: toggle('leave out files that cannot be used, naming each, instead of ending at the first'),
  sampleRate: flag(
    'samples a second that the model hears; files are resampled',
    integer({ min: 1200, max: 48_000 }),
    16_000,
  ),
  mels: flag('mel filters', integer({ min: 3, max: 128 }), 40),
  plain: toggle('hear every file as it is, not at other speeds, from other voices and in noise each time'),
};

type SpeechFlags = Values<typeof speechFlags>;

/** Flags of a training on text that mean the same, and their defaults here. */
const shared = {
  cell: 'gru',
  hidden: 96,
  layers: 2,
  dropout: 0.2,
  batch: 16,
  validation: 0.1,
  learningRate: 3e-3,
  clip: 5,
  epochs: undefined,
  steps: undefined,
  earlyStopping: undefined,
  seed: 0,
  out: 'model.safetensors',
  overwrite: false,
  report: undefined,
  logEvery: undefined,
  json: false,
} as const satisfies Partial<Record<keyof TrainValues, unknown>>;

export type SpeechValues = SpeechFlags & Pick<TrainValues, keyof typeof shared>;

/**
 * The values of a training on speech; undefined for one on text.
 *
 * @throws BpttError for flags of the other task.
 */
export function speechValuesOf(command: Command): SpeechValues | undefined {
  const own = valuesOf(speechFlags, command);
  const speech = own.task === 'speech';
  const foreign = speech
    ? Object.keys(trainFlags).filter((name) => !(name in shared))
    : Object.keys(speechFlags).filter((name) => name !== 'task');
  const given = foreign.find((name) => isTyped(command, name));
  if (given !== undefined) {
    const task = speech ? 'text' : 'speech';
    throw new BpttError('invalid-argument', `${typed(given)}: expected --task ${task} with it, got ${own.task}`);
  }
  if (!speech) return undefined;
  const values = valuesOf(trainFlags, command);
  const chosen = Object.entries(shared).map(([name, fallback]) => [
    name,
    isTyped(command, name) ? values[name as keyof typeof shared] : fallback,
  ]);
  return { ...own, ...Object.fromEntries(chosen) } as SpeechValues;
}

/** Times to hear the files where neither --epochs nor --steps says how many. */
export const EPOCHS = 40;
