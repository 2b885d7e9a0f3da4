// The two precisions.

/** What the kernels compute in: single precision, double precision. */
export type Dtype = 'f32' | 'f64';
