// exp, tanh, sigmoid and log against exact values over the whole range, and their special values.

import { PANEL } from '../simd';
import { vexp, vexpNonPositive, vlog, vsigmoid, vtanh } from '../math';
import { exactExp, exactLog, exactSigmoid, exactTanh, isSubnormal, ulpError } from './exact';
import { block, get, set } from './blocks';

type Kernel = (y: usize, x: usize, n: i32) => void;
type Exact = (x: f64) => void;

const CHUNK: i32 = 4096;

/** f32: every 997th bit pattern. f64: 32 numbers of each sign and exponent, then 2^16 in each of three ranges. */
const SAMPLES: i32 = sizeof<real>() == 4 ? 4307857 : 4096 * 32 + 3 * 65536;

/** A repeatable mix of the bits of i. */
function mix(i: u64): u64 {
  i = (i + 1) * 0x9e3779b97f4a7c15;
  i = (i ^ (i >> 30)) * 0xbf58476d1ce4e5b9;
  i = (i ^ (i >> 27)) * 0x94d049bb133111eb;
  return i ^ (i >> 31);
}

/** Sample i of SAMPLES: all signs, exponents, subnormal numbers, infinities and NaNs. */
function sample(i: i32): real {
  if (sizeof<real>() == 4) return <real>reinterpret<f32>(<u32>i * 997);
  const random = mix(i);
  if (i < 4096 * 32) return <real>reinterpret<f64>((random >> 12) | ((<u64>i >> 5) << 52));
  const unit = <f64>(random >> 11) / 9007199254740992.0;
  const range = (i - 4096 * 32) >> 16;
  return <real>(range == 0 ? 4 * unit - 2 : range == 1 ? 80 * unit - 40 : 1460 * unit - 748);
}

let worst: f64 = 0;
let worstSubnormal: f64 = 0;
let outside: i32 = 0;

/**
 * Runs a kernel over all samples of at most `most` (and NaN): the largest errors, for normal and subnormal results, and how many
 * results are not in [low, high].
 */
function sweep(kernel: Kernel, exact: Exact, low: f64, high: f64, most: f64 = Infinity): void {
  const x = block(CHUNK);
  const y = block(CHUNK);
  worst = 0;
  worstSubnormal = 0;
  outside = 0;
  for (let start = 0; start < SAMPLES; start += CHUNK) {
    const count = min(CHUNK, SAMPLES - start);
    for (let i = 0; i < count; i++) set(x, i, <f64>sample(start + i));
    kernel(y, x, CHUNK);
    for (let i = 0; i < count; i++) {
      const input = get(x, i);
      if (input > most) continue;
      exact(input);
      const error = ulpError(<real>get(y, i));
      if (isSubnormal()) worstSubnormal = max(worstSubnormal, error);
      else worst = max(worst, error);
      if (get(y, i) < low || get(y, i) > high) outside++;
    }
  }
}

/** How many samples break f(-x) = -f(x), to the bit. */
function notOdd(kernel: Kernel): i32 {
  const x = block(CHUNK);
  const y = block(CHUNK);
  const z = block(CHUNK);
  let count = 0;
  for (let start = 0; start < SAMPLES; start += CHUNK) {
    for (let i = 0; i < CHUNK; i++) set(x, i, <f64>sample(start + i));
    kernel(y, x, CHUNK);
    for (let i = 0; i < CHUNK; i++) set(x, i, -get(x, i));
    kernel(z, x, CHUNK);
    for (let i = 0; i < CHUNK; i++) {
      if (!same(-get(y, i), get(z, i))) count++;
    }
  }
  return count;
}

/** The same number, sign of zero included, or both NaN. */
function same(a: f64, b: f64): bool {
  return reinterpret<u64>(a) == reinterpret<u64>(b) || (isNaN(a) && isNaN(b));
}

/** f(x) of one number, taken from every lane of a panel: 0.12345 unless they agree, signs of zero included. */
function at(kernel: Kernel, x: f64): f64 {
  const panel = block(PANEL);
  for (let i = 0; i < PANEL; i++) set(panel, i, x);
  kernel(panel, panel, PANEL);
  for (let i = 1; i < PANEL; i++) {
    if (!same(get(panel, i), get(panel, 0))) return 0.12345;
  }
  return get(panel, 0);
}

/** How far y is from the exact value for x, in ulp. */
function off(y: f64, exact: Exact, x: f64): f64 {
  exact(x);
  return ulpError(<real>y);
}

/** 1 for +0, -1 for -0, 0 for anything else. */
function zeroSign(x: f64): i32 {
  return x != 0 ? 0 : reinterpret<u64>(x) == 0 ? 1 : -1;
}

const SINGLE: bool = sizeof<real>() == 4;
const SMALLEST: f64 = SINGLE ? 1.401298464324817e-45 : 5e-324;
const SMALLEST_NORMAL: f64 = SINGLE ? 1.1754943508222875e-38 : 2.2250738585072014e-308;
const LARGEST: f64 = SINGLE ? 3.4028234663852886e38 : 1.7976931348623157e308;
const EPSILON: f64 = SINGLE ? 1.1920928955078125e-7 : 2.220446049250313e-16;

/** Checks NaN, and that the lanes of a panel do not mix: f(a mixed array) is f of each, in place or not; 0 reals are none. */
function checkLanes(kernel: Kernel, sign: f64): void {
  const x = block(3 * PANEL);
  const y = block(3 * PANEL);
  for (let i = 0; i < 2 * PANEL; i++) set(x, i, i % 3 == 2 ? NaN : sign * 0.25 * (i + 1));
  kernel(y, x, 0);
  expect(get(y, 0)).toBe(0, 'n = 0 writes nothing');
  kernel(y, x, 2 * PANEL);
  kernel(x, x, 2 * PANEL);
  for (let i = 0; i < 2 * PANEL; i++) {
    expect(isNaN(get(y, i))).toBe(i % 3 == 2, 'NaN for NaN, and only for it');
    const alone = at(kernel, i % 3 == 2 ? NaN : sign * 0.25 * (i + 1));
    expect(same(get(y, i), alone)).toBe(true);
    expect(same(get(x, i), alone)).toBe(true, 'in place');
  }
  for (let i = 2 * PANEL; i < 3 * PANEL; i++) expect(get(y, i)).toBe(0, 'beyond n');
}

describe('the measure of errors', () => {
  test('an answer one number away is 1 ulp off; where the exact value is not finite only the same will do', () => {
    expect(off(1, exactExp, 0)).toBe(0);
    expect(off(1 + EPSILON, exactExp, 0)).toBe(1);
    expect(off(1 - EPSILON, exactExp, 0)).toBe(1);
    expect(off(NaN, exactExp, 0)).toBe(Infinity);
    expect(off(0, exactExp, NaN)).toBe(Infinity);
    expect(off(LARGEST, exactExp, Infinity)).toBe(Infinity);
    expect(off(SMALLEST, exactExp, SINGLE ? -104 : -746)).toBeGreaterThan(0.5);
    expect(off(LARGEST, exactExp, SINGLE ? 89 : 710)).toBe(Infinity);
    expect(off(Infinity, exactExp, SINGLE ? 89 : 710)).toBe(0);
  });

  test('exact f64 values leave the rest that 300 bits leave to the nearest number, to 1e-6 ulp', () => {
    if (SINGLE) return;
    expect(off(2.718281828459045, exactExp, 1.0)).toBeCloseTo(0.32553074, 6);
    expect(off(1.0142320547350045e+304, exactExp, 700.0)).toBeCloseTo(0.136817116, 6);
    expect(off(9.85967654375977e-305, exactExp, -700.0)).toBeCloseTo(0.0419416918, 6);
    expect(off(4.2e-322, exactExp, -740.0)).toBeCloseTo(0.218960976, 6);
    expect(off(0.9999999999, exactExp, -1e-10)).toBeCloseTo(0.0745709368, 6);
    expect(off(0.46211715726000974, exactTanh, 0.5)).toBeCloseTo(0.394814425, 6);
    expect(off(9.999999999666668e-06, exactTanh, 1e-05)).toBeCloseTo(0.270111698, 6);
    expect(off(-0.9999999999999966, exactTanh, -17.0)).toBeCloseTo(0.124970505, 6);
    expect(off(0.11920292202211756, exactSigmoid, -2.0)).toBeCloseTo(0.336315809, 6);
    expect(off(0.9525741268224333, exactSigmoid, 3.0)).toBeCloseTo(0.310884734, 6);
    expect(off(5.148200222412013e-131, exactSigmoid, -300.0)).toBeCloseTo(0.295929413, 6);
    expect(off(2.302585092994046, exactLog, 10.0)).toBeCloseTo(0.488810846, 6);
    expect(off(9.094947017725146e-13, exactLog, 1.0000000000009095)).toBeCloseTo(2.48352687e-9, 6);
    expect(off(-0.35667494393873245, exactLog, 0.7)).toBeCloseTo(0.0869296293, 6);
    expect(off(690.7755278982137, exactLog, 1e+300)).toBeCloseTo(0.208886627, 6);
    expect(off(-713.8013788281542, exactLog, 1e-310)).toBeCloseTo(0.075578272, 6);
  });
});

describe('exp', () => {
  test('at most 1.5 ulp, 0.9 where the result is subnormal, never below 0, over all of f32 and f64', () => {
    sweep(vexp, exactExp, 0, Infinity);
    expect(outside).toBe(0, 'results below 0');
    expect(worst).toBeLessThan(1.5);
    expect(worst).toBeGreaterThan(0.5, 'the sweep finds errors');
    expect(worstSubnormal).toBeLessThan(0.9);
    expect(worstSubnormal).toBeGreaterThan(0.4, 'the sweep finds subnormal results');
  });

  test('special values, overflow and gradual underflow', () => {
    expect(at(vexp, 0)).toBe(1);
    expect(at(vexp, -0.0)).toBe(1);
    expect(at(vexp, SMALLEST)).toBe(1);
    expect(at(vexp, -SMALLEST)).toBe(1);
    expect(at(vexp, Infinity)).toBe(Infinity);
    expect(zeroSign(at(vexp, -Infinity))).toBe(1);
    expect(zeroSign(at(vexp, -LARGEST))).toBe(1);
    expect(at(vexp, LARGEST)).toBe(Infinity);
    expect(at(vexp, SINGLE ? 88.72283 : 709.782712893384)).toBeLessThan(Infinity);
    expect(at(vexp, SINGLE ? 88.72284 : 709.7827128933841)).toBe(Infinity);
    expect(at(vexp, SINGLE ? -103.9 : -745.1)).toBe(SMALLEST);
    expect(at(vexp, SINGLE ? -103.98 : -745.14)).toBe(0);
    checkLanes(vexp, -1);
  });
});

describe('expNonPositive', () => {
  test('at most 1.5 ulp, 0.9 where the result is subnormal, for x <= 0', () => {
    sweep(vexpNonPositive, exactExp, 0, 1, 0);
    expect(outside).toBe(0, 'results beyond 0 and 1');
    expect(worst).toBeLessThan(1.5);
    expect(worst).toBeGreaterThan(0.5, 'the sweep finds errors');
    expect(worstSubnormal).toBeLessThan(0.9);
    expect(worstSubnormal).toBeGreaterThan(0.4, 'the sweep finds subnormal results');
  });

  test('special values', () => {
    expect(at(vexpNonPositive, 0)).toBe(1);
    expect(at(vexpNonPositive, -0.0)).toBe(1);
    expect(at(vexpNonPositive, -SMALLEST)).toBe(1);
    expect(zeroSign(at(vexpNonPositive, -Infinity))).toBe(1);
    expect(zeroSign(at(vexpNonPositive, -LARGEST))).toBe(1);
    checkLanes(vexpNonPositive, -1);
  });
});

describe('tanh', () => {
  test('at most 2.9 ulp, never beyond ±1, over all of f32 and f64', () => {
    sweep(vtanh, exactTanh, -1, 1);
    expect(outside).toBe(0, 'results beyond ±1');
    expect(worst).toBeLessThan(2.9);
    expect(worst).toBeGreaterThan(0.5, 'the sweep finds errors');
    expect(worstSubnormal).toBe(0, 'subnormal numbers give themselves');
  });

  test('special values', () => {
    expect(zeroSign(at(vtanh, 0))).toBe(1);
    expect(zeroSign(at(vtanh, -0.0))).toBe(-1);
    expect(at(vtanh, SMALLEST)).toBe(SMALLEST);
    expect(at(vtanh, -SMALLEST)).toBe(-SMALLEST);
    expect(at(vtanh, SMALLEST_NORMAL)).toBe(SMALLEST_NORMAL);
    expect(at(vtanh, Infinity)).toBe(1);
    expect(at(vtanh, -Infinity)).toBe(-1);
    expect(at(vtanh, LARGEST)).toBe(1);
    expect(at(vtanh, -LARGEST)).toBe(-1);
    checkLanes(vtanh, -1);
  });

  test('odd to the bit over all of f32 and f64', () => {
    expect(notOdd(vtanh)).toBe(0);
  });

  test('±1 from where it rounds to it: |x| = 9.02 in f32, 19.07 in f64', () => {
    for (let x = SINGLE ? 9.02 : 19.07; x < 40; x += 0.01) {
      expect(at(vtanh, x)).toBe(1);
      expect(at(vtanh, -x)).toBe(-1);
    }
  });
});

describe('sigmoid', () => {
  test('at most 2.5 ulp, 0.9 where the result is subnormal, never beyond 0 and 1, over all of f32 and f64', () => {
    sweep(vsigmoid, exactSigmoid, 0, 1);
    expect(outside).toBe(0, 'results beyond 0 and 1');
    expect(worst).toBeLessThan(2.5);
    expect(worst).toBeGreaterThan(0.5, 'the sweep finds errors');
    expect(worstSubnormal).toBeLessThan(0.9);
    expect(worstSubnormal).toBeGreaterThan(0.4, 'the sweep finds subnormal results');
  });

  test('special values', () => {
    expect(at(vsigmoid, 0)).toBe(0.5);
    expect(at(vsigmoid, -0.0)).toBe(0.5);
    expect(at(vsigmoid, SMALLEST)).toBe(0.5);
    expect(at(vsigmoid, Infinity)).toBe(1);
    expect(zeroSign(at(vsigmoid, -Infinity))).toBe(1);
    expect(at(vsigmoid, LARGEST)).toBe(1);
    expect(zeroSign(at(vsigmoid, -LARGEST))).toBe(1);
    expect(at(vsigmoid, SINGLE ? -103.9 : -745.1)).toBe(SMALLEST);
    checkLanes(vsigmoid, -1);
  });
});

describe('log', () => {
  test('at most 0.9 ulp over all of f32 and f64, subnormal arguments included', () => {
    sweep(vlog, exactLog, -Infinity, Infinity);
    expect(worst).toBeLessThan(0.9);
    expect(worst).toBeGreaterThan(0.5, 'the sweep finds errors');
  });

  test('special values', () => {
    expect(at(vlog, 0)).toBe(-Infinity);
    expect(at(vlog, -0.0)).toBe(-Infinity);
    expect(zeroSign(at(vlog, 1))).toBe(1);
    expect(at(vlog, Infinity)).toBe(Infinity);
    expect(isNaN(at(vlog, -Infinity))).toBe(true);
    expect(isNaN(at(vlog, -1))).toBe(true);
    expect(isNaN(at(vlog, -SMALLEST))).toBe(true);
    checkLanes(vlog, 1);
    expect(off(at(vlog, SMALLEST), exactLog, SMALLEST)).toBeLessThan(0.9);
    expect(off(at(vlog, LARGEST), exactLog, LARGEST)).toBeLessThan(0.9);
    expect(off(at(vlog, 1 + EPSILON), exactLog, 1 + EPSILON)).toBeLessThan(0.9);
    expect(off(at(vlog, 1 - EPSILON / 2), exactLog, 1 - EPSILON / 2)).toBeLessThan(0.9);
  });
});
