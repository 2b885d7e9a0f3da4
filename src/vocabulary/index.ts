// Words and characters that a model has, and is to have: `import { extendVocabulary, loadVectors } from 'bptt/vocabulary'`.
export { type ExtendedVocabulary, type ExtendVocabularyOptions, extendVocabulary } from './extend-vocabulary.ts';
export { type LoadedVectors, type LoadVectorsOptions, loadVectors } from './load-vectors.ts';
