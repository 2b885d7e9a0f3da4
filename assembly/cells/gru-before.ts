// The gated recurrent unit with its reset before the product with W, the form of its paper (Cho et al. 2014):
//   r, z = σ(a_r), σ(a_z)    n = φ(V_n x + b_n + W_n (r∘h_{t-1}))    h_t = (1 - z)∘n + z∘h_{t-1}
// φ is tanh, σ the sigmoid unless told otherwise.
//
// A row of a holds r, z, n, each ld reals; the steps leave their values there.
import { SIGMOID, TANH } from "../../build/abi";
import { phi, sigma, sigmaSlope } from "../activations";
import { normalize, normalizeBack } from "../normalize";
import { addScaled } from "../rows";
import { bytes } from "../simd";
import { stepGemmPacked } from "../threads/products";
import { add, clear, copy, multiply } from "../vectors";
import { gruBackRows, gruCandidatePanels, gruMix, gruPackBack } from "./gru";
import { inverseOfQ, packForward, stateProduct } from "./products";
import { resetH, Step } from "./step";

export function gruBeforeForward(step: Step): void {
  const plan = step.plan;
  const rows = step.rows, ld = step.ld, a = plan.a + step.gatesAt, p = plan.p + step.at;
  packForward(step);
  if (step.idle && plan.gain) clear(plan.q + step.gatesAt, rows * step.width);
  addGates(step, step.seen, 0, 2);
  gruBeforeGates(a, p, step.seen, rows, ld, plan.gateActivation);
  addGates(step, p, 2, 1);
  gruBeforeStep(step.h, a, step.hBefore, rows, ld, plan.activation);
}

/** a += x·W, or gain∘N(x·W), of `count` gates from gate `first` on. */
function addGates(step: Step, x: usize, first: i32, count: i32): void {
  const plan = step.plan;
  const rows = step.rows, ld = step.ld, width = step.width, at = bytes(first * ld);
  const a = plan.a + step.gatesAt + at, q = plan.q + step.gatesAt + at;
  if (!plan.gain) {
    if (!step.idle) stateProduct(step, a, x, first * ld, count * ld, width, a);
    return;
  }
  if (!step.idle) stateProduct(step, q, x, first * ld, count * ld, width, 0);
  for (let r = 0; r < rows; r++) {
    const row = q + <usize>r * bytes(width);
    normalize(row, row, inverseOfQ(step) + bytes(r * plan.gates + first), 0, 0, 0, count, count, plan.H);
  }
  addScaled(a, q, plan.gain + at, rows, count * ld, width, width);
}

export function gruBeforeBackward(step: Step): void {
  const plan = step.plan;
  const rows = step.rows, H = plan.H, gain = plan.gain, gate = plan.gateActivation, ld = step.ld, width = step.width;
  const dh = step.dh, da = plan.da + step.gatesAt, dp = plan.dp + step.at, dq = plan.dq + step.gatesAt;
  gruPackBack(step);
  resetH(step);
  gruBeforeBack(da, dh, step.dy, plan.a + step.gatesAt, step.hBefore, rows, ld, plan.activation, gate);
  // n first: r's gradient needs what comes of it.
  if (gain) normalizeBackGates(step, 2, 1);
  const dn = (gain ? step.normalized : da) + bytes(2 * ld);
  stepGemmPacked(dp, dn, gruCandidatePanels(step), rows, H, ld, width, ld, 0, step.work);
  let seen = step.hBefore;
  if (plan.dropout) {
    multiply(step.dropped, seen, plan.dropout + step.at, rows * ld);
    seen = step.dropped;
  }
  gruBeforeBackGates(da, dp, seen, rows, ld, gate);
  if (gain) {
    normalizeBackGates(step, 0, 2);
    copy(dq, step.normalized, rows * width);
  }
  if (step.last) return;
  stepGemmPacked(dp, gain ? dq : da, step.panels, rows, H, 2 * ld, width, ld, dp, step.work);
  if (plan.dropout) multiply(dp, dp, plan.dropout + step.at, rows * ld);
  add(dh, dp, rows * ld);
}

/** Backward through N of `count` gates from gate `first` on, from da to `normalized`. */
function normalizeBackGates(step: Step, first: i32, count: i32): void {
  const plan = step.plan, at = bytes(first * step.ld);
  for (let r = 0; r < step.rows; r++) {
    const row = at + <usize>r * bytes(step.width), gated = step.gatesAt + row;
    const inverse = inverseOfQ(step) + bytes(r * plan.gates + first);
    normalizeBack(step.normalized + row, plan.da + gated, plan.q + gated, inverse, plan.gain + at, plan.dGain + at, count, count, plan.H);
  }
}

/** First part: r and z from a, p = r∘h with h as the products see it. */
export function gruBeforeGates(a: usize, p: usize, seen: usize, rows: i32, ld: i32, gate: i32): void {
  const width = bytes(ld);
  const usual = gate == SIGMOID;
  for (let r = 0; r < rows; r++, a += 2 * width) {
    const end = a + width;
    do {
      const rv = sigma(v128.load(a), gate, usual);
      v128.store(a, rv);
      v128.store(a + width, sigma(v128.load(a + width), gate, usual));
      v128.store(p, v128.mul<real>(rv, v128.load(seen)));
      a += 16;
      p += 16;
      seen += 16;
    } while (a < end);
  }
}

/** Second part, when a_n has all its terms: h. */
export function gruBeforeStep(h: usize, a: usize, before: usize, rows: i32, ld: i32, cell: i32): void {
  const width = bytes(ld);
  const usual = cell == TANH;
  for (let r = 0; r < rows; r++, a += 2 * width) {
    const end = a + width;
    do {
      const nv = phi(v128.load(a + 2 * width), cell, usual);
      v128.store(a + 2 * width, nv);
      v128.store(h, gruMix(nv, v128.load(a + width), v128.load(before)));
      a += 16;
      h += 16;
      before += 16;
    } while (a < end);
  }
}

/** First part: da of z and n, dh as above; da of r stays what a has. */
export function gruBeforeBack(da: usize, dh: usize, dy: usize, a: usize, before: usize, rows: i32, ld: i32, cell: i32, gate: i32): void {
  const width = bytes(ld);
  if (da != a) for (let r = 0; r < rows; r++) memory.copy(da + <usize>(3 * r) * width, a + <usize>(3 * r) * width, width);
  gruBackRows(da, 0, dh, dy, a, 0, before, rows, ld, cell, gate, false, false);
}

/** Second part, from dp = da_n·W_nᵀ: da of r, and dp becomes the gradient of the h that the products saw, dp∘r. */
export function gruBeforeBackGates(da: usize, dp: usize, seen: usize, rows: i32, ld: i32, gate: i32): void {
  const width = bytes(ld);
  const usual = gate == SIGMOID;
  for (let r = 0; r < rows; r++, da += 2 * width) {
    const end = da + width;
    do {
      const rv = v128.load(da);
      const d = v128.load(dp);
      v128.store(da, v128.mul<real>(v128.mul<real>(d, v128.load(seen)), sigmaSlope(rv, gate, usual)));
      v128.store(dp, v128.mul<real>(d, rv));
      da += 16;
      dp += 16;
      seen += 16;
    } while (da < end);
  }
}
