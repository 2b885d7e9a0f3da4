// `import { importKeras, loadKerasWeights } from 'bptt/keras'`: models and weights from Keras files.
export type { KerasOutput } from './describe.ts';
export { importKeras, type KerasImportOptions, type KerasModel } from './import.ts';
export { type KerasWeightsOptions, loadKerasWeights } from './load-weights.ts';
