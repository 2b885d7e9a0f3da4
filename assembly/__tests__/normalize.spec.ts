// Layer normalisation forward and backward against plain f64 loops, with gains of several gates and rows that end in padding.

import { padded } from '../simd';
import { normalize, normalizeBack } from '../normalize';
import { block, copy, EPSILON, errorOf, get, matrix, set, strayPadding, worse } from './blocks';

const GATES: i32 = 3;
const ROWS: i32 = 4 * GATES; // more than go through together
const MOST: i32 = 17;
const TOLERANCE: f64 = 32 * EPSILON;

/** 1 / sqrt(var + ε) of row r of x, and its mean by `meanOf`. */
function inverseOf(x: usize, r: i32, H: i32): f64 {
  const mean = meanOf(x, r, H);
  let sum: f64 = 0;
  for (let c = 0; c < H; c++) sum += (get(x, r * padded(H) + c) - mean) * (get(x, r * padded(H) + c) - mean);
  return 1 / sqrt<f64>(sum / H + 1e-5);
}

function meanOf(x: usize, r: i32, H: i32): f64 {
  let sum: f64 = 0;
  for (let c = 0; c < H; c++) sum += get(x, r * padded(H) + c);
  return sum / H;
}

/** The largest error of normal and inverse against the loop; what is near 0/0 is as uncertain as 1 / sqrt(var + ε) is large. */
function normalError(normal: usize, inverse: usize, x: usize, H: i32): f64 {
  let worst: f64 = 0;
  for (let r = 0; r < ROWS; r++) {
    const scale = inverseOf(x, r, H);
    const mean = meanOf(x, r, H);
    worst = worse(worst, abs<f64>(get(inverse, r) / scale - 1) / (1 + scale));
    for (let c = 0; c < H; c++) {
      const expected = (get(x, r * padded(H) + c) - mean) * scale;
      worst = worse(worst, errorOf(get(normal, r * padded(H) + c), expected) / (1 + scale));
    }
  }
  return worst;
}

describe('normalize', () => {
  test('gives rows of mean 0 and variance var / (var + ε), zero in the padding, and nothing behind them', () => {
    for (let H = 1; H <= MOST; H++) {
      const ld = padded(H);
      const x = matrix(H, ROWS, H, ld, 2);
      const normal = block((ROWS + 1) * ld);
      const inverse = block(ROWS + 1);
      normalize(normal, x, inverse, 0, 0, 0, ROWS, GATES, H);
      expect(normalError(normal, inverse, x, H)).toBeLessThan(TOLERANCE, H.toString());
      expect(strayPadding(normal, ROWS, H, ld)).toBe(0, 'padding');
      for (let c = 0; c < ld; c++) expect(get(normal, ROWS * ld + c)).toBe(0, 'the row after the last');
      expect(get(inverse, ROWS)).toBe(0, 'the number after the last');
      const inPlace = copy(x, ROWS * ld);
      normalize(inPlace, inPlace, inverse, 0, 0, 0, ROWS, GATES, H);
      for (let i = 0; i < ROWS * ld; i++) expect(get(inPlace, i)).toBe(get(normal, i));
    }
  });

  test('with gains and biases, one for each gate in turn, writes bias + gain∘N(x), in the place of x too', () => {
    for (let H = 1; H <= MOST; H++) {
      const ld = padded(H);
      const x = matrix(20 + H, ROWS, H, ld, 2);
      const gain = matrix(1, GATES, H, ld, 1.5);
      const bias = matrix(2, GATES, H, ld, 1);
      const normal = block(ROWS * ld);
      const inverse = block(ROWS);
      const y = block((ROWS + 1) * ld);
      normalize(normal, x, inverse, y, gain, bias, ROWS, GATES, H);
      expect(normalError(normal, inverse, x, H)).toBeLessThan(TOLERANCE, H.toString());
      let worst: f64 = 0;
      for (let i = 0; i < ROWS * ld; i++) {
        const at = i % (GATES * ld);
        worst = worse(worst, errorOf(get(y, i), get(bias, at) + get(gain, at) * get(normal, i)));
      }
      expect(worst).toBeLessThan(4 * EPSILON);
      expect(strayPadding(normal, ROWS, H, ld)).toBe(0, 'padding of normal');
      expect(strayPadding(y, ROWS, H, ld)).toBe(0, 'padding of y');
      for (let c = 0; c < ld; c++) expect(get(y, ROWS * ld + c)).toBe(0, 'the row after the last');
      const again = block(ROWS * ld);
      normalize(again, x, inverse, x, gain, bias, ROWS, GATES, H);
      for (let i = 0; i < ROWS * ld; i++) expect(get(x, i)).toBe(get(y, i));
    }
  });

  test('with gains alone adds gain∘N(x) to what is there', () => {
    for (let H = 1; H <= MOST; H++) {
      const ld = padded(H);
      const x = matrix(40 + H, ROWS, H, ld, 2);
      const gain = matrix(3, GATES, H, ld, 1.5);
      const y = matrix(4, ROWS, H, ld, 1);
      const before = copy(y, ROWS * ld);
      const inverse = block(ROWS);
      normalize(x, x, inverse, y, gain, 0, ROWS, GATES, H);
      let worst: f64 = 0;
      for (let i = 0; i < ROWS * ld; i++) {
        worst = worse(worst, errorOf(get(y, i), get(before, i) + get(gain, i % (GATES * ld)) * get(x, i)));
      }
      expect(worst).toBeLessThan(4 * EPSILON);
      expect(strayPadding(y, ROWS, H, ld)).toBe(0, 'padding');
    }
  });

  test('keeps rows of equal numbers finite, and lets a NaN through to its row alone', () => {
    for (let H = 1; H <= MOST; H += 4) {
      const ld = padded(H);
      const x = block(ROWS * ld);
      for (let r = 0; r < ROWS; r++) for (let c = 0; c < H; c++) set(x, r * ld + c, 0.5);
      set(x, ld, NaN);
      const inverse = block(ROWS);
      normalize(x, x, inverse, 0, 0, 0, ROWS, GATES, H);
      for (let r = 0; r < ROWS; r++) {
        if (r == 1) expect(isNaN(get(x, ld))).toBe(true);
        else for (let c = 0; c < H; c++) expect(get(x, r * ld + c)).toBe(0);
      }
      expect(errorOf(get(inverse, 0), 1 / sqrt<f64>(1e-5)) < 8 * EPSILON).toBe(true);
    }
  });
});

describe('normalizeBack', () => {
  test('is inverse · (d - mean d - x̂ · mean(d∘x̂)) with d = gain∘dy, and adds dy∘x̂ of all rows of a gate to dGain', () => {
    for (let H = 1; H <= MOST; H++) {
      const ld = padded(H);
      const normal = matrix(60 + H, ROWS, H, ld, 2);
      const inverse = block(ROWS);
      normalize(normal, normal, inverse, 0, 0, 0, ROWS, GATES, H);
      const gain = matrix(5, GATES, H, ld, 1.5);
      const dGain = matrix(6, GATES, H, ld, 1);
      const before = copy(dGain, GATES * ld);
      const dy = matrix(7, ROWS, H, ld, 1);
      const dx = block((ROWS + 1) * ld);
      normalizeBack(dx, dy, normal, inverse, gain, dGain, ROWS, GATES, H);

      let worst: f64 = 0;
      for (let r = 0; r < ROWS; r++) {
        const gate = (r % GATES) * ld;
        let sum: f64 = 0;
        let products: f64 = 0;
        for (let c = 0; c < H; c++) {
          const d = get(gain, gate + c) * get(dy, r * ld + c);
          sum += d;
          products += d * get(normal, r * ld + c);
        }
        const scale = get(inverse, r);
        for (let c = 0; c < H; c++) {
          const d = get(gain, gate + c) * get(dy, r * ld + c);
          const expected = scale * (d - sum / H - (get(normal, r * ld + c) * products) / H);
          worst = worse(worst, errorOf(get(dx, r * ld + c), expected) / (1 + scale));
        }
      }
      expect(worst).toBeLessThan(TOLERANCE, H.toString());
      expect(strayPadding(dx, ROWS, H, ld)).toBe(0, 'padding of dx');
      for (let c = 0; c < ld; c++) expect(get(dx, ROWS * ld + c)).toBe(0, 'the row after the last');

      worst = 0;
      for (let i = 0; i < GATES * ld; i++) {
        let sum = get(before, i);
        for (let k = i; k < ROWS * ld; k += GATES * ld) sum += get(dy, k) * get(normal, k);
        worst = worse(worst, errorOf(get(dGain, i), sum));
      }
      expect(worst).toBeLessThan(8 * EPSILON, 'dGain');
      expect(strayPadding(dGain, GATES, H, ld)).toBe(0, 'padding of dGain');

      normalizeBack(dy, dy, normal, inverse, gain, dGain, ROWS, GATES, H);
      for (let i = 0; i < ROWS * ld; i++) expect(get(dy, i)).toBe(get(dx, i), 'in place');
    }
  });

  test('is the slope of normalize, by differences', () => {
    if (sizeof<real>() == 4) return; // too coarse for differences
    const h: f64 = 1e-5;
    for (let H = 2; H <= MOST; H += 3) {
      const ld = padded(H);
      const x = matrix(80 + H, ROWS, H, ld, 2);
      const dy = matrix(8, ROWS, H, ld, 1);
      const gain = matrix(9, GATES, H, ld, 1.5);
      const normal = block(ROWS * ld);
      const inverse = block(ROWS);
      const y = block(ROWS * ld);
      const dx = block(ROWS * ld);
      normalize(normal, x, inverse, 0, 0, 0, ROWS, GATES, H);
      normalizeBack(dx, dy, normal, inverse, gain, block(GATES * ld), ROWS, GATES, H);
      const zeros = block(GATES * ld);
      let worst: f64 = 0;
      for (let r = 0; r < ROWS; r++) {
        for (let c = 0; c < H; c++) {
          let difference: f64 = 0;
          for (let sign = -1; sign <= 1; sign += 2) {
            const moved = copy(x, ROWS * ld);
            set(moved, r * ld + c, get(x, r * ld + c) + sign * h);
            normalize(normal, moved, inverse, y, gain, zeros, ROWS, GATES, H);
            for (let i = 0; i < ROWS * ld; i++) difference += (sign * get(y, i) * get(dy, i)) / (2 * h);
          }
          worst = worse(worst, errorOf(get(dx, r * ld + c), difference));
        }
      }
      expect(worst).toBeLessThan(1e-6, H.toString());
    }
  });
});
