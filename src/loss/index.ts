// Losses beside the three that every page has: `import { huber } from 'bptt/losses'`.
export { type CrossEntropyDescription, type CrossEntropyOptions, crossEntropy } from './kinds/cross-entropy.ts';
export { type FocalDescription, type FocalOptions, focal } from './kinds/focal.ts';
export { type HuberDescription, type HuberOptions, huber } from './kinds/huber.ts';
export { type MeanAbsoluteDescription, meanAbsolute } from './kinds/mean-absolute.ts';
export { type QuantileDescription, type QuantileOptions, quantile } from './kinds/quantile.ts';
