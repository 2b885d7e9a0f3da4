// The flags of `bptt train --task translate`: its own, and those of a training on text that mean the same there, with other defaults.
import { oneOf } from '../../base/fields.ts';
import { attentionFields } from '../../layers/attention.ts';
import { crossEntropyFields } from '../../loss/kinds/cross-entropy.ts';
import { flag } from './flags.ts';
import type { TrainValues } from './train-flags.ts';

export const translateFlags = {
  attention: flag(
    'how well the decoder and a step of the source fit, or none',
    oneOf('general', 'dot', 'scaled-dot', 'additive', 'none'),
    'general',
  ),
  heads: flag('heads of the attention; not with additive', attentionFields.heads, 1),
  labelSmoothing: flag('share of each target that is spread over all tokens', crossEntropyFields.smoothing, 0),
};

/** Flags of a training on text that mean the same, and their defaults here. */
export const translateShared = {
  cell: 'gru',
  hidden: 128,
  layers: 1,
  embedding: 64,
  dropout: 0.1,
  tokenizer: 'characters',
  vocabularySize: undefined,
  batch: 64,
  validation: 0.1,
  learningRate: 4e-3,
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

/** What cannot be changed when a training goes on. Of which pairs it was is known by what they say. */
export const fixedTranslateFlags: readonly string[] = [
  ...Object.keys(translateFlags),
  ...['cell', 'hidden', 'layers', 'embedding', 'dropout', 'tokenizer', 'vocabularySize', 'batch', 'validation', 'seed'],
];
