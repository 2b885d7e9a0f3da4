// `import { importKeras, loadKerasWeights } from 'bptt/keras'`: models and weights from Keras files, and models of TensorFlow.js both ways.
export type { KerasOutput } from './describe.ts';
export { exportTfjs, type TfjsExportOptions, type TfjsFiles } from './export-tfjs.ts';
export { importKeras, type KerasImportOptions } from './import.ts';
export { importTfjs } from './import-tfjs.ts';
export { type KerasWeightsOptions, loadKerasWeights } from './load-weights.ts';
export type { KerasModel } from './restore.ts';
