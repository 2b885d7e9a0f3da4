// Activations as layers of their own: y = f(x) over rows, and dx = dy f'(x). The numbers of the functions are their places in the list
// of src/layers/later/activation.ts, which says what each is.
import { LANES, PANEL, STRIDE, add, bytes, columnLanes, mul, padded, sub, wholePanels } from '../../simd';
import { relu } from '../../activations';
import { exp, expNonPositive, log, sigmoid, tanh } from '../../math';
import { normalCdf, normalPdf } from './normal';

// @ts-ignore: decorator
@inline const RELU: i32 = 0;
// @ts-ignore: decorator
@inline const LEAKY_RELU: i32 = 1;
// @ts-ignore: decorator
@inline const ELU: i32 = 2;
// @ts-ignore: decorator
@inline const GELU: i32 = 3;
// @ts-ignore: decorator
@inline const SILU: i32 = 4;
// @ts-ignore: decorator
@inline const SOFTPLUS: i32 = 5;
// @ts-ignore: decorator
@inline const TANH: i32 = 6;
// @ts-ignore: decorator
@inline const SIGMOID: i32 = 7;
// @ts-ignore: decorator
@inline const HARD_SIGMOID: i32 = 8;

// @ts-ignore: decorator
@inline function all(x: f64): v128 {
  return v128.splat<real>(<real>x);
}

/** a where x < 0, else b; also b where x is not a number. */
// @ts-ignore: decorator
@inline function below(x: v128, a: v128, b: v128): v128 {
  return v128.bitselect(a, b, v128.lt<real>(x, all(0)));
}

/** e^x - 1 for x <= 0, as 2 t / (1 - t) with t = tanh(x/2): nothing cancels near 0. */
// @ts-ignore: decorator
@inline function expm1(x: v128): v128 {
  const t = tanh(mul(x, all(0.5)));
  return v128.div<real>(add(t, t), sub(all(1), t));
}

/** ln(1 + e^x) = max(x, 0) + log1p(e), e = e^-|x|; log1p(e) = log u + (e - (u - 1)) / u with u = 1 + e, as in losses.ts. */
// @ts-ignore: decorator
@inline function softplus(x: v128): v128 {
  const e = expNonPositive(v128.neg<real>(v128.abs<real>(x)));
  const u = add(all(1), e);
  const lost = sub(e, sub(u, all(1)));
  return add(below(x, all(0), x), add(log(u), v128.div<real>(lost, u)));
}

// @ts-ignore: decorator
@inline function value(kind: i32, x: v128, alpha: v128): v128 {
  if (kind == RELU) return relu(x);
  if (kind == LEAKY_RELU) return below(x, mul(alpha, x), x);
  if (kind == ELU) return below(x, mul(alpha, expm1(below(x, x, all(0)))), x);
  if (kind == GELU) return mul(x, normalCdf(x));
  if (kind == SILU) return mul(x, sigmoid(x));
  if (kind == SOFTPLUS) return softplus(x);
  if (kind == TANH) return tanh(x);
  if (kind == SIGMOID) return sigmoid(x);
  return v128.pmin<real>(v128.pmax<real>(add(mul(alpha, x), all(0.5)), all(0)), all(1));
}

/** f'(x), from y = f(x) where that is less work. At kinks that of the left, as PyTorch has it. */
// @ts-ignore: decorator
@inline function slope(kind: i32, x: v128, y: v128, alpha: v128): v128 {
  const one = all(1);
  if (kind == RELU) return v128.and(one, v128.gt<real>(x, all(0)));
  if (kind == LEAKY_RELU) return v128.bitselect(one, alpha, v128.gt<real>(x, all(0)));
  if (kind == ELU) return v128.bitselect(one, mul(alpha, exp(below(x, x, all(0)))), v128.gt<real>(x, all(0)));
  if (kind == GELU) return add(normalCdf(x), mul(x, normalPdf(x)));
  if (kind == SILU) {
    const s = sigmoid(x);
    return mul(s, add(one, mul(x, sub(one, s))));
  }
  if (kind == SOFTPLUS) return sigmoid(x);
  if (kind == TANH) return sub(one, mul(y, y));
  if (kind == SIGMOID) return mul(y, sub(one, y));
  return v128.and(alpha, v128.and(v128.gt<real>(y, all(0)), v128.lt<real>(y, one)));
}

// @ts-ignore: decorator
@inline function values(kind: i32, y: usize, x: usize, rows: i32, columns: i32, alpha: v128): void {
  const width = bytes(padded(columns));
  const whole = wholePanels(columns);
  const lanes0 = columnLanes(columns, 0);
  const lanes1 = columnLanes(columns, LANES);
  for (let r = 0; r < rows; r++) {
    const end = x + whole;
    while (x < end) {
      v128.store(y, value(kind, v128.load(x), alpha));
      v128.store(y, value(kind, v128.load(x, 16), alpha), 16);
      x += STRIDE;
      y += STRIDE;
    }
    if (whole == width) continue;
    v128.store(y, v128.and(value(kind, v128.load(x), alpha), lanes0));
    v128.store(y, v128.and(value(kind, v128.load(x, 16), alpha), lanes1), 16);
    x += STRIDE;
    y += STRIDE;
  }
}

// @ts-ignore: decorator
@inline function slopes(kind: i32, dx: usize, dy: usize, x: usize, y: usize, n: i32, alpha: v128, adds: v128): void {
  const end = x + bytes(n);
  while (x < end) {
    const d = mul(v128.load(dy), slope(kind, v128.load(x), v128.load(y), alpha));
    v128.store(dx, add(v128.and(v128.load(dx), adds), d));
    dx += 16;
    dy += 16;
    x += 16;
    y += 16;
  }
}

/** y = f(x): x, y [rows, padded(columns)]; the padding of y is 0 also where f(0) is not. y may be x. */
export function activate(y: usize, x: usize, rows: i32, columns: i32, kind: i32, alpha: f64): void {
  const a = all(alpha);
  if (kind == RELU) values(RELU, y, x, rows, columns, a);
  else if (kind == LEAKY_RELU) values(LEAKY_RELU, y, x, rows, columns, a);
  else if (kind == ELU) values(ELU, y, x, rows, columns, a);
  else if (kind == GELU) values(GELU, y, x, rows, columns, a);
  else if (kind == SILU) values(SILU, y, x, rows, columns, a);
  else if (kind == SOFTPLUS) values(SOFTPLUS, y, x, rows, columns, a);
  else if (kind == TANH) values(TANH, y, x, rows, columns, a);
  else if (kind == SIGMOID) values(SIGMOID, y, x, rows, columns, a);
  else values(HARD_SIGMOID, y, x, rows, columns, a);
}

/** dx = dy f'(x), or dx += where `adds`, over n reals, whole panels; y = f(x). */
export function activateBack(
  dx: usize, dy: usize, x: usize, y: usize, n: i32, kind: i32, alpha: f64, adds: bool,
): void {
  assert(n % PANEL == 0);
  const a = all(alpha);
  const keep = i32x4.splat(-i32(adds));
  if (kind == RELU) slopes(RELU, dx, dy, x, y, n, a, keep);
  else if (kind == LEAKY_RELU) slopes(LEAKY_RELU, dx, dy, x, y, n, a, keep);
  else if (kind == ELU) slopes(ELU, dx, dy, x, y, n, a, keep);
  else if (kind == GELU) slopes(GELU, dx, dy, x, y, n, a, keep);
  else if (kind == SILU) slopes(SILU, dx, dy, x, y, n, a, keep);
  else if (kind == SOFTPLUS) slopes(SOFTPLUS, dx, dy, x, y, n, a, keep);
  else if (kind == TANH) slopes(TANH, dx, dy, x, y, n, a, keep);
  else if (kind == SIGMOID) slopes(SIGMOID, dx, dy, x, y, n, a, keep);
  else slopes(HARD_SIGMOID, dx, dy, x, y, n, a, keep);
}
