// The products of a step with W: what cells share of them.
import { normalize, normalizeBack } from "../normalize";
import { bytes } from "../simd";
import { stepGemm, stepGemmPacked, stepPack } from "../threads/products";
import { clear, multiply } from "../vectors";
import { Step } from "./step";

/** Packs W for forward, unless it comes packed; a single step, as in generation, does not pay for it. */
export function packForward(step: Step): void {
  const plan = step.plan;
  if (!step.first || step.packed || plan.T == 1) return;
  step.packed = step.panels;
  stepPack(step.panels, plan.w, plan.H, step.width, step.width, false);
}

/** y [B, n] = x·W over the n columns of W from `column` on, plus `from` as in gemm; rows of y are ldy reals apart. */
export function stateProduct(step: Step, y: usize, x: usize, column: i32, n: i32, ldy: i32, from: usize): void {
  const plan = step.plan;
  const rows = step.rows, H = plan.H, ld = step.ld;
  if (step.packed) stepGemmPacked(y, x, step.packed + bytes(column * H), rows, n, H, ld, ldy, from, step.work);
  else stepGemm(y, x, plan.w + bytes(column), rows, n, H, ld, step.width, ldy, from, step.work);
}

/** q = h·W of all gates, with the h that W sees. */
export function fillQ(step: Step, q: usize): void {
  if (step.idle) clear(q, step.rows * step.width);
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
    normalize(q, q, inverseOfQ(step), a, plan.gain, 0, step.rows * gates, gates, plan.H);
  } else if (!step.idle) stateProduct(step, a, step.seen, 0, step.width, step.width, a);
}

/** Backward through `addProduct`: dh = da·Wᵀ, the gradient of the h before. */
export function backProduct(step: Step): void {
  const plan = step.plan;
  const rows = step.rows, H = plan.H, gates = plan.gates, ld = step.ld, width = step.width;
  if (step.first) stepPack(step.panels, plan.w, width, H, width, true);
  let dProduct = plan.da + step.gatesAt;
  if (plan.gain) {
    const dq = plan.dq + step.gatesAt;
    normalizeBack(dq, dProduct, plan.q + step.gatesAt, inverseOfQ(step), plan.gain, plan.dGain, rows * gates, gates, H);
    dProduct = dq;
  }
  if (step.last) return;
  stepGemmPacked(step.dh, dProduct, step.panels, rows, H, width, width, ld, 0, step.work);
  if (plan.dropout) multiply(step.dh, step.dh, plan.dropout + step.at, rows * ld);
}
