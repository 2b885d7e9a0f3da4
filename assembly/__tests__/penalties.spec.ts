// Activity regularisation and Ω against scalar loops in f64, row by row.

import { PANEL, padded } from '../simd';
import { activityBack, activityForward, activitySum, activityTerms, transitions, vanishing } from '../penalties';
import { EPSILON, block, copy, differences, errorOf, get, matrix, room, set, strayPadding, worse } from './blocks';
import { CELL_KINDS, slopeOf, valueOf } from './scalar';

const T: i32 = 4;
const B: i32 = 3;
const ROWS: i32 = T * B;

/** Octets [T, B]: row 1 begins a sequence at step 2, row 2 at step 3, where it is padding. */
function someResets(): usize {
  const flags = room(ROWS);
  store<u8>(flags + 2 * B + 1, 1);
  store<u8>(flags + 3 * B + 2, 1);
  return flags;
}

/** Octets [T, B]: row 2 ends behind step 1. */
function somePadding(): usize {
  const flags = room(ROWS);
  store<u8>(flags + 2 * B + 2, 1);
  store<u8>(flags + 3 * B + 2, 1);
  return flags;
}

function flagged(flags: usize, i: i32): bool {
  return flags != 0 && load<u8>(flags + i) != 0;
}

/** Whether row r has an output before step t, where row 0 alone has one before the first step. */
function follows(resets: usize, t: i32, r: i32): bool {
  return !flagged(resets, t * B + r) && (t > 0 || r == 0);
}

/** The outputs of T steps [T+1, B, ld] and their flags, as activityForward leaves them. */
class Outputs {
  y: usize;
  begun: usize;
  flags: usize;
  x: usize;

  constructor(public columns: i32, public resets: usize, public padding: usize) {
    const ld = padded(columns);
    this.x = matrix(1, ROWS, columns, ld, 2);
    this.y = block((T + 1) * B * ld);
    memory.copy(this.y, matrix(2, B, columns, ld, 2), B * ld * sizeof<real>());
    this.begun = block((T + 1) * B * PANEL);
    set(this.begun, 0, 1);
    this.flags = room(ROWS);
    memory.fill(this.flags, 0xff, ROWS);
    activityForward(this.y, this.begun, this.flags, this.x, resets, padding, T, B, ld);
  }

  get ld(): i32 {
    return padded(this.columns);
  }

  at(t: i32, r: i32, c: i32): f64 {
    return get(this.y, (t * B + r) * this.ld + c);
  }

  /** Whether the term of row r at step t is one of these. */
  has(t: i32, r: i32, pairs: bool): bool {
    return !flagged(this.padding, t * B + r) && (!pairs || follows(this.resets, t, r));
  }
}

/** Without and with resets and padding. */
function outputs(columns: i32, which: i32): Outputs {
  return new Outputs(columns, which & 1 ? someResets() : 0, which & 2 ? somePadding() : 0);
}

describe('activityForward', () => {
  test('takes the steps, or where they are padding the output before', () => {
    for (let which = 0; which < 4; which++) {
      for (let columns = 1; columns <= 2 * PANEL + 1; columns++) {
        const o = outputs(columns, which);
        const ld = o.ld;
        let wrong = 0;
        for (let t = 0; t < T; t++) {
          for (let r = 0; r < B; r++) {
            const i = t * B + r;
            const source = flagged(o.padding, i) ? o.y + i * ld * sizeof<real>() : o.x + i * ld * sizeof<real>();
            wrong += differences(o.y + (i + B) * ld * sizeof<real>(), source, ld);
            const begun = flagged(o.padding, i) ? follows(o.resets, t, r) : true;
            if (get(o.begun, (i + B) * PANEL) != (begun ? 1 : 0)) wrong++;
          }
        }
        expect(wrong).toBe(0);
        expect(get(o.begun, 0)).toBe(1, 'slot 0 stays');
      }
    }
  });

  test('step by step gives what T steps at once give', () => {
    const whole = outputs(PANEL + 1, 3);
    const ld = whole.ld;
    const y = copy(whole.y, (T + 1) * B * ld);
    memory.fill(y + B * ld * sizeof<real>(), 0, T * B * ld * sizeof<real>());
    const begun = block((T + 1) * B * PANEL);
    set(begun, 0, 1);
    const flags = room(ROWS);
    for (let t = 0; t < T; t++) {
      const i = t * B;
      const slot = i * ld * sizeof<real>();
      const started = begun + i * PANEL * sizeof<real>();
      activityForward(y + slot, started, flags + i, whole.x + slot, whole.resets + i, whole.padding + i, 1, B, ld);
    }
    expect(differences(y, whole.y, (T + 1) * B * ld)).toBe(0);
    expect(differences(begun, whole.begun, (T + 1) * B * PANEL)).toBe(0);
    expect(memory.compare(flags, whole.flags, ROWS)).toBe(0);
  });
});

describe('activityTerms and activitySum', () => {
  test('count and add what is there, from the last row to the first', () => {
    let worst: f64 = 0;
    for (let which = 0; which < 4; which++) {
      for (let columns = 1; columns <= 2 * PANEL + 1; columns++) {
        const o = outputs(columns, which);
        for (let p = 0; p < 2; p++) {
          const pairs = p == 1;
          let count = 0;
          let sum: f64 = 3;
          for (let t = 0; t < T; t++) {
            for (let r = 0; r < B; r++) {
              if (!o.has(t, r, pairs)) continue;
              count++;
              for (let c = 0; c < columns; c++) {
                // The difference is rounded to real, its square is not.
                const d = pairs ? <f64>(<real>(<real>o.at(t + 1, r, c) - <real>o.at(t, r, c))) : o.at(t + 1, r, c);
                sum += d * d;
              }
            }
          }
          expect(activityTerms(o.flags, ROWS, pairs)).toBe(count);
          worst = worse(worst, errorOf(activitySum(o.y, o.flags, T, B, o.ld, pairs, 3), sum));
          const slot = 2 * B * o.ld * sizeof<real>();
          const later = activitySum(o.y + slot, o.flags + 2 * B, T - 2, B, o.ld, pairs, 3);
          const all = activitySum(o.y, o.flags, 2, B, o.ld, pairs, later);
          expect(all).toBe(activitySum(o.y, o.flags, T, B, o.ld, pairs, 3), 'the later part first: the same bits');
        }
      }
    }
    expect(worst).toBeLessThan(1e-14);
  });
});

describe('activityBack', () => {
  test('adds the gradients of the terms from a step on', () => {
    const square = 0.75;
    const change = 1.25;
    let worst: f64 = 0;
    for (let which = 0; which < 4; which++) {
      for (let columns = 1; columns <= 2 * PANEL + 1; columns++) {
        const o = outputs(columns, which);
        const ld = o.ld;
        for (let first = -1; first <= T; first += 2) {
          const dy = matrix(3, ROWS, columns, ld, 1);
          const dx = block((ROWS + 1) * ld);
          const dNext = matrix(4, B, columns, ld, 1);
          const given = copy(dNext, B * ld);
          activityBack(dx, dy, dNext, o.y, o.flags, T, B, ld, first, square, change);
          for (let r = 0; r < B; r++) {
            for (let c = 0; c < columns; c++) {
              let next = get(given, r * ld + c);
              for (let t = T - 1; t >= 0; t--) {
                let d = get(dy, (t * B + r) * ld + c);
                if (o.has(t, r, false)) {
                  d += next;
                  next = 0;
                  if (t >= first) d += 2 * square * o.at(t + 1, r, c);
                  if (t >= first && o.has(t, r, true)) {
                    const q = 2 * change * (o.at(t + 1, r, c) - o.at(t, r, c));
                    d += q;
                    next = -q;
                  }
                }
                worst = worse(worst, errorOf(get(dx, (t * B + r) * ld + c), d));
              }
              worst = worse(worst, errorOf(get(dNext, r * ld + c), next));
            }
          }
          expect(strayPadding(dx, ROWS, columns, ld)).toBe(0, 'padding');
          expect(strayPadding(dx + ROWS * ld * sizeof<real>(), 1, 0, ld)).toBe(0, 'beyond the rows');
        }
      }
    }
    expect(worst).toBeLessThan(16 * EPSILON);
  });
});

describe('transitions', () => {
  test('are the rows that begin nothing and are there', () => {
    expect(transitions(0, 0, ROWS)).toBe(ROWS);
    expect(transitions(someResets(), 0, ROWS)).toBe(ROWS - 2);
    expect(transitions(0, somePadding(), ROWS)).toBe(ROWS - 2);
    expect(transitions(someResets(), somePadding(), ROWS)).toBe(ROWS - 3);
    expect(transitions(0, 0, 0)).toBe(0);
  });
});

describe('vanishing', () => {
  test('is the sum of Ω and leaves its gradient by W d', () => {
    const factor = 0.7;
    let worst: f64 = 0;
    for (let k = 0; k < CELL_KINDS.length; k++) {
      const kind = CELL_KINDS[k];
      for (let columns = 1; columns <= 2 * PANEL + 1; columns++) {
        for (let which = 0; which < 4; which++) {
          const ld = padded(columns);
          const r = matrix(1, ROWS, columns, ld, 1);
          const before = copy(r, ROWS * ld);
          const d = matrix(2, ROWS, columns, ld, 1);
          memory.fill(d + 4 * ld * sizeof<real>(), 0, ld * sizeof<real>()); // row 4 gets no gradient
          const h = matrix(3, ROWS, columns, ld, 1);
          for (let row = 0; row < ROWS; row++) {
            for (let c = 0; c < columns; c++) set(h, row * ld + c, valueOf(get(h, row * ld + c), kind));
          }
          const m = which & 1 ? matrix(4, ROWS, columns, ld, 2) : 0;
          const resets = which & 2 ? someResets() : 0;
          let expected: f64 = 5;
          const sum = vanishing(r, d, h, m, resets, ROWS, ld, kind, factor, 5);
          for (let row = ROWS - 1; row >= 0; row--) {
            let dd: f64 = 0;
            let vv: f64 = 0;
            for (let c = 0; c < columns; c++) {
              const i = row * ld + c;
              const s = slopeOf(get(h, i), kind) * (m ? get(m, i) : 1);
              dd += get(d, i) * get(d, i);
              vv += s * get(before, i) * (s * get(before, i));
            }
            const there = dd > 0 && !flagged(resets, row);
            const off = there ? sqrt<f64>(vv) / sqrt<f64>(dd) - 1 : 0;
            expected += off * off;
            for (let c = 0; c < columns; c++) {
              const i = row * ld + c;
              const s = slopeOf(get(h, i), kind) * (m ? get(m, i) : 1);
              let g: f64 = 0;
              if (there && vv > 0) g = (((factor * 2 * off) / sqrt<f64>(dd)) * (s * s * get(before, i))) / sqrt<f64>(vv);
              worst = worse(worst, errorOf(get(r, i), g));
            }
          }
          worst = worse(worst, errorOf(sum, expected));
          expect(strayPadding(r, ROWS, columns, ld)).toBe(0, 'padding');
        }
      }
    }
    expect(worst).toBeLessThan(64 * EPSILON);
  });

  test('adds nothing where gradients or what becomes of them have no length', () => {
    const ld = padded(PANEL + 1);
    const h = matrix(3, 2, PANEL + 1, ld, 0.5);
    const d = matrix(2, 2, PANEL + 1, ld, 1);
    memory.fill(d, 0, ld * sizeof<real>());
    const r = matrix(1, 2, PANEL + 1, ld, 1);
    memory.fill(r + ld * sizeof<real>(), 0, ld * sizeof<real>());
    // Row 0: no gradient, no term. Row 1: all is lost, (0 - 1)² = 1, without a direction.
    expect(vanishing(r, d, h, 0, 0, 2, ld, 0, 1, 0)).toBe(1);
    expect(strayPadding(r, 2, 0, ld)).toBe(0);
  });
});
