// The gated recurrent unit (Cho et al. 2014) with its reset after the product with W, as in cuDNN and PyTorch:
//   r, z = σ(a_r), σ(a_z)    n = φ(V_n x + b_n + r∘(W_n h_{t-1} + b_hn))    h_t = (1 - z)∘n + z∘h_{t-1}
// φ is tanh, σ the sigmoid unless told otherwise.
//
// A row of a holds r, z, n, each ld reals; the step leaves their values there.
import { SIGMOID, TANH } from "../../build/abi";
import { phi, phiSlope, sigma, sigmaSlope } from "../activations";
import { normalize, normalizeBack } from "../normalize";
import { addScaled, biasRows, copyColumns } from "../rows";
import { bytes } from "../simd";
import { stepGemmPacked, stepPack } from "../threads/products";
import { add, multiply } from "../vectors";
import { fillQ, inverseOfQ, packForward, stateProduct } from "./products";
import { resetH, Step } from "./step";

export function gruForward(step: Step): void {
  const plan = step.plan;
  const rows = step.rows, H = plan.H, gates = plan.gates, gain = plan.gain, ld = step.ld, width = step.width;
  const a = plan.a + step.gatesAt, p = plan.p + step.at, seen = step.seen;
  packForward(step);
  if (gain) {
    const q = plan.q + step.gatesAt, n = bytes(2 * ld);
    fillQ(step, q);
    normalize(q, q, inverseOfQ(step), 0, 0, 0, rows * gates, gates, H);
    addScaled(a, q, gain, rows, 2 * ld, width, width);
    biasRows(p, plan.candidateBias, rows, ld);
    addScaled(p, q + n, gain + n, rows, ld, ld, width);
  } else if (step.idle) biasRows(p, plan.candidateBias, rows, ld);
  else {
    stateProduct(step, a, seen, 0, 2 * ld, width, a);
    stateProduct(step, p, seen, 2 * ld, ld, ld, plan.candidateBias);
  }
  gruStep(step.h, a, p, step.hBefore, rows, ld, plan.activation, plan.gateActivation);
}

export function gruBackward(step: Step): void {
  const plan = step.plan;
  const rows = step.rows, H = plan.H, gain = plan.gain, ld = step.ld, width = step.width;
  const dh = step.dh, da = plan.da + step.gatesAt, dp = plan.dp + step.at, dq = plan.dq + step.gatesAt;
  gruPackBack(step);
  resetH(step);
  const a = plan.a + step.gatesAt, p = plan.p + step.at;
  gruBack(da, dp, dh, step.dy, a, p, step.hBefore, rows, ld, plan.activation, plan.gateActivation);
  if (gain) normalizeBackAll(step, dq, da, dp);
  if (step.last) return;
  // What reaches the state before through W goes through its dropout; the rest, d∘z, is in dh.
  const through = plan.dropout ? step.dropped : dh;
  const gates = gain ? dq : da;
  const candidate = gain ? dq + bytes(2 * ld) : dp;
  stepGemmPacked(through, gates, step.panels, rows, H, 2 * ld, width, ld, plan.dropout ? 0 : dh, step.work);
  stepGemmPacked(through, candidate, gruCandidatePanels(step), rows, H, ld, gain ? width : ld, ld, through, step.work);
  if (plan.dropout) {
    multiply(through, through, plan.dropout + step.at, rows * ld);
    add(dh, through, rows * ld);
  }
}

/** dq from da of r and z and from dp. */
// @ts-ignore: decorator
@inline function normalizeBackAll(step: Step, dq: usize, da: usize, dp: usize): void {
  const plan = step.plan;
  const rows = step.rows, gates = plan.gates, ld = step.ld, width = step.width;
  copyColumns(step.normalized, da, rows, 2 * ld, width, width);
  copyColumns(step.normalized + bytes(2 * ld), dp, rows, ld, width, ld);
  normalizeBack(dq, step.normalized, plan.q + step.gatesAt, inverseOfQ(step), plan.gain, plan.dGain, rows * gates, gates, plan.H);
}

/** Packs W for backward: its columns of r and z, then those of n, which a GRU multiplies apart. */
export function gruPackBack(step: Step): void {
  if (!step.first) return;
  const plan = step.plan, ld = step.ld;
  stepPack(step.panels, plan.w, 2 * ld, plan.H, step.width, true);
  stepPack(gruCandidatePanels(step), plan.w + bytes(2 * ld), ld, plan.H, step.width, true);
}

/** Where the panels of n begin. */
// @ts-ignore: decorator
@inline export function gruCandidatePanels(step: Step): usize {
  return step.panels + bytes(2 * step.ld * step.ld);
}

/** n + z∘(h - n). */
// @ts-ignore: decorator
@inline export function gruMix(n: v128, z: v128, h: v128): v128 {
  return v128.add<real>(n, v128.mul<real>(z, v128.sub<real>(h, n)));
}

// @ts-ignore: decorator
@inline function stepRows(
  h: usize, a: usize, p: usize, before: usize, rows: i32, ld: i32, cell: i32, gate: i32, usual: bool,
): void {
  const width = bytes(ld);
  for (let r = 0; r < rows; r++, a += 2 * width) {
    const end = a + width;
    do {
      const rv = sigma(v128.load(a), gate, usual);
      const zv = sigma(v128.load(a + width), gate, usual);
      const nv = phi(v128.add<real>(v128.load(a + 2 * width), v128.mul<real>(rv, v128.load(p))), cell, usual);
      v128.store(a, rv);
      v128.store(a + width, zv);
      v128.store(a + 2 * width, nv);
      v128.store(h, gruMix(nv, zv, v128.load(before)));
      a += 16;
      p += 16;
      h += 16;
      before += 16;
    } while (a < end);
  }
}

/** h from a [rows, 3 ld], whose r and z have all their terms, p = W_n h + b_hn and the h before, [rows, ld]. */
export function gruStep(h: usize, a: usize, p: usize, before: usize, rows: i32, ld: i32, cell: i32, gate: i32): void {
  if (cell == TANH && gate == SIGMOID) stepRows(h, a, p, before, rows, ld, TANH, SIGMOID, true);
  else stepRows(h, a, p, before, rows, ld, cell, gate, false);
}

// @ts-ignore: decorator
@inline export function gruBackRows(
  da: usize, dp: usize, dh: usize, dy: usize, a: usize, p: usize, before: usize, rows: i32, ld: i32, cell: i32, gate: i32, after: bool,
  usual: bool,
): void {
  const width = bytes(ld);
  const one = v128.splat<real>(1);
  for (let r = 0; r < rows; r++, a += 2 * width, da += 2 * width) {
    const end = a + width;
    do {
      const rv = v128.load(a);
      const zv = v128.load(a + width);
      const nv = v128.load(a + 2 * width);
      const d = v128.add<real>(v128.load(dh), v128.load(dy));
      const dn = v128.mul<real>(v128.mul<real>(d, v128.sub<real>(one, zv)), phiSlope(nv, cell, usual));
      const dz = v128.mul<real>(v128.mul<real>(d, v128.sub<real>(v128.load(before), nv)), sigmaSlope(zv, gate, usual));
      if (after) {
        v128.store(da, v128.mul<real>(v128.mul<real>(dn, v128.load(p)), sigmaSlope(rv, gate, usual)));
        v128.store(dp, v128.mul<real>(dn, rv));
        p += 16;
        dp += 16;
      }
      v128.store(da + width, dz);
      v128.store(da + 2 * width, dn);
      v128.store(dh, v128.mul<real>(d, zv));
      a += 16;
      da += 16;
      dh += 16;
      dy += 16;
      before += 16;
    } while (a < end);
  }
}

/**
 * da [rows, 3 ld], which may be where a is, and dp = dL/dp from d = dh + dy; dh becomes the part of the gradient
 * of the h before that does not go through W, d∘z.
 */
export function gruBack(
  da: usize, dp: usize, dh: usize, dy: usize, a: usize, p: usize, before: usize, rows: i32, ld: i32, cell: i32, gate: i32,
): void {
  if (cell == TANH && gate == SIGMOID) gruBackRows(da, dp, dh, dy, a, p, before, rows, ld, TANH, SIGMOID, true, true);
  else gruBackRows(da, dp, dh, dy, a, p, before, rows, ld, cell, gate, true, false);
}
