// The products of a step with W: what cells share of them.
import { gemm, gemmPacked, packB } from "../gemm";
import { normalize, normalizeBack } from "../normalize";
import { bytes } from "../simd";
import { clear, multiply } from "../vectors";
import { Step } from "./step";

/** Packs W for forward, unless it comes packed; a single step, as in generation, does not pay for it. */
// @ts-ignore: decorator
@inline export function packForward(step: Step): void {
  const plan = step.plan;
  if (!step.first || step.packed || plan.T == 1) return;
  step.packed = step.panels;
  packB(step.panels, plan.w, plan.H, step.width, step.width, false);
}

/** y [B, n] = x·W over the n columns of W from `column` on, plus `from` as in gemm; rows of y are ldy reals apart. */
export function stateProduct(step: Step, y: usize, x: usize, column: i32, n: i32, ldy: i32, from: usize): void {
  const plan = step.plan;
  const B = plan.B, H = plan.H, ld = step.ld;
  if (step.packed) gemmPacked(y, x, step.packed + bytes(column * H), B, n, H, ld, ldy, false, from, step.work);
  else gemm(y, x, plan.w + bytes(column), B, n, H, ld, step.width, ldy, false, false, from, step.work);
}

/** q = h·W of all gates, with the h that W sees. */
export function fillQ(step: Step, q: usize): void {
  if (step.idle) clear(q, step.plan.B * step.width);
  else stateProduct(step, q, step.seen, 0, step.width, step.width, 0);
}

/** Where one over the deviations of this step's rows of q begins. */
// @ts-ignore: decorator
@inline export function inverseOfQ(step: Step): usize {
  return step.plan.qInverse + bytes(step.t * step.plan.inverses);
}

/** a += h·W of all gates, or gain∘N(h·W) with layer normalisation. */
export function addProduct(step: Step): void {
  const plan = step.plan, gates = plan.gates;
  const a = plan.a + step.gatesAt;
  packForward(step);
  if (plan.gain) {
    const q = plan.q + step.gatesAt;
    fillQ(step, q);
    normalize(q, q, inverseOfQ(step), a, plan.gain, 0, plan.B * gates, gates, plan.H);
  } else if (!step.idle) stateProduct(step, a, step.seen, 0, step.width, step.width, a);
}

/** Backward through `addProduct`: dh = da·Wᵀ, the gradient of the h before. */
export function backProduct(step: Step): void {
  const plan = step.plan;
  const B = plan.B, H = plan.H, gates = plan.gates, ld = step.ld, width = step.width;
  if (step.first) packB(step.panels, plan.w, width, H, width, true);
  let dProduct = plan.da + step.gatesAt;
  if (plan.gain) {
    const dq = plan.dq + step.gatesAt;
    normalizeBack(dq, dProduct, plan.q + step.gatesAt, inverseOfQ(step), plan.gain, plan.dGain, B * gates, gates, H);
    dProduct = dq;
  }
  if (step.last) return;
  gemmPacked(plan.dh, dProduct, step.panels, B, H, width, width, ld, false, 0, step.work);
  if (plan.dropout) multiply(plan.dh, plan.dh, plan.dropout + step.at, 1, B * ld);
}
