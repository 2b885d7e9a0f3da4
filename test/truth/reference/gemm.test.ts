// The reference's matrix product against the triple loop of the definition.

import { expect, test } from 'vitest';
import { random, randomReals } from './data.ts';
import { gemm } from './gemm.ts';
import type { Real } from './real.ts';

const sizes = [0, 1, 3, 4, 5, 8, 13];
const offset = 3;

function expected(
  c: Real,
  a: Real,
  b: Real,
  m: number,
  n: number,
  k: number,
  transA: boolean,
  transB: boolean,
): number[] {
  return Array.from({ length: m * n }, (_, o) => {
    const i = Math.floor(o / n);
    const j = o % n;
    let sum = c[offset + o];
    for (let p = 0; p < k; p++)
      sum += a[offset + (transA ? p * m + i : i * k + p)] * b[offset + (transB ? j * k + p : p * n + j)];
    return sum;
  });
}

test.each([
  [false, false],
  [false, true],
  [true, false],
  [true, true],
])(
  'transA %s, transB %s: every size from 0 to 13, replacing and accumulating, and nothing written outside C',
  (transA, transB) => {
    const next = random(1);
    for (const m of sizes) {
      for (const n of sizes) {
        for (const k of sizes) {
          const a = randomReals('f64', offset + m * k, 1, next);
          const b = randomReals('f64', offset + k * n, 1, next);
          for (const accumulate of [false, true]) {
            const c = randomReals('f64', offset + m * n + 2, 1, next);
            const before = c.slice();
            const start = accumulate ? c : c.map(() => 0);
            const want = expected(start, a, b, m, n, k, transA, transB);
            gemm(c, offset, a, offset, b, offset, m, n, k, transA, transB, accumulate);
            const error = want.reduce((worst, value, o) => Math.max(worst, Math.abs(c[offset + o] - value)), 0);
            expect(error).toBeLessThan(1e-14);
            for (const outside of [0, 1, 2, offset + m * n, offset + m * n + 1])
              expect(c[outside]).toBe(before[outside]);
          }
        }
      }
    }
  },
);

test('f32 operands: each sum is taken in f64 and rounded once', () => {
  const a = Float32Array.of(1, 1, 1);
  const b = Float32Array.of(2 ** 24, 1, 1);
  const c = new Float32Array(1);
  gemm(c, 0, a, 0, b, 0, 1, 1, 3);
  expect(c[0]).toBe(2 ** 24 + 2);
});
