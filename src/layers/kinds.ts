// The functions of all layer kinds beside those that every page has: for model files in Node, threads and the command line, which read
// descriptions that are plain data. A page that reads such data hands in the kinds that it wants to know: `kinds: [concat]`.
import { activation } from './activation.ts';
import { add } from './add.ts';
import { attention } from './attention.ts';
import { average } from './average.ts';
import { batchNormalization } from './batch-normalization.ts';
import { concat } from './concat.ts';
import { conv1d, conv2d } from './convolution.ts';
import { bring, type LayerFunction } from './describe.ts';
import { flatten } from './flatten.ts';
import { groupNormalization } from './group-normalization.ts';
import { activationLayer } from './later/activation.ts';
import { attentionLayer } from './later/attention.ts';
import { batchNormalizationLayer } from './later/batch-normalization.ts';
import { conv1dLayer, conv2dLayer } from './later/convolution.ts';
import { flattenLayer } from './later/flatten.ts';
import { groupNormalizationLayer } from './later/group-normalization.ts';
import { averagePoolLayer, maxPoolLayer } from './later/pooling.ts';
import { multiply } from './multiply.ts';
import { averagePool, maxPool } from './pooling.ts';
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
  bring(conv1d, conv1dLayer as never),
  bring(conv2d, conv2dLayer as never),
  bring(maxPool, maxPoolLayer as never),
  bring(averagePool, averagePoolLayer as never),
  bring(groupNormalization, groupNormalizationLayer as never),
  bring(flatten, flattenLayer as never),
];
