// Optimizer steps: first steps by hand, many steps against the formulas in scalar f64, and what must hold between them.

import { PANEL } from '../simd';
import { adagrad, adam, regularize, rmsprop, sgd } from '../optimizers';
import { EPSILON, block, copy, errorOf, get, matrix, noise, set, worse } from './blocks';

const N: i32 = 3 * PANEL;
const STEPS: i32 = 40;
/** Forty steps of a few roundings each. */
const TOLERANCE: f64 = 40 * EPSILON;

/** N values and one panel more, which no kernel may touch. */
function filled(value: f64): usize {
  const pointer = block(N + PANEL);
  for (let i = 0; i < N + PANEL; i++) set(pointer, i, value);
  return pointer;
}

function expectAll(pointer: usize, expected: f64, beyond: f64, label: string): void {
  for (let i = 0; i < N; i++) expect(errorOf(get(pointer, i), expected)).toBeLessThan(4 * EPSILON, label);
  for (let i = N; i < N + PANEL; i++) expect(get(pointer, i)).toBe(<f64>(<real>beyond), label + ' beyond n');
}

function gradients(step: i32): usize {
  const pointer = block(N);
  for (let i = 0; i < N; i++) set(pointer, i, noise(100 + step, i));
  return pointer;
}

describe('sgd', () => {
  test('first steps by hand: plain', () => {
    const w = filled(1);
    sgd(w, filled(0.5), 0, N, 0.1, 0, false, 1);
    expectAll(w, 0.95, 1, 'w');
    sgd(w, filled(0.5), 0, N, 0.1, 0, false, 0.5);
    expectAll(w, 0.925, 1, 'w, scaled gradient');
  });

  test('first two steps by hand: momentum', () => {
    const w = filled(1);
    const v = filled(0);
    sgd(w, filled(0.5), v, N, 0.1, 0.9, false, 1);
    expectAll(v, 0.5, 0, 'v');
    expectAll(w, 0.95, 1, 'w');
    sgd(w, filled(-0.25), v, N, 0.1, 0.9, false, 1);
    expectAll(v, 0.2, 0, 'v');
    expectAll(w, 0.93, 1, 'w');
  });

  test('first two steps by hand: Nesterov', () => {
    const w = filled(1);
    const v = filled(0);
    sgd(w, filled(1), v, N, 0.1, 0.9, true, 0.5);
    expectAll(v, 0.5, 0, 'v');
    expectAll(w, 0.905, 1, 'w');
    sgd(w, filled(-0.5), v, N, 0.1, 0.9, true, 0.5);
    expectAll(v, 0.2, 0, 'v');
    expectAll(w, 0.912, 1, 'w');
  });

  test('momentum 0 gives the same bits as plain descent, with and without Nesterov', () => {
    const plain = matrix(1, 1, N, N, 1);
    const momentum = copy(plain, N);
    const nesterov = copy(plain, N);
    const v1 = block(N);
    const v2 = block(N);
    for (let step = 0; step < STEPS; step++) {
      const g = gradients(step);
      sgd(plain, g, 0, N, 0.03, 0, false, 0.7);
      sgd(momentum, g, v1, N, 0.03, 0, false, 0.7);
      sgd(nesterov, g, v2, N, 0.03, 0, true, 0.7);
    }
    for (let i = 0; i < N; i++) {
      expect(get(momentum, i)).toBe(get(plain, i));
      expect(get(nesterov, i)).toBe(get(plain, i));
    }
  });

  test('forty steps of momentum and Nesterov against scalar f64', () => {
    for (let nesterov = 0; nesterov < 2; nesterov++) {
      const w = matrix(2, 1, N, N, 1);
      const v = block(N);
      const start = copy(w, N);
      for (let step = 0; step < STEPS; step++) sgd(w, gradients(step), v, N, 0.01, 0.9, nesterov == 1, 0.5);
      let worst: f64 = 0;
      for (let i = 0; i < N; i++) {
        let p = get(start, i);
        let velocity: f64 = 0;
        for (let step = 0; step < STEPS; step++) {
          const g = 0.5 * <f64>(<real>noise(100 + step, i));
          velocity = 0.9 * velocity + g;
          p -= 0.01 * (nesterov ? g + 0.9 * velocity : velocity);
        }
        worst = worse(worst, errorOf(get(w, i), p));
      }
      expect(worst).toBeLessThan(TOLERANCE);
    }
  });
});

describe('rmsprop', () => {
  test('first step by hand: epsilon is added to the root', () => {
    const w = filled(1);
    const s = filled(0);
    rmsprop(w, filled(0.25), s, N, 0.01, 0.99, 0.05, 2);
    expectAll(s, 0.0025, 0, 's');
    expectAll(w, 0.95, 1, 'w');
  });

  test('forty steps against scalar f64', () => {
    const w = matrix(3, 1, N, N, 1);
    const s = block(N);
    const start = copy(w, N);
    for (let step = 0; step < STEPS; step++) rmsprop(w, gradients(step), s, N, 0.003, 0.9, 1e-8, 0.5);
    let worst: f64 = 0;
    for (let i = 0; i < N; i++) {
      let p = get(start, i);
      let average: f64 = 0;
      for (let step = 0; step < STEPS; step++) {
        const g = 0.5 * <f64>(<real>noise(100 + step, i));
        average = 0.9 * average + 0.1 * g * g;
        p -= (0.003 * g) / (sqrt<f64>(average) + 1e-8);
      }
      worst = worse(worst, errorOf(get(w, i), p));
    }
    expect(worst).toBeLessThan(TOLERANCE);
  });
});

describe('adagrad', () => {
  test('first two steps by hand: epsilon is added to the root', () => {
    const w = filled(1);
    const s = filled(0);
    adagrad(w, filled(0.25), s, N, 0.1, 0.5, 2);
    expectAll(s, 0.25, 0, 's');
    expectAll(w, 0.95, 1, 'w');
    // s = 0.25 + 0.75 = 1, √s + 0.5 = 1.5
    adagrad(w, filled(-0.5 * sqrt<f64>(3)), s, N, 0.1, 0.5, 1);
    expectAll(s, 1, 0, 's');
    expectAll(w, 0.95 + (0.05 * sqrt<f64>(3)) / 1.5, 1, 'w');
  });

  test('forty steps against scalar f64', () => {
    const w = matrix(4, 1, N, N, 1);
    const s = block(N);
    const start = copy(w, N);
    for (let step = 0; step < STEPS; step++) adagrad(w, gradients(step), s, N, 0.01, 1e-10, 0.5);
    let worst: f64 = 0;
    for (let i = 0; i < N; i++) {
      let p = get(start, i);
      let sum: f64 = 0;
      for (let step = 0; step < STEPS; step++) {
        const g = 0.5 * <f64>(<real>noise(100 + step, i));
        sum += g * g;
        p -= (0.01 * g) / (sqrt<f64>(sum) + 1e-10);
      }
      worst = worse(worst, errorOf(get(w, i), p));
    }
    expect(worst).toBeLessThan(TOLERANCE);
  });
});

describe('adam', () => {
  test('first step by hand: both corrections, epsilon added to the corrected root', () => {
    const w = filled(1);
    const m = filled(0);
    const v = filled(0);
    adam(w, filled(0.25), m, v, N, 0.1, 0.9, 0.999, 0.5, 0.1, 0.001, 0, 2);
    expectAll(m, 0.05, 0, 'm');
    expectAll(v, 0.00025, 0, 'v');
    expectAll(w, 0.95, 1, 'w');
  });

  test('first step by hand: decoupled decay shrinks w before the step', () => {
    const w = filled(2);
    adam(w, filled(0.5), filled(0), filled(0), N, 0.1, 0.9, 0.999, 0.5, 0.1, 0.001, 0.01, 1);
    expectAll(w, 2 - 0.02 - 0.05, 2, 'w');
  });

  test('a gradient of zero moves nothing without decay, and zero parameters stay zero', () => {
    const w = matrix(5, 1, N, N, 1);
    const before = copy(w, N);
    adam(w, block(N), block(N), block(N), N, 0.1, 0.9, 0.999, 1e-8, 0.1, 0.001, 0, 1);
    for (let i = 0; i < N; i++) expect(get(w, i)).toBe(get(before, i));
    const zero = block(N);
    adam(zero, block(N), block(N), block(N), N, 0.1, 0.9, 0.999, 1e-8, 0.1, 0.001, 0.1, 1);
    for (let i = 0; i < N; i++) expect(get(zero, i)).toBe(0);
  });

  test('forty steps of Adam and AdamW against scalar f64', () => {
    for (let decays = 0; decays < 2; decays++) {
      const decay: f64 = decays ? 1e-3 : 0;
      const w = matrix(6, 1, N, N, 1);
      const m = block(N);
      const v = block(N);
      const start = copy(w, N);
      let power1: f64 = 1;
      let power2: f64 = 1;
      for (let step = 0; step < STEPS; step++) {
        power1 *= 0.9;
        power2 *= 0.999;
        adam(w, gradients(step), m, v, N, 0.003, 0.9, 0.999, 1e-8, 1 - power1, 1 - power2, decay, 0.5);
      }
      let worst: f64 = 0;
      for (let i = 0; i < N; i++) {
        let p = get(start, i);
        let first: f64 = 0;
        let second: f64 = 0;
        power1 = 1;
        power2 = 1;
        for (let step = 0; step < STEPS; step++) {
          const g = 0.5 * <f64>(<real>noise(100 + step, i));
          power1 *= 0.9;
          power2 *= 0.999;
          p -= decay * p;
          first = 0.9 * first + 0.1 * g;
          second = 0.999 * second + 0.001 * g * g;
          p -= (0.003 * (first / (1 - power1))) / (sqrt<f64>(second / (1 - power2)) + 1e-8);
        }
        worst = worse(worst, errorOf(get(w, i), p));
      }
      expect(worst).toBeLessThan(TOLERANCE);
    }
  });
});

describe('regularize', () => {
  test('adds l2·w + l1·sign(w) to the gradient, with sign(0) = 0', () => {
    const values: f64[] = [2, -2, 0, -0.0, 1e-30, -1e-30];
    const signs: f64[] = [1, -1, 0, 0, 1, -1];
    for (let k = 0; k < values.length; k++) {
      const g = filled(0.5);
      regularize(g, filled(values[k]), N, 0.25, 0.125);
      expectAll(g, 0.5 + 0.125 * values[k] + 0.25 * signs[k], 0.5, 'g');
    }
  });

  test('l1 alone and l2 alone', () => {
    const w = matrix(7, 1, N, N, 1);
    const first = block(N);
    const second = block(N);
    regularize(first, w, N, 0.5, 0);
    regularize(second, w, N, 0, 0.5);
    for (let i = 0; i < N; i++) {
      expect(get(first, i)).toBe(get(w, i) > 0 ? 0.5 : -0.5);
      expect(get(second, i)).toBe(0.5 * get(w, i));
    }
  });
});
