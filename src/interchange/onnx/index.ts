// `import { exportOnnx, importOnnx } from 'bptt/onnx'`: models to and from ONNX files.

export { importOnnx, type OnnxModel } from './read/import.ts';
export { type ExportOptions, exportOnnx } from './write/export.ts';
