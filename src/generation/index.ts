// `import { beamSearch, generateBatch, perplexity, score } from 'bptt/generation'`: what there is beside `generate`.
export { type BeamSearchOptions, beamSearch } from './beam-search.ts';
export type { Hypothesis } from './beams.ts';
export { type GenerateBatchOptions, type GeneratedBatch, type GeneratedRow, generateBatch } from './generate-batch.ts';
export { type Perplexity, type PerplexityOptions, perplexity } from './perplexity.ts';
export { type ScoreOptions, type SequenceScore, score } from './score.ts';
