// The nonlinearities of recurrent layers: values, slopes from values, and what is not a number.

import { HARD_SIGMOID, IDENTITY, RELU, SOFTSIGN } from '../../build/abi';
import { activate, slope } from '../activations';
import { LANES } from '../simd';
import { KINDS, slopeOf, valueOf } from './scalar';
import { block, EPSILON, errorOf, get, noise, set, worse } from './blocks';

/** Apart from the kinks at -3, 0 and 3 by more than a difference is wide. */
const POINTS: f64[] = [-20, -5, -3.5, -2.9, -1, -0.3, -0.01, 0.01, 0.3, 1, 2.9, 3.5, 5, 20];

/** f(x) of one kind, in real. */
function f(x: f64, kind: i32): f64 {
  const cell = block(LANES);
  v128.store(cell, activate(v128.splat<real>(<real>x), kind));
  return get(cell, LANES - 1);
}

/** f' of one kind from y, in real. */
function slopeFrom(y: f64, kind: i32): f64 {
  const cell = block(LANES);
  v128.store(cell, slope(v128.splat<real>(<real>y), kind));
  return get(cell, LANES - 1);
}

describe('activate', () => {
  test('gives the values of a plain f64 computation to a few roundings', () => {
    for (let k = 0; k < KINDS.length; k++) {
      let worst: f64 = 0;
      for (let i = 0; i < 4000; i++) {
        const x = <f64>(<real>((i % 2 ? 2 : 40) * noise(1, i)));
        worst = worse(worst, errorOf(f(x, KINDS[k]), valueOf(x, KINDS[k])));
      }
      expect(worst).toBeLessThan(4 * EPSILON, KINDS[k].toString());
    }
  });

  test('treats each lane by itself', () => {
    for (let k = 0; k < KINDS.length; k++) {
      const x = block(LANES);
      for (let i = 0; i < LANES; i++) set(x, i, i % 2 ? -1.5 * i : 0.25 * (i + 1));
      const y = block(LANES);
      v128.store(y, activate(v128.load(x), KINDS[k]));
      for (let i = 0; i < LANES; i++) expect(get(y, i)).toBe(f(get(x, i), KINDS[k]));
    }
  });

  test('lets a NaN through, so that it is found', () => {
    for (let k = 0; k < KINDS.length; k++) expect(isNaN(f(NaN, KINDS[k]))).toBe(true, KINDS[k].toString());
  });

  test('is zero at zero where padding has to stay zero', () => {
    for (let k = 0; k < 4; k++) expect(f(0, KINDS[k])).toBe(0, KINDS[k].toString());
  });

  test('ends exactly at the limits', () => {
    expect(f(3, HARD_SIGMOID)).toBe(1);
    expect(f(-3, HARD_SIGMOID)).toBe(0);
    expect(f(1e30, HARD_SIGMOID)).toBe(1);
    expect(f(-Infinity, HARD_SIGMOID)).toBe(0);
    expect(f(0, HARD_SIGMOID)).toBe(0.5);
    expect(f(-1e30, RELU)).toBe(0);
    expect(f(Infinity, RELU)).toBe(Infinity);
    expect(f(-Infinity, IDENTITY)).toBe(-Infinity);
    expect(f(1, SOFTSIGN)).toBe(0.5);
    expect(f(-1, SOFTSIGN)).toBe(-0.5);
    expect(f(-1e30, SOFTSIGN)).toBe(-1);
  });
});

describe('slope', () => {
  test('of y = f(x) is the difference quotient of f at x', () => {
    const h: f64 = 1e-5;
    for (let k = 0; k < KINDS.length; k++) {
      let worst: f64 = 0;
      for (let i = 0; i < POINTS.length; i++) {
        const x = POINTS[i];
        const difference = (valueOf(x + h, KINDS[k]) - valueOf(x - h, KINDS[k])) / (2 * h);
        worst = worse(worst, abs<f64>(slopeFrom(f(x, KINDS[k]), KINDS[k]) - difference));
      }
      expect(worst).toBeLessThan(1e-9 + 4 * EPSILON, KINDS[k].toString());
    }
  });

  test('has the values of a plain f64 computation to a few roundings', () => {
    for (let k = 0; k < KINDS.length; k++) {
      let worst: f64 = 0;
      for (let i = 0; i < 1000; i++) {
        const y = <f64>(<real>noise(2, i));
        worst = worse(worst, errorOf(slopeFrom(y, KINDS[k]), slopeOf(y, KINDS[k])));
      }
      expect(worst).toBeLessThan(4 * EPSILON, KINDS[k].toString());
    }
  });

  test('is zero where ReLU and the hard sigmoid are flat, their ends included', () => {
    expect(slopeFrom(0, RELU)).toBe(0);
    expect(slopeFrom(0.5, RELU)).toBe(1);
    expect(slopeFrom(0, HARD_SIGMOID)).toBe(0);
    expect(slopeFrom(1, HARD_SIGMOID)).toBe(0);
    expect(slopeFrom(0.5, HARD_SIGMOID)).toBe(<f64>(<real>(1.0 / 6.0)));
  });
});
