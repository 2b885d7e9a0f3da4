// The companion of activations: values and slopes against plain f64, padding, sums, what is not a number.
import { activate, activateBack } from '../companions/activation/index';
import { normalCdf } from '../companions/activation/normal';
import { LANES, padded } from '../simd';
import { block, EPSILON, errorOf, get, noise, set, worse } from './blocks';

const RELU = 0, LEAKY_RELU = 1, ELU = 2, GELU = 3, SILU = 4, SOFTPLUS = 5, TANH = 6, SIGMOID = 7, HARD_SIGMOID = 8;
const KINDS = 9;
const ALPHA: f64 = 0.25;

/** ∫ of the bell from 0 to x, by Taylor's series: exact enough for |x| <= 3. */
function half(x: f64): f64 {
  let term = x;
  let sum = x;
  for (let k = 1; k < 60; k++) {
    term *= (-x * x) / (2.0 * <f64>k);
    sum += term / <f64>(2 * k + 1);
  }
  return sum * 0.3989422804014327;
}

function valueOf(x: f64, kind: i32): f64 {
  if (kind == RELU) return Math.max(x, 0);
  if (kind == LEAKY_RELU) return x < 0 ? ALPHA * x : x;
  if (kind == ELU) return x < 0 ? ALPHA * NativeMath.expm1(x) : x;
  if (kind == GELU) return x * (0.5 + half(x));
  if (kind == SILU) return x / (1 + NativeMath.exp(-x));
  if (kind == SOFTPLUS) return NativeMath.log1p(NativeMath.exp(-Math.abs(x))) + Math.max(x, 0);
  if (kind == TANH) return NativeMath.tanh(x);
  if (kind == SIGMOID) return 1 / (1 + NativeMath.exp(-x));
  return Math.min(1, Math.max(0, ALPHA * x + 0.5));
}

function slopeOf(x: f64, kind: i32): f64 {
  const s = 1 / (1 + NativeMath.exp(-x));
  if (kind == RELU) return x > 0 ? 1 : 0;
  if (kind == LEAKY_RELU) return x > 0 ? 1 : ALPHA;
  if (kind == ELU) return x > 0 ? 1 : ALPHA * NativeMath.exp(x);
  if (kind == GELU) return 0.5 + half(x) + x * NativeMath.exp((-x * x) / 2) * 0.3989422804014327;
  if (kind == SILU) return s * (1 + x * (1 - s));
  if (kind == SOFTPLUS) return s;
  if (kind == TANH) return 1 - NativeMath.tanh(x) * NativeMath.tanh(x);
  if (kind == SIGMOID) return s * (1 - s);
  return Math.abs(x) < 2 ? ALPHA : 0;
}

const ROWS = 7;
const COLUMNS = 11;

describe('activate', () => {
  test('gives values and slopes to a few roundings, zero padding, and adds where it is to', () => {
    const ld = padded(COLUMNS);
    const n = ROWS * ld;
    const x = block(n), y = block(n), dy = block(n), dx = block(n);
    for (let kind = 0; kind < KINDS; kind++) {
      for (let r = 0; r < ROWS; r++) {
        for (let j = 0; j < ld; j++) {
          const i = r * ld + j;
          set(x, i, j < COLUMNS ? 3 * noise(1, i) : 0);
          set(dy, i, j < COLUMNS ? noise(2, i) : 0);
          set(dx, i, j < COLUMNS ? noise(3, i) : 0);
          set(y, i, 5);
        }
      }
      activate(y, x, ROWS, COLUMNS, kind, ALPHA);
      activateBack(dx, dy, x, y, n, kind, ALPHA, true);
      let worst: f64 = 0;
      for (let i = 0; i < n; i++) {
        const there = i % ld < COLUMNS;
        const at = get(x, i);
        const d = there ? get(dy, i) * slopeOf(at, kind) + <f64>(<real>noise(3, i)) : 0;
        worst = worse(worst, errorOf(get(y, i), there ? valueOf(at, kind) : 0));
        worst = worse(worst, errorOf(get(dx, i), d));
      }
      expect(worst).toBeLessThan(16 * EPSILON, kind.toString());
      activateBack(dx, dy, x, y, n, kind, ALPHA, false);
      expect(errorOf(get(dx, 3), get(dy, 3) * slopeOf(get(x, 3), kind))).toBeLessThan(8 * EPSILON, kind.toString());
    }
  });

  test('lets a NaN through, so that it is found', () => {
    const x = block(2 * LANES), y = block(2 * LANES);
    for (let kind = 0; kind < KINDS; kind++) {
      set(x, 0, NaN);
      activate(y, x, 1, 1, kind, ALPHA);
      expect(isNaN(get(y, 0))).toBe(true, kind.toString());
      expect(get(y, 1)).toBe(0, kind.toString());
    }
  });
});

describe('normalCdf', () => {
  test('keeps its relative accuracy in the tail', () => {
    const cell = block(LANES);
    // Φ(-8) and Φ(-5), by mpmath.
    v128.store(cell, normalCdf(v128.splat<real>(-8)));
    expect(Math.abs(get(cell, 0) / 6.220960574271785e-16 - 1)).toBeLessThan(64 * EPSILON);
    v128.store(cell, normalCdf(v128.splat<real>(-5)));
    expect(Math.abs(get(cell, 0) / 2.866515718791939e-7 - 1)).toBeLessThan(32 * EPSILON);
  });
});
