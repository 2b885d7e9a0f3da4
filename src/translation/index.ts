// `import { pairs, translate, bleu, chrf } from 'bptt/translation'`: from one sequence to another.
export { type Bleu, bleu } from './bleu.ts';
export { type Chrf, type ChrfOptions, chrf } from './chrf.ts';
export { type DatePairsOptions, datePairs } from './dates.ts';
export { type Pair, type PairData, type PairsOptions, pairs } from './pairs.ts';
export { readPairs } from './read-pairs.ts';
export { type TranslateOptions, type Translation, translate } from './translate.ts';
