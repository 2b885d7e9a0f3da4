// Flat passes of a team: each thread takes a range of whole cache lines.
import * as optimizers from '../optimizers';
import * as vectors from '../vectors';
import { bytes } from '../simd';
import { partFrom, partTo } from './team';

/** Reals of a cache line. */
// @ts-ignore: decorator
@inline const LINE: i32 = 64 / sizeof<real>();

/** Where this thread's range of n reals begins, in bytes, and how many reals it has. */
// @ts-ignore: decorator
@inline function begin(n: i32): i32 {
  return partFrom((n + LINE - 1) / LINE) * LINE;
}
// @ts-ignore: decorator
@inline function count(n: i32): i32 {
  return min(n, partTo((n + LINE - 1) / LINE) * LINE) - begin(n);
}

export function sgd(
  w: usize, g: usize, velocity: usize, n: i32, learningRate: f64, momentum: f64, nesterov: bool, gradScale: f64,
): void {
  const at = bytes(begin(n));
  optimizers.sgd(w + at, g + at, velocity ? velocity + at : 0, count(n), learningRate, momentum, nesterov, gradScale);
}

export function rmsprop(
  w: usize, g: usize, squareAverage: usize, n: i32, learningRate: f64, alpha: f64, epsilon: f64, gradScale: f64,
): void {
  const at = bytes(begin(n));
  optimizers.rmsprop(w + at, g + at, squareAverage + at, count(n), learningRate, alpha, epsilon, gradScale);
}

export function adagrad(w: usize, g: usize, sum: usize, n: i32, learningRate: f64, epsilon: f64, gradScale: f64): void {
  const at = bytes(begin(n));
  optimizers.adagrad(w + at, g + at, sum + at, count(n), learningRate, epsilon, gradScale);
}

export function adam(
  w: usize, g: usize, m: usize, v: usize, n: i32, learningRate: f64, beta1: f64, beta2: f64, epsilon: f64,
  correction1: f64, correction2: f64, decay: f64, gradScale: f64,
): void {
  const at = bytes(begin(n));
  optimizers.adam(
    w + at, g + at, m + at, v + at, count(n), learningRate, beta1, beta2, epsilon, correction1, correction2, decay, gradScale,
  );
}

export function regularize(g: usize, w: usize, n: i32, l1: f64, l2: f64): void {
  const at = bytes(begin(n));
  optimizers.regularize(g + at, w + at, count(n), l1, l2);
}

export function add(y: usize, x: usize, n: i32): void {
  const at = bytes(begin(n)), length = count(n);
  if (length > 0) vectors.add(y + at, x + at, length);
}

export function multiply(y: usize, x: usize, m: usize, n: i32): void {
  const at = bytes(begin(n)), length = count(n);
  if (length > 0) vectors.multiply(y + at, x + at, m + at, length);
}

export function copy(y: usize, x: usize, n: i32): void {
  const at = bytes(begin(n));
  vectors.copy(y + at, x + at, count(n));
}

export function clear(x: usize, n: i32): void {
  vectors.clear(x + bytes(begin(n)), count(n));
}

export function scale(x: usize, factor: f64, n: i32): void {
  vectors.scale(x + bytes(begin(n)), factor, count(n));
}

export function approach(y: usize, x: usize, rate: f64, n: i32): void {
  const at = bytes(begin(n));
  vectors.approach(y + at, x + at, rate, count(n));
}

export function clampValues(x: usize, limit: f64, n: i32): void {
  vectors.clampValues(x + bytes(begin(n)), limit, count(n));
}
