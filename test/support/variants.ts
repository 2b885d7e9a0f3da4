// What models compute in, and how far they may be from PyTorch's float64.
import { BpttError, createModel, dense, type EngineOptions, features } from '../../src/index.ts';

/** Whether this engine has relaxed SIMD: Node from 22 on, Chromium. */
async function hasRelaxed(): Promise<boolean> {
  try {
    await createModel([features(1), dense({ units: 1 })], { relaxed: true });
    return true;
  } catch (error) {
    if (error instanceof BpttError && error.code === 'unsupported-engine') return false;
    throw error;
  }
}

/** Name, tolerance, options. */
export const variants: readonly (readonly [string, number, EngineOptions])[] = [
  ['f64', 1e-12, { dtype: 'f64' }],
  ['f32', 1e-5, { dtype: 'f32' }],
  ...((await hasRelaxed()) ? [['f32 relaxed', 1e-5, { relaxed: true }] as const] : []),
];
