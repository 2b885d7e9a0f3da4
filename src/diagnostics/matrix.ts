// Matrices as people see them, and what linear algebra says of them. The algorithms are ml-matrix's.
import { EigenvalueDecomposition, Matrix as LinearMatrix, SingularValueDecomposition } from 'ml-matrix';
import { checkOneOf } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, integer, such } from '../base/fields.ts';

/** Row-major. */
export interface Matrix {
  /** How many rows. */
  readonly rows: number;
  /** How many columns. */
  readonly columns: number;
  /** [rows, columns], row by row: element (i, j) is `data[i * columns + j]`. */
  readonly data: Float64Array;
}

const fields = {
  rows: integer({ min: 1 }),
  columns: integer({ min: 1 }),
  data: such<Float64Array>('a Float64Array', (value) => value instanceof Float64Array),
};

/** @throws BpttError for what is no matrix, or holds numbers that are not finite. */
export function checkMatrix(where: string, value: Matrix, square = false): Matrix {
  const { rows, columns, data } = checkFields(where, value, fields);
  if (data.length !== rows * columns) {
    throw new BpttError(
      'invalid-shape',
      `${where}.data: expected ${rows} rows of ${columns} columns, got ${data.length} numbers`,
    );
  }
  if (square && rows !== columns) {
    throw new BpttError('invalid-shape', `${where}: expected a square matrix, got ${rows}x${columns}`);
  }
  const nonFinite = data.findIndex((number) => !Number.isFinite(number));
  if (nonFinite >= 0)
    throw new BpttError('non-finite', `${where}.data[${nonFinite}]: expected a finite number, got ${data[nonFinite]}`);
  return { rows, columns, data };
}

export function identity(size: number): Matrix {
  const data = new Float64Array(size * size);
  for (let i = 0; i < size; i++) data[i * size + i] = 1;
  return { rows: size, columns: size, data };
}

/** `a·b`. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  const data = new Float64Array(a.rows * b.columns);
  for (let i = 0; i < a.rows; i++) {
    for (let k = 0; k < a.columns; k++) {
      const factor = a.data[i * a.columns + k]!;
      if (factor === 0) continue;
      for (let j = 0; j < b.columns; j++) data[i * b.columns + j]! += factor * b.data[k * b.columns + j]!;
    }
  }
  return { rows: a.rows, columns: b.columns, data };
}

/** The Euclidean norm. */
export function norm(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return Math.sqrt(sum);
}

function linear({ rows, columns, data }: Matrix): LinearMatrix {
  return LinearMatrix.from1DArray(rows, columns, data);
}

/**
 * All singular values, the largest first: how much a matrix stretches in each of its directions (Golub and Van Loan 2013, "Matrix
 * computations", section 2.4). Of a Jacobian, the largest bounds by how much a gradient can grow in a step.
 *
 * @throws BpttError for what is no matrix of finite numbers.
 *
 * @example
 * singularValues({ rows: 2, columns: 2, data: Float64Array.of(3, 0, 0, -2) }); // [3, 2]
 */
export function singularValues(matrix: Matrix): Float64Array {
  const checked = checkMatrix('singularValues(matrix)', matrix);
  const options = { computeLeftSingularVectors: false, computeRightSingularVectors: false, autoTranspose: true };
  return Float64Array.from(new SingularValueDecomposition(linear(checked), options).diagonal)
    .sort()
    .reverse();
}

/**
 * The norm of a matrix: `spectral`, the most that it stretches a vector, its largest singular value; or `frobenius`, the root of the sum
 * of its squares (Golub and Van Loan 2013, "Matrix computations", section 2.3).
 *
 * @param kind Default `spectral`.
 * @throws BpttError for what is no matrix of finite numbers, and for another kind.
 *
 * @example
 * matrixNorm({ rows: 2, columns: 2, data: Float64Array.of(3, 0, 0, -4) }, 'frobenius'); // 5
 */
export function matrixNorm(matrix: Matrix, kind: 'spectral' | 'frobenius' = 'spectral'): number {
  checkOneOf('matrixNorm(kind)', kind, ['spectral', 'frobenius'] as const);
  const checked = checkMatrix('matrixNorm(matrix)', matrix);
  return kind === 'spectral' ? singularValues(checked)[0]! : norm(checked.data);
}

/** Complex numbers side by side. */
export interface ComplexNumbers {
  /** The real parts. */
  readonly real: Float64Array;
  /** The imaginary parts, in the same order. */
  readonly imaginary: Float64Array;
}

/**
 * All eigenvalues of a square matrix, the largest in modulus first (Golub and Van Loan 2013, "Matrix computations", chapter 7).
 *
 * @throws BpttError for what is no square matrix of finite numbers.
 *
 * @example
 * const { real, imaginary } = eigenvalues({ rows: 2, columns: 2, data: Float64Array.of(0, -1, 1, 0) }); // 0 ± i
 */
export function eigenvalues(matrix: Matrix): ComplexNumbers {
  const square = checkMatrix('eigenvalues(matrix)', matrix, true);
  const { realEigenvalues, imaginaryEigenvalues } = new EigenvalueDecomposition(linear(square));
  const pairs = realEigenvalues.map((real, index) => [real, imaginaryEigenvalues[index]!] as const);
  pairs.sort((a, b) => norm(b) - norm(a));
  return {
    real: Float64Array.from(pairs, ([real]) => real),
    imaginary: Float64Array.from(pairs, ([, imaginary]) => imaginary),
  };
}
