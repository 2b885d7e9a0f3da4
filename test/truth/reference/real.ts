// The number type of the reference: every function takes Float32Array or Float64Array, decided by who allocates.
//
// Each element is computed in f64 (JavaScript's only arithmetic) and rounded when it is stored. Keep one process to one
// dtype when timing: V8 compiles a function that has seen both array types to slower, polymorphic accesses.

export type Real = Float32Array | Float64Array;
export type DType = 'f32' | 'f64';

export function zeros(dtype: DType, length: number): Real {
  return dtype === 'f32' ? new Float32Array(length) : new Float64Array(length);
}

export function zerosLike(x: Real, length: number): Real {
  return zeros(x instanceof Float32Array ? 'f32' : 'f64', length);
}

/** [rows, columns] → [columns, rows]: between this reference's weights [in, out] and PyTorch's [out, in]. */
export function transpose(x: Real, rows: number, columns: number): Real {
  const y = x.slice();
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) y[c * rows + r] = x[r * columns + c];
  }
  return y;
}
