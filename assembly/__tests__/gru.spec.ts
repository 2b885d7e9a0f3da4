// One step of the GRU forward and backward, reset after and before the product, against plain f64 loops: each φ and σ, rows that
// end in padding.

import { PANEL, padded } from '../simd';
import { gruBack, gruStep } from '../cells/gru';
import { gruBeforeBack, gruBeforeBackGates, gruBeforeGates, gruBeforeStep } from '../cells/gru-before';
import { CELL_KINDS, GATE_KINDS, slopeOf, valueOf } from './scalar';
import { block, copy, differences, EPSILON, errorOf, get, matrix, strayPadding, worse } from './blocks';

const ROWS: i32 = 3;
const TOLERANCE: f64 = 16 * EPSILON;

/** Values of one H: pre-activations [ROWS, 3 ld] with zero padding in each gate, and what stands around them. */
let H: i32 = 0;
let ld: i32 = 0;
let zeros: usize = 0;
let a: usize = 0;
let product: usize = 0;
let before: usize = 0;
let seen: usize = 0;
let dh: usize = 0;
let dy: usize = 0;
let dProduct: usize = 0;

function prepare(units: i32): void {
  H = units;
  ld = padded(H);
  zeros = block(ld);
  a = matrix(1, 3 * ROWS, H, ld, 4);
  product = matrix(2, ROWS, H, ld, 2);
  before = matrix(3, ROWS, H, ld, 1);
  seen = matrix(4, ROWS, H, ld, 1);
  dh = matrix(5, ROWS, H, ld, 1);
  dy = matrix(6, ROWS, H, ld, 1);
  dProduct = matrix(7, ROWS, H, ld, 1);
}

/** Pre-activation or value of gate g of unit c of row r. */
function gate(x: usize, r: i32, g: i32, c: i32): f64 {
  return get(x, (3 * r + g) * ld + c);
}

/** The largest error of the step with the reset after the product, and of its backward. */
function afterError(cell: i32, gates: i32): f64 {
  const values = copy(a, ROWS * 3 * ld);
  const h = block((ROWS + 1) * ld);
  gruStep(h, values, product, before, ROWS, ld, cell, gates);
  const da = block((3 * ROWS + 1) * ld);
  const dp = block((ROWS + 1) * ld);
  const dBefore = copy(dh, ROWS * ld);
  gruBack(da, dp, dBefore, dy, values, product, before, ROWS, ld, cell, gates);

  let worst: f64 = 0;
  for (let r = 0; r < ROWS; r++) {
    for (let k = 0; k < H; k++) {
      const at = r * ld + k;
      const reset = valueOf(gate(a, r, 0, k), gates);
      const z = valueOf(gate(a, r, 1, k), gates);
      const n = valueOf(gate(a, r, 2, k) + reset * get(product, at), cell);
      worst = worse(worst, errorOf(gate(values, r, 0, k), reset));
      worst = worse(worst, errorOf(gate(values, r, 1, k), z));
      worst = worse(worst, errorOf(gate(values, r, 2, k), n));
      worst = worse(worst, errorOf(get(h, at), (1 - z) * n + z * get(before, at)));

      const d = get(dh, at) + get(dy, at);
      const dn = d * (1 - z) * slopeOf(n, cell);
      worst = worse(worst, errorOf(gate(da, r, 0, k), dn * get(product, at) * slopeOf(reset, gates)));
      worst = worse(worst, errorOf(gate(da, r, 1, k), d * (get(before, at) - n) * slopeOf(z, gates)));
      worst = worse(worst, errorOf(gate(da, r, 2, k), dn));
      worst = worse(worst, errorOf(get(dp, at), dn * reset));
      worst = worse(worst, errorOf(get(dBefore, at), d * z));
    }
  }

  let stray = strayPadding(h, ROWS, H, ld) + strayPadding(dBefore, ROWS, H, ld);
  stray += strayPadding(da, 3 * ROWS, H, ld) + strayPadding(dp, ROWS, H, ld);
  expect(stray).toBe(0, 'padding');
  expect(differences(h + ROWS * ld * sizeof<real>(), zeros, ld)).toBe(0, 'the row after the last');
  expect(differences(dp + ROWS * ld * sizeof<real>(), zeros, ld)).toBe(0, 'the row after the last');
  expect(differences(da + 3 * ROWS * ld * sizeof<real>(), zeros, ld)).toBe(0, 'the row after the last');

  // In the places of the gates and of the product, as full BPTT has it.
  const p = copy(product, ROWS * ld);
  const dBeforeAgain = copy(dh, ROWS * ld);
  gruBack(values, p, dBeforeAgain, dy, values, p, before, ROWS, ld, cell, gates);
  expect(differences(values, da, 3 * ROWS * ld)).toBe(0, 'da in place');
  expect(differences(p, dp, ROWS * ld)).toBe(0, 'dp in place');
  expect(differences(dBeforeAgain, dBefore, ROWS * ld)).toBe(0, 'dh in place');
  return worst;
}

/** The largest error of the step with the reset before the product, in its two parts, and of its backward. */
function beforeError(cell: i32, gates: i32): f64 {
  const values = copy(a, ROWS * 3 * ld);
  const p = block((ROWS + 1) * ld);
  const h = block((ROWS + 1) * ld);
  gruBeforeGates(values, p, seen, ROWS, ld, gates);
  gruBeforeStep(h, values, before, ROWS, ld, cell);
  const da = block((3 * ROWS + 1) * ld);
  const dBefore = copy(dh, ROWS * ld);
  gruBeforeBack(da, dBefore, dy, values, before, ROWS, ld, cell, gates);
  for (let r = 0; r < ROWS; r++) {
    const row = 3 * r * ld * sizeof<real>();
    expect(differences(da + row, values + row, ld)).toBe(0, 'r between the parts');
  }
  const dSeen = copy(dProduct, ROWS * ld);
  gruBeforeBackGates(da, dSeen, seen, ROWS, ld, gates);

  let worst: f64 = 0;
  for (let r = 0; r < ROWS; r++) {
    for (let k = 0; k < H; k++) {
      const at = r * ld + k;
      const reset = valueOf(gate(a, r, 0, k), gates);
      const z = valueOf(gate(a, r, 1, k), gates);
      const n = valueOf(gate(a, r, 2, k), cell);
      worst = worse(worst, errorOf(gate(values, r, 0, k), reset));
      worst = worse(worst, errorOf(gate(values, r, 1, k), z));
      worst = worse(worst, errorOf(gate(values, r, 2, k), n));
      worst = worse(worst, errorOf(get(p, at), reset * get(seen, at)));
      worst = worse(worst, errorOf(get(h, at), (1 - z) * n + z * get(before, at)));

      const d = get(dh, at) + get(dy, at);
      worst = worse(worst, errorOf(gate(da, r, 0, k), get(dProduct, at) * get(seen, at) * slopeOf(reset, gates)));
      worst = worse(worst, errorOf(gate(da, r, 1, k), d * (get(before, at) - n) * slopeOf(z, gates)));
      worst = worse(worst, errorOf(gate(da, r, 2, k), d * (1 - z) * slopeOf(n, cell)));
      worst = worse(worst, errorOf(get(dBefore, at), d * z));
      worst = worse(worst, errorOf(get(dSeen, at), get(dProduct, at) * reset));
    }
  }

  let stray = strayPadding(h, ROWS, H, ld) + strayPadding(p, ROWS, H, ld) + strayPadding(dBefore, ROWS, H, ld);
  stray += strayPadding(dSeen, ROWS, H, ld) + strayPadding(da, 3 * ROWS, H, ld);
  expect(stray).toBe(0, 'padding');
  expect(differences(h + ROWS * ld * sizeof<real>(), zeros, ld)).toBe(0, 'the row after the last');
  expect(differences(p + ROWS * ld * sizeof<real>(), zeros, ld)).toBe(0, 'the row after the last');
  expect(differences(da + 3 * ROWS * ld * sizeof<real>(), zeros, ld)).toBe(0, 'the row after the last');

  // In the place of the gates.
  const dBeforeAgain = copy(dh, ROWS * ld);
  const dSeenAgain = copy(dProduct, ROWS * ld);
  gruBeforeBack(values, dBeforeAgain, dy, values, before, ROWS, ld, cell, gates);
  gruBeforeBackGates(values, dSeenAgain, seen, ROWS, ld, gates);
  expect(differences(values, da, 3 * ROWS * ld)).toBe(0, 'da in place');
  expect(differences(dBeforeAgain, dBefore, ROWS * ld)).toBe(0, 'dh in place');
  expect(differences(dSeenAgain, dSeen, ROWS * ld)).toBe(0, 'dp in place');
  return worst;
}

describe('a step of the GRU and its backward', () => {
  test('tanh and sigmoid, H from 1 to two panels and one', () => {
    for (let units = 1; units <= 2 * PANEL + 1; units++) {
      prepare(units);
      expect(afterError(CELL_KINDS[0], GATE_KINDS[0])).toBeLessThan(TOLERANCE, `after, ${units}`);
      expect(beforeError(CELL_KINDS[0], GATE_KINDS[0])).toBeLessThan(TOLERANCE, `before, ${units}`);
    }
  });

  test('every pair of φ and σ', () => {
    prepare(PANEL + 3);
    for (let cell = 0; cell < CELL_KINDS.length; cell++) {
      for (let gates = 0; gates < GATE_KINDS.length; gates++) {
        const name = `${CELL_KINDS[cell]} ${GATE_KINDS[gates]}`;
        expect(afterError(CELL_KINDS[cell], GATE_KINDS[gates])).toBeLessThan(TOLERANCE, `after, ${name}`);
        expect(beforeError(CELL_KINDS[cell], GATE_KINDS[gates])).toBeLessThan(TOLERANCE, `before, ${name}`);
      }
    }
  });

  test('keeps h where z is 1 and takes n where z is 0', () => {
    prepare(PANEL + 1);
    for (let r = 0; r < ROWS; r++) {
      for (let k = 0; k < H; k++) store<real>(a + ((3 * r + 1) * ld + k) * sizeof<real>(), k % 2 ? 10 : -10);
    }
    const hardSigmoid = GATE_KINDS[1];
    const values = copy(a, 3 * ROWS * ld);
    const h = block(ROWS * ld);
    gruStep(h, values, product, before, ROWS, ld, CELL_KINDS[0], hardSigmoid);
    for (let r = 0; r < ROWS; r++) {
      for (let k = 0; k < H; k++) {
        const n = gate(values, r, 2, k);
        if (k % 2 == 0) expect(get(h, r * ld + k)).toBe(n);
        else expect(errorOf(get(h, r * ld + k), get(before, r * ld + k))).toBeLessThan(2 * EPSILON);
      }
    }
  });
});
