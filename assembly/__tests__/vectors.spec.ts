// Flat passes: sums, products, zoneout, copies, scales, limits.

import { PANEL } from '../simd';
import { add, approach, clampValues, clear, copy, fill, isZero, multiply, scale, zoneout } from '../vectors';
import { block, copy as duplicate, get, matrix, set } from './blocks';

describe('add and multiply', () => {
  test('add n reals and no more', () => {
    for (let panels = 1; panels <= 5; panels++) {
      const n = panels * PANEL;
      const y = matrix(1, 1, n + PANEL, n + PANEL, 1);
      const before = duplicate(y, n + PANEL);
      const x = matrix(2, 1, n + PANEL, n + PANEL, 1);
      add(y, x, n);
      for (let i = 0; i < n; i++) expect(get(y, i)).toBe(<f64>(<real>(<real>get(before, i) + <real>get(x, i))));
      for (let i = n; i < n + PANEL; i++) expect(get(y, i)).toBe(get(before, i));
    }
  });

  test('multiply every step by the same factors, in place too', () => {
    const T = 3;
    for (let panels = 1; panels <= 3; panels++) {
      const n = panels * PANEL;
      const x = matrix(3, 1, T * n, T * n, 1);
      const m = matrix(4, 1, n, n, 2);
      const y = block(T * n + PANEL);
      const inPlace = duplicate(x, T * n);
      multiply(y, x, m, T, n);
      multiply(inPlace, inPlace, m, T, n);
      for (let i = 0; i < T * n; i++) {
        expect(get(y, i)).toBe(<f64>(<real>(<real>get(x, i) * <real>get(m, i % n))));
        expect(get(inPlace, i)).toBe(get(y, i));
      }
      for (let i = T * n; i < T * n + PANEL; i++) expect(get(y, i)).toBe(0, 'beyond n');
    }
  });
});

describe('zoneout', () => {
  test('takes z of the old value and 1 - z of the new one; exactly one of them where z is 1 or 0', () => {
    const n = 5 * PANEL;
    const before = matrix(5, 1, n, n, 1);
    const y = matrix(6, 1, n + PANEL, n + PANEL, 1);
    const fresh = duplicate(y, n + PANEL);
    const z = matrix(7, 1, n, n, 0.5);
    for (let i = 0; i < n; i++) set(z, i, i % 3 == 0 ? 0 : i % 3 == 1 ? 1 : 0.5 + get(z, i));
    zoneout(y, before, z, n);
    for (let i = 0; i < n; i++) {
      const share = <real>get(z, i);
      const mixed = <real>(share * <real>get(before, i)) + <real>((<real>1 - share) * <real>get(fresh, i));
      expect(get(y, i)).toBe(i % 3 == 0 ? get(fresh, i) : i % 3 == 1 ? get(before, i) : <f64>mixed);
    }
    for (let i = n; i < n + PANEL; i++) expect(get(y, i)).toBe(get(fresh, i), 'beyond n');
  });
});

describe('copy and fill', () => {
  test('write n reals and no more', () => {
    for (let n = 1; n <= 2 * PANEL + 1; n++) {
      const x = matrix(13, 1, n, n, 1);
      const y = block(n + 1);
      set(y, n, 7);
      copy(y, x, n);
      for (let i = 0; i < n; i++) expect(get(y, i)).toBe(get(x, i));
      fill(y, 0.3, n);
      for (let i = 0; i < n; i++) expect(get(y, i)).toBe(<f64>(<real>0.3));
      expect(get(y, n)).toBe(7);
    }
  });
});

describe('clear', () => {
  test('zeroes n reals and no more, NaN and infinity included', () => {
    const x = matrix(9, 1, 3 * PANEL, 3 * PANEL, 1);
    set(x, 0, NaN);
    set(x, 2 * PANEL - 1, Infinity);
    const beyond = get(x, 2 * PANEL);
    clear(x, 2 * PANEL);
    for (let i = 0; i < 2 * PANEL; i++) expect(get(x, i)).toBe(0);
    expect(get(x, 2 * PANEL)).toBe(beyond);
  });
});

describe('isZero', () => {
  test('says whether all n reals are 0 of either sign, and looks no further', () => {
    const n = 3 * PANEL;
    const x = block(n + PANEL);
    set(x, n, 1);
    set(x, 5, -0.0);
    expect(isZero(x, n)).toBe(true);
    expect(isZero(x, 0)).toBe(true);
    const values: f64[] = [1, -1, NaN, Infinity, sizeof<real>() == 4 ? 1e-45 : 5e-324];
    for (let v = 0; v < values.length; v++) {
      for (let i = 0; i < n; i++) {
        set(x, i, values[v]);
        expect(isZero(x, n)).toBe(false);
        set(x, i, 0);
      }
    }
  });
});

describe('scale', () => {
  test('multiplies n values by the rounded factor and no more', () => {
    const n = 5 * PANEL;
    const x = matrix(6, 1, n + PANEL, n + PANEL, 1);
    const before = duplicate(x, n + PANEL);
    scale(x, 0.3, n);
    for (let i = 0; i < n; i++) expect(get(x, i)).toBe(<f64>(<real>get(before, i) * <real>0.3));
    for (let i = n; i < n + PANEL; i++) expect(get(x, i)).toBe(get(before, i));
  });
});

describe('approach', () => {
  test('goes a part of the way, by the rounded rate, and leaves the rest alone', () => {
    const n = 5 * PANEL;
    const y = matrix(7, 1, n + PANEL, n + PANEL, 1);
    const x = matrix(8, 1, n + PANEL, n + PANEL, 1);
    const before = duplicate(y, n + PANEL);
    approach(y, x, 0.3, n);
    for (let i = 0; i < n; i++) {
      const from = <real>get(before, i);
      expect(get(y, i)).toBe(<f64>(from + <real>0.3 * (<real>get(x, i) - from)));
    }
    for (let i = n; i < n + PANEL; i++) expect(get(y, i)).toBe(get(before, i));
  });
});

describe('clampValues', () => {
  test('limits both signs, keeps what is inside, keeps NaN', () => {
    for (let i = 0; i < 2 * PANEL; i++) {
      const x = block(3 * PANEL);
      const values: f64[] = [0.5, -0.5, 0.25, -0.25, 7, -7, Infinity, -Infinity];
      const clamped: f64[] = [0.5, -0.5, 0.25, -0.25, 0.5, -0.5, 0.5, -0.5];
      for (let k = 0; k < values.length; k++) {
        set(x, i, values[k]);
        set(x, 2 * PANEL, values[k]);
        clampValues(x, 0.5, 2 * PANEL);
        expect(get(x, i)).toBe(clamped[k]);
        expect(get(x, 2 * PANEL)).toBe(values[k], 'beyond n');
      }
      set(x, i, NaN);
      clampValues(x, 0.5, 2 * PANEL);
      expect(isNaN(get(x, i))).toBe(true);
    }
  });
});
