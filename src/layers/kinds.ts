// The functions of all layer kinds beside those that every page has: for model files in Node, threads and the command line, which read
// descriptions that are plain data. A page that reads such data hands in the kinds that it wants to know: `kinds: [concat]`.
import { activation } from './activation.ts';
import { add } from './add.ts';
import { attention } from './attention.ts';
import { average } from './average.ts';
import { batchNormalization } from './batch-normalization.ts';
import { concat } from './concat.ts';
import { bring, type LayerFunction } from './describe.ts';
import { flatten } from './flatten.ts';
import { activationLayer } from './later/activation.ts';
import { attentionLayer } from './later/attention.ts';
import { batchNormalizationLayer } from './later/batch-normalization.ts';
import { flattenLayer } from './later/flatten.ts';
import { multiply } from './multiply.ts';
import { repeat } from './repeat.ts';

export const moreKinds: readonly LayerFunction[] = [
  concat,
  add,
  repeat,
  average,
  multiply,
  bring(activation, activationLayer as never),
  bring(attention, attentionLayer as never),
  bring(batchNormalization, batchNormalizationLayer as never),
  bring(flatten, flattenLayer as never),
];
