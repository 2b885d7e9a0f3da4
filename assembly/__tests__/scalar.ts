// The nonlinearities of recurrent layers one number at a time, in f64: what the kernels are held against.

import { HARD_SIGMOID, IDENTITY, RELU, SIGMOID, SOFTSIGN, TANH } from '../../build/abi';

export const KINDS: i32[] = [TANH, RELU, IDENTITY, SOFTSIGN, SIGMOID, HARD_SIGMOID];
/** φ and σ of gated cells. */
export const CELL_KINDS: i32[] = [TANH, RELU, IDENTITY, SOFTSIGN];
export const GATE_KINDS: i32[] = [SIGMOID, HARD_SIGMOID];

/** f(x). */
export function valueOf(x: f64, kind: i32): f64 {
  if (kind == TANH) return NativeMath.tanh(x);
  if (kind == RELU) return x > 0 ? x : 0;
  if (kind == SOFTSIGN) return x / (1 + abs<f64>(x));
  if (kind == SIGMOID) return 1 / (1 + NativeMath.exp(-x));
  if (kind == HARD_SIGMOID) return x <= -3 ? 0 : x >= 3 ? 1 : x / 6 + 0.5;
  return x;
}

/** f'(x) from y = f(x). */
export function slopeOf(y: f64, kind: i32): f64 {
  if (kind == TANH) return 1 - y * y;
  if (kind == RELU) return y > 0 ? 1 : 0;
  if (kind == SOFTSIGN) return (1 - abs<f64>(y)) * (1 - abs<f64>(y));
  if (kind == SIGMOID) return y * (1 - y);
  if (kind == HARD_SIGMOID) return y > 0 && y < 1 ? 1.0 / 6.0 : 0;
  return 1;
}
