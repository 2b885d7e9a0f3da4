// The flags of `bptt train --task speech`: its own, and those of a training on text that mean the same there, with other defaults.
import { integer, oneOf, string } from '../../base/fields.ts';
import { flag, toggle } from './flags.ts';
import type { TrainValues } from './train-flags.ts';

/** What to train on, and how it is heard. */
export const speechFlags = {
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

/** Flags of a training on text that mean the same, and their defaults here. */
export const speechShared = {
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
  threads: 'auto',
  out: 'model.safetensors',
  overwrite: false,
  report: undefined,
  checkpointEvery: undefined,
  keep: 2,
  resume: false,
  restart: false,
  logEvery: undefined,
  json: false,
} as const satisfies Partial<Record<keyof TrainValues, unknown>>;

/** What cannot be changed when a training goes on. Of which files it was is known by what is heard in them. */
export const fixedSpeechFlags: readonly string[] = [
  ...['labels', 'lowercase', 'sampleRate', 'mels', 'plain'],
  ...['cell', 'hidden', 'layers', 'dropout', 'batch', 'validation', 'seed'],
];

/** Times to hear the files where neither --epochs nor --steps says how many. */
export const EPOCHS = 40;
