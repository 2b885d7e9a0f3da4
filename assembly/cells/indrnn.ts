// The IndRNN cell (Li et al. 2018, "Independently recurrent neural network (IndRNN)", arXiv:1803.04831, eq. 2):
// h_t = f(a_t), a_t = V x_t + u∘h_{t-1} + b. W is diagonal: a vector u [ld] in its place.
import { addScaled } from "../rows";
import { bytes } from "../simd";
import { multiply } from "../vectors";
import { elmanBack, elmanStep } from "./elman";
import { Step } from "./step";

export function indrnnForward(step: Step): void {
  const plan = step.plan;
  indrnnStep(step.h, plan.a + step.gatesAt, plan.w, step.seen, step.rows, step.ld, plan.activation);
}

export function indrnnBackward(step: Step): void {
  const plan = step.plan;
  indrnnBack(plan.da + step.gatesAt, step.dh, plan.w, step.dy, step.h, step.rows, step.ld, plan.activation);
  if (plan.dropout && !step.last) multiply(step.dh, step.dh, plan.dropout + step.at, step.rows * step.ld);
}

/** a += u∘seen, h = f(a). h, a, seen: [rows, ld]; u: [ld]. */
export function indrnnStep(h: usize, a: usize, u: usize, seen: usize, rows: i32, ld: i32, activation: i32): void {
  addScaled(a, seen, u, rows, ld, ld, ld);
  elmanStep(h, a, rows * ld, activation);
}

/** da = f'(a)·(dh + dy), with f' taken from h = f(a); then dh = u∘da, the gradient of what the step saw. */
export function indrnnBack(
  da: usize, dh: usize, u: usize, dy: usize, h: usize, rows: i32, ld: i32, activation: i32,
): void {
  elmanBack(da, dh, dy, h, rows * ld, activation);
  for (let row = 0; row < rows; row++) multiply(dh + bytes(row * ld), da + bytes(row * ld), u, ld);
}
