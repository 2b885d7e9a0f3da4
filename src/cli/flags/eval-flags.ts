// Every flag of `bptt eval`.
import { string } from '../../base/fields.ts';
import { unknownFlag } from '../io/vocabulary.ts';
import { flag, overwriteFlag, toggle, type Values } from './flags.ts';

export const evalFlags = {
  unknown: unknownFlag,
  metrics: flag(
    'of each token, between commas: accuracy, top-5, precision, recall, f1, perplexity, confusion; of a forecast: mae, r2 (default: both)',
    string,
    undefined,
    'names',
  ),
  plot: flag('picture to write of the confusion, .svg', string, undefined, 'file'),
  overwrite: overwriteFlag,
  json: toggle('print one JSON event'),
};

export type EvalValues = Values<typeof evalFlags>;
