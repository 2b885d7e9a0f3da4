// `import { jacobians, gradientByLag, ... } from 'bptt/diagnostics'`: how gradients flow. Everything is computed on a copy of the model in f64.
export { type ConnectivityOptions, connectivity } from './connectivity.ts';
export { type GradientByLagOptions, gradientByLag } from './gradient-by-lag.ts';
export { type Jacobians, jacobianProduct, jacobians, type LayerOptions } from './jacobians.ts';
export { type LyapunovOptions, lyapunovExponents } from './lyapunov.ts';
export { type ComplexNumbers, eigenvalues, type Matrix, matrixNorm, singularValues } from './matrix.ts';
export { hiddenStates, type Saturation, type SaturationOptions, saturation } from './reading.ts';
export { type TruncationError, type TruncationErrorOptions, truncationError } from './truncation-error.ts';
export {
  recurrentWeights,
  spectralRadius,
  type UpdateRatio,
  type UpdateRatiosOptions,
  updateRatios,
} from './weights.ts';
