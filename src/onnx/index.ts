// `import { exportOnnx, importOnnx } from 'bptt/onnx'`: models to and from ONNX files.
export { type ExportOptions, exportOnnx } from './export.ts';
export { importOnnx, type OnnxModel } from './import.ts';
