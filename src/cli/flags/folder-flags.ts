// The flags of `bptt train` on a folder of files with texts beside them, recordings or images, and their defaults of flags that mean the same in a training on text.
import { string } from '../../base/fields.ts';
import { flag, toggle } from './flags.ts';
import type { TrainValues } from './train-flags.ts';

export const folderFlags = {
  transcripts: flag(
    'CSV or TSV with the columns file and text (default: the only one in the folder, else a .txt beside each file)',
    string,
    undefined,
    'file',
  ),
  lowercase: toggle('write transcripts in small letters'),
  skipBad: toggle('leave out files that cannot be used, naming each, instead of ending at the first'),
  plain: toggle(
    'learn from every file as it is, not varied each time: speed, voice and noise, or place, lean, blur and noise',
  ),
};

export const folderShared = {
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

/** What cannot be changed when a training goes on. Of which files it was is known by what is in them. */
export const fixedFolderFlags: readonly string[] = [
  ...['labels', 'lowercase', 'sampleRate', 'mels', 'height', 'vgsl', 'plain'],
  ...['cell', 'hidden', 'layers', 'dropout', 'batch', 'validation', 'seed'],
];

/** Times to go through the files where neither --epochs nor --steps says how many. */
export const EPOCHS = 40;
