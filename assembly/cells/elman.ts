// The Elman cell (Elman 1990, "Finding structure in time"): h_t = f(a_t), a_t = V x_t + W h_{t-1} + b.
//
// Both directions use that f' can be written in terms of h: tanh' = 1 - h², ReLU' = [h > 0], identity' = 1.
import { IDENTITY, RELU, TANH } from "../../build/abi";
import { activate, phiSlope, relu } from "../activations";
import { tanh } from "../math";
import { STRIDE, bytes } from "../simd";
import { addProduct, backProduct } from "./products";
import { Step } from "./step";

export function elmanForward(step: Step): void {
  addProduct(step);
  elmanStep(step.h, step.plan.a + step.gatesAt, step.rows * step.ld, step.plan.activation);
}

export function elmanBackward(step: Step): void {
  const plan = step.plan;
  elmanBack(plan.da + step.gatesAt, step.dh, step.dy, step.h, step.rows * step.ld, plan.activation);
  backProduct(step);
}

/** f(a), in line where the activation is known when this is compiled. */
// @ts-ignore: decorator
@inline function apply(a: v128, activation: i32, known: bool): v128 {
  if (!known) return activate(a, activation);
  return activation == TANH ? tanh(a) : relu(a);
}

// @ts-ignore: decorator
@inline function stepAll(h: usize, a: usize, n: i32, activation: i32, known: bool): void {
  // Loops that test at the end: V8 then keeps the constants of tanh in registers instead of making them anew each time.
  const end = a + bytes(n);
  do {
    v128.store(h, apply(v128.load(a), activation, known));
    v128.store(h, apply(v128.load(a, 16), activation, known), 16);
    a += STRIDE;
    h += STRIDE;
  } while (a < end);
}

/** h = f(a), over n > 0 reals (a multiple of PANEL). */
export function elmanStep(h: usize, a: usize, n: i32, activation: i32): void {
  if (activation == TANH) stepAll(h, a, n, TANH, true);
  else if (activation == RELU) stepAll(h, a, n, RELU, true);
  else stepAll(h, a, n, activation, false);
}

// @ts-ignore: decorator
@inline function backAll(da: usize, dh: usize, dy: usize, h: usize, n: i32, activation: i32): void {
  const end = da + bytes(n);
  do {
    const lower = v128.add<real>(v128.load(dh), v128.load(dy));
    const upper = v128.add<real>(v128.load(dh, 16), v128.load(dy, 16));
    v128.store(da, chain(lower, v128.load(h), activation));
    v128.store(da, chain(upper, v128.load(h, 16), activation), 16);
    da += STRIDE;
    dh += STRIDE;
    dy += STRIDE;
    h += STRIDE;
  } while (da < end);
}

/** f'(a)·d for one vector, with f' taken from y = f(a). */
// @ts-ignore: decorator
@inline function chain(d: v128, y: v128, activation: i32): v128 {
  // As masks, so that nothing infinite meets a slope of 0.
  if (activation == RELU) return v128.and(d, v128.gt<real>(y, v128.splat<real>(0)));
  if (activation == IDENTITY) return d;
  return v128.mul<real>(d, phiSlope(y, activation, activation == TANH));
}

/** da = f'(a)·(dh + dy), with f' taken from h = f(a), over n > 0 reals (a multiple of PANEL). */
export function elmanBack(da: usize, dh: usize, dy: usize, h: usize, n: i32, activation: i32): void {
  if (activation == TANH) backAll(da, dh, dy, h, n, TANH);
  else backAll(da, dh, dy, h, n, activation);
}
