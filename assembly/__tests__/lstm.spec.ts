// One step of the LSTM cell forward and backward against plain f64 loops: each φ and σ, peepholes, rows that end in padding.

import { PANEL, padded } from '../simd';
import { lstmBack, lstmBackCell, lstmBackOutput, lstmCell, lstmOutput, lstmStep } from '../cells/lstm';
import { CELL_KINDS, GATE_KINDS, slopeOf, valueOf } from './scalar';
import { block, copy, differences, EPSILON, errorOf, get, matrix, set, strayPadding, worse } from './blocks';

const ROWS: i32 = 3;
const TOLERANCE: f64 = 16 * EPSILON;

/** Values of one H: pre-activations [ROWS, 4 ld] with zero padding in each gate, and what stands around them. */
let H: i32 = 0;
let ld: i32 = 0;
let zeros: usize = 0;
let a: usize = 0;
let before: usize = 0;
let peepholes: usize = 0;
let dc: usize = 0;
let dh: usize = 0;
let dy: usize = 0;

function prepare(units: i32): void {
  H = units;
  ld = padded(H);
  zeros = block(ld);
  a = matrix(1, 4 * ROWS, H, ld, 4);
  before = matrix(2, ROWS, H, ld, 1.5);
  peepholes = matrix(3, 3, H, ld, 1);
  dc = matrix(4, ROWS, H, ld, 1);
  dh = matrix(5, ROWS, H, ld, 1);
  dy = matrix(6, ROWS, H, ld, 1);
}

/** Pre-activation or value of gate g of unit c of row r. */
function gate(x: usize, r: i32, g: i32, c: i32): f64 {
  return get(x, (4 * r + g) * ld + c);
}

/** The largest error of lstmStep and of lstmBack behind it. */
function stepError(cell: i32, gates: i32, withPeepholes: bool): f64 {
  const p = withPeepholes ? peepholes : 0;
  const values = copy(a, ROWS * 4 * ld);
  const h = block((ROWS + 1) * ld);
  const c = block((ROWS + 1) * ld);
  lstmStep(h, c, values, before, p, ROWS, ld, cell, gates);
  const da = block((4 * ROWS + 1) * ld);
  const dBefore = copy(dc, ROWS * ld);
  const dp = matrix(7, 3, H, ld, 1);
  const added = copy(dp, 3 * ld);
  lstmBack(da, dBefore, dh, dy, values, before, p, dp, ROWS, ld, cell, gates);

  let worst: f64 = 0;
  const sums = new StaticArray<f64>(3 * H);
  for (let r = 0; r < ROWS; r++) {
    for (let k = 0; k < H; k++) {
      const at = r * ld + k;
      const old = get(before, at);
      const pi = p ? get(p, k) : 0;
      const pf = p ? get(p, ld + k) : 0;
      const po = p ? get(p, 2 * ld + k) : 0;
      const i = valueOf(gate(a, r, 0, k) + pi * old, gates);
      const f = valueOf(gate(a, r, 1, k) + pf * old, gates);
      const g = valueOf(gate(a, r, 2, k), cell);
      const state = f * old + i * g;
      const o = valueOf(gate(a, r, 3, k) + po * state, gates);
      const y = valueOf(state, cell);
      worst = worse(worst, errorOf(gate(values, r, 0, k), i));
      worst = worse(worst, errorOf(gate(values, r, 1, k), f));
      worst = worse(worst, errorOf(gate(values, r, 2, k), g));
      worst = worse(worst, errorOf(gate(values, r, 3, k), o));
      worst = worse(worst, errorOf(get(c, at), state));
      worst = worse(worst, errorOf(get(h, at), o * y));

      const d = get(dh, at) + get(dy, at);
      const dao = d * y * slopeOf(o, gates);
      const dState = get(dc, at) + d * o * slopeOf(y, cell) + po * dao;
      const dai = dState * g * slopeOf(i, gates);
      const daf = dState * old * slopeOf(f, gates);
      worst = worse(worst, errorOf(gate(da, r, 0, k), dai));
      worst = worse(worst, errorOf(gate(da, r, 1, k), daf));
      worst = worse(worst, errorOf(gate(da, r, 2, k), dState * i * slopeOf(g, cell)));
      worst = worse(worst, errorOf(gate(da, r, 3, k), dao));
      worst = worse(worst, errorOf(get(dBefore, at), dState * f + pi * dai + pf * daf));
      sums[k] += dai * old;
      sums[H + k] += daf * old;
      sums[2 * H + k] += dao * state;
    }
  }
  for (let g = 0; g < 3; g++) {
    for (let k = 0; k < H; k++) {
      const expected = get(added, g * ld + k) + (withPeepholes ? sums[g * H + k] : 0);
      worst = worse(worst, errorOf(get(dp, g * ld + k), expected));
    }
  }

  let stray = strayPadding(h, ROWS, H, ld) + strayPadding(c, ROWS, H, ld) + strayPadding(dBefore, ROWS, H, ld);
  stray += strayPadding(da, 4 * ROWS, H, ld) + strayPadding(dp, 3, H, ld);
  expect(stray).toBe(0, 'padding');
  expect(differences(h + ROWS * ld * sizeof<real>(), zeros, ld)).toBe(0, 'the row after the last');
  expect(differences(c + ROWS * ld * sizeof<real>(), zeros, ld)).toBe(0, 'the row after the last');
  expect(differences(da + 4 * ROWS * ld * sizeof<real>(), zeros, ld)).toBe(0, 'the row after the last');

  // In the place of the gates, as full BPTT has it.
  const dBeforeAgain = copy(dc, ROWS * ld);
  lstmBack(values, dBeforeAgain, dh, dy, values, before, p, block(3 * ld), ROWS, ld, cell, gates);
  expect(differences(values, da, 4 * ROWS * ld)).toBe(0, 'in place');
  expect(differences(dBeforeAgain, dBefore, ROWS * ld)).toBe(0, 'in place');
  return worst;
}

describe('lstmStep and lstmBack', () => {
  test('tanh and sigmoid, without and with peepholes, H from 1 to two panels and one', () => {
    for (let units = 1; units <= 2 * PANEL + 1; units++) {
      prepare(units);
      expect(stepError(CELL_KINDS[0], GATE_KINDS[0], false)).toBeLessThan(TOLERANCE, units.toString());
      expect(stepError(CELL_KINDS[0], GATE_KINDS[0], true)).toBeLessThan(TOLERANCE, units.toString());
    }
  });

  test('every pair of φ and σ, without and with peepholes', () => {
    prepare(PANEL + 3);
    for (let cell = 0; cell < CELL_KINDS.length; cell++) {
      for (let gates = 0; gates < GATE_KINDS.length; gates++) {
        const name = `${CELL_KINDS[cell]} ${GATE_KINDS[gates]}`;
        expect(stepError(CELL_KINDS[cell], GATE_KINDS[gates], false)).toBeLessThan(TOLERANCE, name);
        expect(stepError(CELL_KINDS[cell], GATE_KINDS[gates], true)).toBeLessThan(TOLERANCE, name);
      }
    }
  });

  test('leave the c before as it is', () => {
    prepare(PANEL + 1);
    const old = copy(before, ROWS * ld);
    stepError(CELL_KINDS[0], GATE_KINDS[0], true);
    expect(differences(before, old, ROWS * ld)).toBe(0);
  });
});

describe('the step in two parts', () => {
  test('with u = c gives the bits of the whole, forward and backward', () => {
    for (let units = 1; units <= 2 * PANEL + 1; units += 3) {
      prepare(units);
      for (let k = 0; k < CELL_KINDS.length; k++) {
        const cell = CELL_KINDS[k];
        const gates = GATE_KINDS[k % 2];
        const n = ROWS * ld;
        const whole = copy(a, 4 * n);
        const h = block(n);
        const c = block(n);
        lstmStep(h, c, whole, before, 0, ROWS, ld, cell, gates);
        const parts = copy(a, 4 * n);
        const u = block(n);
        lstmCell(u, parts, before, ROWS, ld, cell, gates);
        expect(differences(u, c, n)).toBe(0, 'c');
        lstmOutput(u, parts, u, ROWS, ld, cell);
        expect(differences(u, h, n)).toBe(0, 'h');
        expect(differences(parts, whole, 4 * n)).toBe(0, 'gates');

        const da = block(4 * n);
        const dBefore = copy(dc, n);
        lstmBack(da, dBefore, dh, dy, whole, before, 0, 0, ROWS, ld, cell, gates);
        const daParts = block(4 * n);
        const dBeforeParts = copy(dc, n);
        // u as γ∘(c/2) + β with γ = 2 and β = 0.
        const half = block(n), gain = block(ld), bias = block(ld);
        for (let i = 0; i < n; i++) set(half, i, get(c, i) / 2);
        for (let i = 0; i < ld; i++) set(gain, i, 2);
        const du = block(n);
        lstmBackOutput(daParts, du, dh, dy, parts, half, gain, bias, ROWS, ld, cell, gates);
        for (let i = 0; i < n; i++) {
          store<real>(dBeforeParts + i * sizeof<real>(), <real>get(dBeforeParts, i) + <real>get(du, i));
        }
        lstmBackCell(daParts, dBeforeParts, parts, before, ROWS, ld, cell, gates);
        expect(differences(daParts, da, 4 * n)).toBe(0, 'da');
        expect(differences(dBeforeParts, dBefore, n)).toBe(0, 'dc');

        // In the place of the gates.
        const again = copy(dc, n);
        const duAgain = block(n);
        lstmBackOutput(parts, duAgain, dh, dy, parts, half, gain, bias, ROWS, ld, cell, gates);
        for (let i = 0; i < n; i++) store<real>(again + i * sizeof<real>(), <real>get(again, i) + <real>get(duAgain, i));
        lstmBackCell(parts, again, parts, before, ROWS, ld, cell, gates);
        expect(differences(parts, da, 4 * n)).toBe(0, 'in place');
      }
    }
  });
});
