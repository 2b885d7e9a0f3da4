// Matrix products against a plain loop over ascending k, bit for bit: every transposition, edge and block size.

import { PANEL, bytes, padded } from '../simd';
import { gemm, gemmPacked, gemmScratch, packB } from '../gemm';
import { block, matrix, room } from './blocks';

function at(pointer: usize, index: i32): real {
  return load<real>(pointer + bytes(index));
}

/** Element (i, j) of op(A)·op(B), added up from `start`. */
function dot(start: real, a: usize, b: usize, i: i32, j: i32, k: i32, lda: i32, ldb: i32, transA: bool, transB: bool): real {
  let sum = start;
  for (let p = 0; p < k; p++) {
    const x = at(a, transA ? p * lda + i : i * lda + p);
    const y = at(b, transB ? j * ldb + p : p * ldb + j);
    sum = sum + x * y;
  }
  return sum;
}

function copyOf(pointer: usize, count: i32): usize {
  const copy = block(count);
  memory.copy(copy, pointer, bytes(count));
  return copy;
}

// What the sums start from.
const ZERO: i32 = 0, C: i32 = 1, ROW: i32 = 2;

/** How many elements differ in a bit from the plain loop's; padding of C must be as without a product: zero, or what it was. */
function wrongIn(m: i32, n: i32, k: i32, transA: bool, transB: bool, start: i32, packed: bool): i32 {
  const lda = padded(transA ? m : k);
  const ldb = padded(transB ? k : n);
  const ldc = padded(n);
  const a = matrix(1, transA ? k : m, transA ? m : k, lda, 1);
  const b = matrix(2, transB ? n : k, transB ? k : n, ldb, 1);
  const c = matrix(3, m + 1, n, ldc, 1); // one row more, which must stay
  const before = copyOf(c, (m + 1) * ldc);
  const bias = matrix(4, 1, n, ldc, 1);
  const from = start == ZERO ? 0 : start == C ? c : bias;
  const scratch = room(gemmScratch(m, n, k));
  if (packed) {
    const panels = block(max(1, k) * padded(n));
    packB(panels, b, k, n, ldb, transB);
    gemmPacked(c, a, panels, m, n, k, lda, ldc, transA, from, scratch);
  } else {
    gemm(c, a, b, m, n, k, lda, ldb, ldc, transA, transB, from, scratch);
  }
  let wrong = 0;
  for (let i = 0; i <= m; i++) {
    for (let j = 0; j < ldc; j++) {
      const old = at(before, i * ldc + j);
      let expected = old;
      const first: real = start == ZERO ? 0 : start == C ? old : at(bias, j);
      if (i < m) expected = j < n ? dot(first, a, b, i, j, k, lda, ldb, transA, transB) : 0;
      if (at(c, i * ldc + j) != expected) wrong++;
    }
  }
  return wrong;
}

/** All transpositions and starts, with and without packing beforehand. */
function wrongInAll(m: i32, n: i32, k: i32): i32 {
  let wrong = 0;
  for (let start = ZERO; start <= ROW; start++) {
    for (let bits = 0; bits < 8; bits++) {
      wrong += wrongIn(m, n, k, (bits & 1) != 0, (bits & 2) != 0, start, (bits & 4) != 0);
    }
  }
  return wrong;
}

describe('gemm and gemmPacked', () => {
  test('are the sum over ascending k, bit for bit: 1 to 13 rows, 1 to 40 columns', () => {
    for (let m = 1; m <= 13; m++) {
      for (let n = 1; n <= 40; n += m % 3 == 0 ? 1 : 3) expect(wrongInAll(m, n, 5)).toBe(0);
    }
  });

  test('are so for every length of the sum, beyond the blocks of k too', () => {
    const lengths: i32[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 31, 64, 100, 191, 192, 193, 255, 256, 257, 300, 383, 384, 385, 511, 512, 513, 600, 769];
    for (let i = 0; i < lengths.length; i++) {
      expect(wrongInAll(1, 9, lengths[i])).toBe(0);
      expect(wrongInAll(4, PANEL, lengths[i])).toBe(0);
      expect(wrongInAll(7, 33, lengths[i])).toBe(0);
    }
  });

  test('are so beyond the blocks of rows and of columns', () => {
    expect(wrongInAll(259, 11, 9)).toBe(0);
    expect(wrongInAll(258, 17, 5)).toBe(0);
    expect(wrongInAll(261, 17, 600)).toBe(0);
    expect(wrongInAll(5, 1030, 3)).toBe(0);
    expect(wrongInAll(1, 1000, 37)).toBe(0);
    expect(wrongInAll(300, 1, 20)).toBe(0);
    expect(wrongInAll(2, 70, 280)).toBe(0);
    expect(wrongInAll(3, 70, 280)).toBe(0);
  });

  test('are so where B transposed is large and A has few rows', () => {
    const few: i32[] = [1, 2, 5, 20, 37, 64];
    for (let i = 0; i < few.length; i++) {
      for (let start = ZERO; start <= ROW; start++) {
        expect(wrongIn(few[i], 523, 521, false, true, start, false)).toBe(0);
        expect(wrongIn(few[i], 256, 1040, false, true, start, false)).toBe(0);
      }
    }
  });

  test('are so where rows are whole pages apart', () => {
    expect(wrongInAll(7, 70, 1024)).toBe(0);
    expect(wrongInAll(64, 67, 1024)).toBe(0);
    expect(wrongInAll(70, 1024, 9)).toBe(0);
  });

  test('do nothing for no rows', () => {
    expect(wrongInAll(0, 5, 4)).toBe(0);
  });
});

/** The same for aᵀ·b over rows from the last to the first: both with negative distances. */
function wrongBackwards(m: i32, n: i32, k: i32, accumulate: bool): i32 {
  const lda = padded(m), ldb = padded(n);
  const a = matrix(1, k, m, lda, 1);
  const b = matrix(2, k, n, ldb, 1);
  const c = matrix(3, m, n, ldb, 1);
  const before = copyOf(c, m * ldb);
  const lastA = a + bytes((k - 1) * lda), lastB = b + bytes((k - 1) * ldb);
  gemm(c, lastA, lastB, m, n, k, -lda, -ldb, ldb, true, false, accumulate ? c : 0, room(gemmScratch(m, n, k)));
  let wrong = 0;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum: real = accumulate ? at(before, i * ldb + j) : 0;
      for (let p = k - 1; p >= 0; p--) sum = sum + at(a, p * lda + i) * at(b, p * ldb + j);
      if (at(c, i * ldb + j) != sum) wrong++;
    }
  }
  return wrong;
}

describe('gemm of rows from the last to the first', () => {
  test('is the sum in that order, bit for bit', () => {
    const lengths: i32[] = [1, 2, 3, 4, 7, 64, 257, 600];
    for (let i = 0; i < lengths.length; i++) {
      for (let m = 1; m <= 13; m++) {
        expect(wrongBackwards(m, 1 + m * 3, lengths[i], m % 2 == 0)).toBe(0);
      }
    }
    expect(wrongBackwards(259, 70, 130, true)).toBe(0);
    expect(wrongBackwards(5, 1030, 9, true)).toBe(0);
  });
});

describe('packB', () => {
  test('lays panels of columns one behind the other and fills the last up with zeros', () => {
    const k = 3, n = PANEL + 1;
    for (let transB = 0; transB < 2; transB++) {
      const ld = padded(transB ? k : n);
      const b = matrix(5, transB ? n : k, transB ? k : n, ld, 1);
      const panels = block(k * padded(n));
      packB(panels, b, k, n, ld, transB != 0);
      let wrong = 0;
      for (let j = 0; j < padded(n); j++) {
        for (let p = 0; p < k; p++) {
          const expected: real = j < n ? at(b, transB ? j * ld + p : p * ld + j) : 0;
          if (at(panels, (j / PANEL) * k * PANEL + p * PANEL + (j % PANEL)) != expected) wrong++;
        }
      }
      expect(wrong).toBe(0);
    }
  });
});
