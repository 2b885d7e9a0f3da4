// Losses and their gradients against scalar f64: values, numeric gradients, masks, padding, extremes, NaN.

import { PANEL, padded } from '../simd';
import { meanSquaredError, sigmoidCrossEntropy, softmaxCrossEntropy, softmaxRows } from '../losses';
import { EPSILON, block, copy, errorOf, get, matrix, noise, room, set, strayPadding, worse } from './blocks';

const ROWS: i32 = 5;

/** Relative error of sums of exponentials: a few ulp each. */
const TOLERANCE: f64 = 16 * EPSILON;

/** One column up to three panels and beyond one cache line: whole and partial last panels of every width. */
const WIDTHS: i32[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16, 17, 23, 24, 65];

function classTargets(classes: i32): usize {
  const pointer = room(4 * ROWS);
  // The first and the last class come first, then some between.
  for (let r = 0; r < ROWS; r++) store<i32>(pointer + 4 * r, r == 0 ? 0 : r == 1 ? classes - 1 : (7 * r) % classes);
  return pointer;
}

/** Counts rows 0, 1 and 4. */
function someRows(): usize {
  const mask = room(ROWS);
  store<u8>(mask, 1);
  store<u8>(mask + 1, 255);
  store<u8>(mask + 4, 1);
  return mask;
}

function counts(mask: usize, r: i32): bool {
  return mask == 0 || load<u8>(mask + r) != 0;
}

/** Targets in [0, 1]: 0, 1 and values between. */
function probabilities(rows: i32, columns: i32, ld: i32): usize {
  const pointer = block(rows * ld);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const i = r * columns + c;
      set(pointer, r * ld + c, i % 3 == 0 ? 0 : i % 3 == 1 ? 1 : 0.5 + 0.5 * noise(77, i));
    }
  }
  return pointer;
}

/** Overwrites a row with NaN, padding excepted. */
function spoil(pointer: usize, r: i32, columns: i32, ld: i32): void {
  for (let c = 0; c < columns; c++) set(pointer, r * ld + c, NaN);
}

/** -log softmax(row)[target], with logit `moved` shifted by `shift`. */
function softmaxLoss(row: usize, classes: i32, target: i32, moved: i32, shift: f64): f64 {
  let max = -Infinity;
  for (let c = 0; c < classes; c++) max = NativeMath.max(max, get(row, c) + (c == moved ? shift : 0));
  let sum: f64 = 0;
  for (let c = 0; c < classes; c++) sum += NativeMath.exp(get(row, c) + (c == moved ? shift : 0) - max);
  return NativeMath.log(sum) - (get(row, target) + (target == moved ? shift : 0) - max);
}

function logisticLoss(x: f64, t: f64): f64 {
  return (x > 0 ? x : 0) - x * t + NativeMath.log1p(NativeMath.exp(-abs<f64>(x)));
}

function checkSoftmax(classes: i32, size: f64, mask: usize): void {
  const ld = padded(classes);
  const logits = matrix(classes, ROWS, classes, ld, size);
  const targets = classTargets(classes);
  const before = copy(logits, ROWS * ld);
  const scale: f64 = 0.25;
  if (mask) {
    for (let r = 0; r < ROWS; r++) {
      if (counts(mask, r)) continue;
      spoil(logits, r, classes, ld);
      store<i32>(targets + 4 * r, -1);
    }
  }
  const loss = softmaxCrossEntropy(logits, targets, mask, ROWS, classes, ld, scale, 0);
  let expected: f64 = 0;
  let worst: f64 = 0;
  const h: f64 = 1e-4;
  for (let r = 0; r < ROWS; r++) {
    const row = before + r * ld * sizeof<real>();
    const target = load<i32>(targets + 4 * r);
    if (!counts(mask, r)) {
      for (let c = 0; c < classes; c++) expect(get(logits, r * ld + c)).toBe(0, 'gradient of a masked row');
      continue;
    }
    expected += softmaxLoss(row, classes, target, -1, 0);
    for (let c = 0; c < classes; c++) {
      // Probability from the loss itself: p_c = exp(-loss of class c).
      const p = NativeMath.exp(-softmaxLoss(row, classes, c, -1, 0));
      worst = worse(worst, errorOf(get(logits, r * ld + c), scale * (p - (c == target ? 1 : 0))));
      const numeric = (softmaxLoss(row, classes, target, c, h) - softmaxLoss(row, classes, target, c, -h)) / (2 * h);
      expect(abs<f64>(get(logits, r * ld + c) - scale * numeric)).toBeLessThan(1e-7 + TOLERANCE, 'numeric gradient');
    }
  }
  expect(errorOf(loss, expected)).toBeLessThan(TOLERANCE * ROWS, 'loss');
  expect(worst).toBeLessThan(TOLERANCE, 'gradient');
  expect(strayPadding(logits, ROWS, classes, ld)).toBe(0, 'padding');
}

describe('softmaxCrossEntropy', () => {
  test('loss and gradient against scalar f64 and numeric gradients, for every width of the last panel', () => {
    for (let k = 0; k < WIDTHS.length; k++) checkSoftmax(WIDTHS[k], 3, 0);
  });

  test('masked rows have loss 0 and gradient exactly 0, with NaN logits and targets out of range', () => {
    const mask = someRows();
    for (let k = 0; k < WIDTHS.length; k++) checkSoftmax(WIDTHS[k], 3, mask);
  });

  test('random logits of ±1e4', () => {
    for (let k = 0; k < WIDTHS.length; k++) checkSoftmax(WIDTHS[k], 10000, 0);
  });

  test('one class: loss 0, gradient 0', () => {
    const logits = block(PANEL);
    set(logits, 0, -10000);
    expect(softmaxCrossEntropy(logits, room(4), 0, 1, 1, PANEL, 1, 0)).toBe(0);
    for (let c = 0; c < PANEL; c++) expect(get(logits, c)).toBe(0);
  });

  test('two logits of ±1e4: the wrong class costs 2e4 exactly, the right one nothing', () => {
    const targets = room(8);
    store<i32>(targets + 4, 1);
    const ld = padded(2);
    const logits = block(2 * ld);
    for (let r = 0; r < 2; r++) {
      set(logits, r * ld, -10000);
      set(logits, r * ld + 1, 10000);
    }
    expect(softmaxCrossEntropy(logits, targets, 0, 2, 2, ld, 0.5, 0)).toBe(20000);
    expect(get(logits, 0)).toBe(-0.5);
    expect(get(logits, 1)).toBe(0.5);
    expect(get(logits, ld)).toBe(0);
    expect(get(logits, ld + 1)).toBe(0);
  });

  test('all logits -1e4: uniform, although the padding holds the larger 0', () => {
    const classes = PANEL + 1;
    const ld = padded(classes);
    const logits = block(ld);
    for (let c = 0; c < classes; c++) set(logits, c, -10000);
    const loss = softmaxCrossEntropy(logits, room(4), 0, 1, classes, ld, 1, 0);
    expect(errorOf(loss, NativeMath.log(<f64>classes))).toBeLessThan(TOLERANCE);
    for (let c = 1; c < classes; c++) expect(errorOf(get(logits, c), 1 / <f64>classes)).toBeLessThan(TOLERANCE);
    expect(strayPadding(logits, 1, classes, ld)).toBe(0);
  });

  test('an impossible class (-infinity) costs nothing and gets gradient 0 when it is not the target', () => {
    const logits = block(PANEL);
    set(logits, 1, -Infinity);
    expect(softmaxCrossEntropy(logits, room(4), 0, 1, 2, PANEL, 1, 0)).toBe(0);
    expect(get(logits, 0)).toBe(0);
    expect(get(logits, 1)).toBe(0);
  });

  test('a NaN or +infinity anywhere in a counted row gives a NaN loss; the padding stays 0', () => {
    for (let classes = 1; classes <= 2 * PANEL; classes++) {
      const ld = padded(classes);
      for (let c = 0; c < classes; c++) {
        const logits = matrix(1, 1, classes, ld, 1);
        const infinite = copy(logits, ld);
        set(logits, c, NaN);
        set(infinite, c, Infinity);
        expect(isNaN(softmaxCrossEntropy(logits, room(4), 0, 1, classes, ld, 1, 0))).toBe(true);
        expect(isNaN(softmaxCrossEntropy(infinite, room(4), 0, 1, classes, ld, 1, 0))).toBe(true);
        expect(strayPadding(logits, 1, classes, ld)).toBe(0);
        expect(strayPadding(infinite, 1, classes, ld)).toBe(0);
      }
    }
  });

  test('no row counted: loss 0', () => {
    const logits = matrix(1, ROWS, 3, padded(3), 1);
    expect(softmaxCrossEntropy(logits, room(4 * ROWS), room(ROWS), ROWS, 3, padded(3), 1, 0)).toBe(0);
    for (let i = 0; i < ROWS * padded(3); i++) expect(get(logits, i)).toBe(0);
  });

  test('8000 classes: loss to 1e-6 in f32, 1e-14 in f64', () => {
    const classes = 8000;
    const ld = padded(classes);
    const logits = matrix(9, 1, classes, ld, 4);
    const targets = room(4);
    store<i32>(targets, 4321);
    const expected = softmaxLoss(logits, classes, 4321, -1, 0);
    const loss = softmaxCrossEntropy(logits, targets, 0, 1, classes, ld, 1, 0);
    expect(errorOf(loss, expected)).toBeLessThan(sizeof<real>() == 4 ? 1e-6 : 1e-14);
    let sum: f64 = 0;
    for (let c = 0; c < classes; c++) sum += get(logits, c);
    expect(abs<f64>(sum)).toBeLessThan(sizeof<real>() == 4 ? 1e-6 : 1e-14, 'a gradient of logits sums to 0');
  });
});

describe('softmaxRows', () => {
  test('equals exp(-loss of each class), sums to 1, keeps the padding 0, and works in place', () => {
    for (let k = 0; k < WIDTHS.length; k++) {
      const classes = WIDTHS[k];
      const ld = padded(classes);
      const logits = matrix(3, ROWS, classes, ld, 5);
      const p = matrix(4, ROWS, ld, ld, 1);
      softmaxRows(p, logits, ROWS, classes, ld);
      for (let r = 0; r < ROWS; r++) {
        let sum: f64 = 0;
        for (let c = 0; c < classes; c++) {
          const expected = NativeMath.exp(-softmaxLoss(logits + r * ld * sizeof<real>(), classes, c, -1, 0));
          expect(abs<f64>(get(p, r * ld + c) - expected)).toBeLessThan(TOLERANCE * expected);
          sum += get(p, r * ld + c);
        }
        expect(errorOf(sum, 1)).toBeLessThan(TOLERANCE);
      }
      expect(strayPadding(p, ROWS, classes, ld)).toBe(0);
      softmaxRows(logits, logits, ROWS, classes, ld);
      for (let i = 0; i < ROWS * ld; i++) expect(get(logits, i)).toBe(get(p, i));
    }
  });
});

function checkSquares(features: i32, mask: usize): void {
  const ld = padded(features);
  const y = matrix(5, ROWS, features, ld, 2);
  const targets = matrix(6, ROWS, features, ld, 2);
  const before = copy(y, ROWS * ld);
  if (mask) {
    for (let r = 0; r < ROWS; r++) if (!counts(mask, r)) spoil(y, r, features, ld);
  }
  const loss = meanSquaredError(y, targets, mask, ROWS, features, ld, 0.125, 0);
  let expected: f64 = 0;
  for (let r = 0; r < ROWS; r++) {
    for (let c = 0; c < features; c++) {
      const i = r * ld + c;
      if (!counts(mask, r)) {
        expect(get(y, i)).toBe(0, 'gradient of a masked row');
        continue;
      }
      const d = get(before, i) - get(targets, i);
      expected += d * d;
      expect(errorOf(get(y, i), 0.25 * d)).toBeLessThan(TOLERANCE, 'gradient');
    }
  }
  expect(errorOf(loss, expected)).toBeLessThan(TOLERANCE, 'loss');
  expect(strayPadding(y, ROWS, features, ld)).toBe(0, 'padding');
}

describe('meanSquaredError', () => {
  test('loss and gradient against scalar f64, all rows and masked', () => {
    for (let k = 0; k < WIDTHS.length; k++) {
      checkSquares(WIDTHS[k], 0);
      checkSquares(WIDTHS[k], someRows());
    }
  });

  test('by hand: (3 - 1)² = 4, gradient 2·2·scale', () => {
    const y = block(PANEL);
    const t = block(PANEL);
    set(y, 0, 3);
    set(t, 0, 1);
    expect(meanSquaredError(y, t, 0, 1, 1, PANEL, 0.5, 0)).toBe(4);
    expect(get(y, 0)).toBe(2);
  });

  test('a NaN in a counted row gives a NaN loss; large values do not overflow the sum', () => {
    const y = matrix(1, 1, PANEL, PANEL, 1);
    set(y, PANEL - 1, NaN);
    expect(isNaN(meanSquaredError(y, block(PANEL), 0, 1, PANEL, PANEL, 1, 0))).toBe(true);
    const large = block(PANEL);
    set(large, 0, 1e30);
    expect(errorOf(meanSquaredError(large, block(PANEL), 0, 1, 1, PANEL, 1, 0), 1e60)).toBeLessThan(4 * EPSILON);
  });
});

function checkLogistic(features: i32, size: f64, mask: usize): void {
  const ld = padded(features);
  const logits = matrix(7, ROWS, features, ld, size);
  const targets = probabilities(ROWS, features, ld);
  const before = copy(logits, ROWS * ld);
  if (mask) {
    for (let r = 0; r < ROWS; r++) if (!counts(mask, r)) spoil(logits, r, features, ld);
  }
  const scale: f64 = 0.5;
  const loss = sigmoidCrossEntropy(logits, targets, mask, ROWS, features, ld, scale, 0);
  let expected: f64 = 0;
  const h: f64 = 1e-4;
  for (let r = 0; r < ROWS; r++) {
    for (let c = 0; c < features; c++) {
      const i = r * ld + c;
      if (!counts(mask, r)) {
        expect(get(logits, i)).toBe(0, 'gradient of a masked row');
        continue;
      }
      const x = get(before, i);
      const t = get(targets, i);
      expected += logisticLoss(x, t);
      const gradient = scale * (1 / (1 + NativeMath.exp(-x)) - t);
      expect(errorOf(get(logits, i), gradient)).toBeLessThan(TOLERANCE, 'gradient');
      if (size > 100) continue; // The difference of two losses of 1e4 has no digits left.
      const numeric = (scale * (logisticLoss(x + h, t) - logisticLoss(x - h, t))) / (2 * h);
      expect(abs<f64>(get(logits, i) - numeric)).toBeLessThan(1e-8 + TOLERANCE, 'numeric gradient');
    }
  }
  expect(errorOf(loss, expected)).toBeLessThan(TOLERANCE, 'loss');
  expect(strayPadding(logits, ROWS, features, ld)).toBe(0, 'padding');
}

describe('sigmoidCrossEntropy', () => {
  test('loss and gradient against scalar f64 and numeric gradients, all rows and masked, to ±1e4', () => {
    for (let k = 0; k < WIDTHS.length; k++) {
      checkLogistic(WIDTHS[k], 4, 0);
      checkLogistic(WIDTHS[k], 4, someRows());
      checkLogistic(WIDTHS[k], 10000, 0);
    }
  });

  test('a confident right answer keeps its loss within 4 ulp and its gradient within 6, where 1 + exp(-|x|) has rounded to 1', () => {
    const x = block(PANEL);
    const t = block(PANEL);
    let loss: f64 = 0;
    let gradient: f64 = 0;
    for (let k = 0; k <= 850; k++) {
      for (let sign = -1; sign <= 1; sign += 2) {
        memory.fill(x, 0, PANEL * sizeof<real>());
        set(x, 0, 0.1 * k * sign);
        const v = abs<f64>(get(x, 0));
        set(t, 0, sign > 0 ? 1 : 0);
        const e = NativeMath.exp(-v);
        const expected = NativeMath.log1p(e);
        const actual = sigmoidCrossEntropy(x, t, 0, 1, 1, PANEL, 1, 0);
        loss = worse(loss, abs<f64>(actual / expected - 1));
        gradient = worse(gradient, abs<f64>(get(x, 0) / ((-sign * e) / (1 + e)) - 1));
      }
    }
    expect(loss / EPSILON).toBeLessThan(4);
    expect(gradient / EPSILON).toBeLessThan(6);
  });

  test('logits of ±1e4 by hand', () => {
    const x = block(PANEL);
    const t = block(PANEL);
    set(x, 0, 10000);
    set(x, 1, -10000);
    set(x, 2, 10000);
    set(t, 1, 1);
    set(t, 2, 1);
    expect(sigmoidCrossEntropy(x, t, 0, 1, 3, PANEL, 0.5, 0)).toBe(20000);
    expect(get(x, 0)).toBe(0.5);
    expect(get(x, 1)).toBe(-0.5);
    expect(get(x, 2)).toBe(0);
  });

  test('a NaN in a counted row gives a NaN loss', () => {
    for (let c = 0; c < PANEL + 1; c++) {
      const ld = padded(PANEL + 1);
      const x = matrix(1, 1, PANEL + 1, ld, 1);
      set(x, c, NaN);
      expect(isNaN(sigmoidCrossEntropy(x, block(ld), 0, 1, PANEL + 1, ld, 1, 0))).toBe(true);
      expect(strayPadding(x, 1, PANEL + 1, ld)).toBe(0);
    }
  });
});

/** One of the losses by its number, over rows from `first` on. */
function lossOf(kind: i32, y: usize, first: i32, rows: i32, sum: f64): f64 {
  const columns = PANEL + 3;
  const ld = padded(columns);
  const at = y + first * ld * sizeof<real>();
  const targets = probabilities(ROWS, columns, ld) + first * ld * sizeof<real>();
  const mask = someRows() + first;
  if (kind == 0) return softmaxCrossEntropy(at, classTargets(columns) + 4 * first, mask, rows, columns, ld, 0.5, sum);
  if (kind == 1) return meanSquaredError(at, targets, mask, rows, columns, ld, 0.5, sum);
  return sigmoidCrossEntropy(at, targets, mask, rows, columns, ld, 0.5, sum);
}

describe('every loss', () => {
  test('in parts, the later rows first, has the bits of all rows at once', () => {
    const ld = padded(PANEL + 3);
    for (let kind = 0; kind < 3; kind++) {
      for (let cut = 0; cut <= ROWS; cut++) {
        const whole = matrix(8, ROWS, PANEL + 3, ld, 3);
        const parts = copy(whole, ROWS * ld);
        const later = lossOf(kind, parts, cut, ROWS - cut, 0.1);
        expect(lossOf(kind, parts, 0, cut, later)).toBe(lossOf(kind, whole, 0, ROWS, 0.1));
        for (let i = 0; i < ROWS * ld; i++) expect(get(parts, i)).toBe(get(whole, i));
      }
    }
  });
});
