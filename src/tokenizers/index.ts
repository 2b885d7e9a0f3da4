// More tokenizers: `import { words, bytes, bytePair } from 'bptt/tokenizers'`. They do what a vocabulary of `characters` does,
// so `textStream`, `generate` and model files work with each.
export { BytePair, bytePair } from './byte-pair.ts';
export { Bytes, bytes } from './bytes.ts';
export { tokenizerFromJSON } from './from-json.ts';
export { type LearnBytePairsOptions, learnBytePairs } from './learn-byte-pairs.ts';
export type {
  BytePairDescription,
  BytesDescription,
  Tokenizer,
  TokenizerDescription,
  WordsDescription,
} from './tokenizer.ts';
export { Words, type WordsOptions, words } from './words.ts';
