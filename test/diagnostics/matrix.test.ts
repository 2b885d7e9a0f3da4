// Linear algebra, against numpy.
import { describe, expect, it } from 'vitest';
import { eigenvalues, matrixNorm, singularValues } from '../../src/diagnostics/index.ts';
import { BpttError } from '../../src/index.ts';
import { norm } from '../support/flow.ts';
import numpy from '../truth/fixtures/linear-algebra.json' with { type: 'json' };

describe('linear algebra', () => {
  it.each(numpy)("gives numpy's values of $rows x $columns", ({ rows, columns, data, singular, real, imaginary }) => {
    const matrix = { rows, columns, data: Float64Array.from(data) };
    const values = singularValues(matrix);
    expect(values).toHaveLength(singular.length);
    for (const [i, value] of singular.entries()) expect(values[i]).toBeCloseTo(value, 12);
    expect(matrixNorm(matrix)).toBeCloseTo(singular[0]!, 12);
    // The squares of all singular values sum to that of the Frobenius norm.
    expect(matrixNorm(matrix, 'frobenius')).toBeCloseTo(norm(singular), 11);
    if (real === undefined) return;
    const found = eigenvalues(matrix);
    const key = (re: number, im: number) => `${re.toFixed(9)} ${Math.abs(im).toFixed(9)}`;
    expect([...found.real].map((re, i) => key(re, found.imaginary[i]!)).sort()).toEqual(
      real.map((re, i) => key(re, imaginary![i]!)).sort(),
    );
  });

  it('refuses what is no matrix', () => {
    const wrong = { rows: 2, columns: 2, data: new Float64Array(3) };
    expect(() => singularValues(wrong)).toThrow(BpttError);
    expect(() => eigenvalues({ rows: 1, columns: 2, data: new Float64Array(2) })).toThrow(
      'expected a square matrix, got 1x2',
    );
    expect(() => matrixNorm(wrong)).toThrow(BpttError);
    expect(() => matrixNorm({ rows: 1, columns: 1, data: Float64Array.of(1) }, 'l1' as never)).toThrow(
      'matrixNorm(kind)',
    );
    expect(() => singularValues({ rows: 1, columns: 1, data: Float64Array.of(Number.NaN) })).toThrow('finite');
  });
});
