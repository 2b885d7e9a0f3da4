// Losses beside the three that every page has: `import { huber } from 'bptt/losses'`.
export { type HuberDescription, type HuberOptions, huber } from './kinds/huber.ts';
export { type MeanAbsoluteDescription, meanAbsolute } from './kinds/mean-absolute.ts';
