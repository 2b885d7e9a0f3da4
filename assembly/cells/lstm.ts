// The LSTM cell (Hochreiter and Schmidhuber 1997, with the forget gate of Gers, Schmidhuber and Cummins 2000):
//   i, f, o = σ(a_i), σ(a_f), σ(a_o)    g = φ(a_g)    c_t = f∘c_{t-1} + i∘g    h_t = o∘φ(c_t),    a = V x_t + W h_{t-1} + b
// φ is tanh, σ the sigmoid unless told otherwise. With peepholes (Gers and Schmidhuber 2000) a_i and a_f get p_i∘c_{t-1} and
// p_f∘c_{t-1}, a_o gets p_o∘c_t.
//
// A row of a holds the gates i, f, g, o, each ld reals; the step leaves their values there.
import { SIGMOID, TANH } from "../../build/abi";
import { phi, phiSlope, sigma, sigmaSlope } from "../activations";
import { normalize, normalizeBack } from "../normalize";
import { sumRows } from "../rows";
import { bytes } from "../simd";
import { add } from "../vectors";
import { addProduct, backProduct } from "./products";
import { resetC, Step } from "./step";

export function lstmForward(step: Step): void {
  const plan = step.plan;
  const rows = step.rows, ld = step.ld, cell = plan.activation, gate = plan.gateActivation;
  const h = step.h, c = step.c, a = plan.a + step.gatesAt;
  addProduct(step);
  if (plan.gain) {
    lstmCell(c, a, step.cBefore, rows, ld, cell, gate);
    normalize(plan.cn + step.at, c, inverseOfCell(step), h, plan.cellGain, plan.cellBias, rows, 1, plan.H);
    lstmOutput(h, a, h, rows, ld, cell);
  } else lstmStep(h, c, a, step.cBefore, plan.peepholes, rows, ld, cell, gate);
}

/** Where one over the deviations of this step's c begins. */
// @ts-ignore: decorator
@inline function inverseOfCell(step: Step): usize {
  return step.plan.cInverse + bytes(step.t * step.plan.cInverses);
}

export function lstmBackward(step: Step): void {
  const plan = step.plan;
  const rows = step.rows, ld = step.ld, cell = plan.activation, gate = plan.gateActivation;
  const dh = step.dh, dc = step.dc, dy = step.dy, a = plan.a + step.gatesAt, da = plan.da + step.gatesAt;
  resetC(step);
  if (plan.gain) {
    const du = step.normalized, cn = plan.cn + step.at;
    lstmBackOutput(da, du, dh, dy, a, cn, plan.cellGain, plan.cellBias, rows, ld, cell, gate);
    sumRows(plan.dCellBias, du, rows, ld);
    normalizeBack(du, du, cn, inverseOfCell(step), plan.cellGain, plan.dCellGain, rows, 1, plan.H);
    add(dc, du, rows * ld);
    lstmBackCell(da, dc, a, step.cBefore, rows, ld, cell, gate);
  } else lstmBack(da, dc, dh, dy, a, step.cBefore, plan.peepholes, plan.dPeepholes, rows, ld, cell, gate);
  backProduct(step);
}

// @ts-ignore: decorator
@inline function stepRows(h: usize, c: usize, a: usize, before: usize, peepholes: usize, rows: i32, ld: i32, cell: i32, gate: i32, usual: bool): void {
  const width = bytes(ld);
  const f = width;
  const g = <usize>2 * width;
  const o = <usize>3 * width;
  for (let r = 0; r < rows; r++, a += <usize>3 * width) {
    let p = peepholes;
    const end = a + width;
    do {
      const old = v128.load(before);
      let ai = v128.load(a);
      let af = v128.load(a + f);
      let ao = v128.load(a + o);
      if (peepholes) {
        ai = v128.add<real>(ai, v128.mul<real>(v128.load(p), old));
        af = v128.add<real>(af, v128.mul<real>(v128.load(p + f), old));
      }
      const iv = sigma(ai, gate, usual);
      const fv = sigma(af, gate, usual);
      const gv = phi(v128.load(a + g), cell, usual);
      const cv = v128.add<real>(v128.mul<real>(fv, old), v128.mul<real>(iv, gv));
      if (peepholes) {
        ao = v128.add<real>(ao, v128.mul<real>(v128.load(p + g), cv));
        p += 16;
      }
      const ov = sigma(ao, gate, usual);
      v128.store(a, iv);
      v128.store(a + f, fv);
      v128.store(a + g, gv);
      v128.store(a + o, ov);
      v128.store(c, cv);
      v128.store(h, v128.mul<real>(ov, phi(cv, cell, usual)));
      a += 16;
      before += 16;
      c += 16;
      h += 16;
    } while (a < end);
  }
}

/** h, c from a [rows, 4 ld] and the c before, all [rows, ld]; peepholes: [3, ld] of i, f, o, or 0. */
export function lstmStep(h: usize, c: usize, a: usize, before: usize, peepholes: usize, rows: i32, ld: i32, cell: i32, gate: i32): void {
  if (cell == TANH && gate == SIGMOID && !peepholes) stepRows(h, c, a, before, 0, rows, ld, TANH, SIGMOID, true);
  else stepRows(h, c, a, before, peepholes, rows, ld, cell, gate, false);
}

// @ts-ignore: decorator
@inline function backRows(
  da: usize, dc: usize, dh: usize, dy: usize, a: usize, before: usize, peepholes: usize, dPeepholes: usize,
  rows: i32, ld: i32, cell: i32, gate: i32, usual: bool,
): void {
  const width = bytes(ld);
  const f = width;
  const g = <usize>2 * width;
  const o = <usize>3 * width;
  for (let r = 0; r < rows; r++, a += <usize>3 * width, da += <usize>3 * width) {
    let p = peepholes;
    let dp = dPeepholes;
    const end = a + width;
    do {
      const old = v128.load(before);
      const iv = v128.load(a);
      const fv = v128.load(a + f);
      const gv = v128.load(a + g);
      const ov = v128.load(a + o);
      const cv = v128.add<real>(v128.mul<real>(fv, old), v128.mul<real>(iv, gv));
      const y = phi(cv, cell, usual);
      const d = v128.add<real>(v128.load(dh), v128.load(dy));
      const dov = v128.mul<real>(v128.mul<real>(d, y), sigmaSlope(ov, gate, usual));
      let dcv = v128.add<real>(v128.load(dc), v128.mul<real>(v128.mul<real>(d, ov), phiSlope(y, cell, usual)));
      if (peepholes) dcv = v128.add<real>(dcv, v128.mul<real>(v128.load(p + g), dov));
      const div = v128.mul<real>(v128.mul<real>(dcv, gv), sigmaSlope(iv, gate, usual));
      const dfv = v128.mul<real>(v128.mul<real>(dcv, old), sigmaSlope(fv, gate, usual));
      v128.store(da, div);
      v128.store(da + f, dfv);
      v128.store(da + g, v128.mul<real>(v128.mul<real>(dcv, iv), phiSlope(gv, cell, usual)));
      v128.store(da + o, dov);
      let dOld = v128.mul<real>(dcv, fv);
      if (peepholes) {
        dOld = v128.add<real>(dOld, v128.mul<real>(v128.load(p), div));
        dOld = v128.add<real>(dOld, v128.mul<real>(v128.load(p + f), dfv));
        v128.store(dp, v128.add<real>(v128.load(dp), v128.mul<real>(div, old)));
        v128.store(dp + f, v128.add<real>(v128.load(dp + f), v128.mul<real>(dfv, old)));
        v128.store(dp + g, v128.add<real>(v128.load(dp + g), v128.mul<real>(dov, cv)));
        p += 16;
        dp += 16;
      }
      v128.store(dc, dOld);
      a += 16;
      da += 16;
      dc += 16;
      dh += 16;
      dy += 16;
      before += 16;
    } while (a < end);
  }
}

/**
 * da [rows, 4 ld], which may be where a is, from dh + dy and dc, all [rows, ld]; dc becomes the gradient of the c before.
 * a: the gates as the step left them; before: the c before; dPeepholes [3, ld] is added to.
 */
export function lstmBack(
  da: usize, dc: usize, dh: usize, dy: usize, a: usize, before: usize, peepholes: usize, dPeepholes: usize,
  rows: i32, ld: i32, cell: i32, gate: i32,
): void {
  if (cell == TANH && gate == SIGMOID && !peepholes) backRows(da, dc, dh, dy, a, before, 0, 0, rows, ld, TANH, SIGMOID, true);
  else backRows(da, dc, dh, dy, a, before, peepholes, dPeepholes, rows, ld, cell, gate, false);
}

// With layer normalisation of the cell, h_t = o∘φ(u) with u = γ∘N(c_t) + β: the same step in two parts, without peepholes.

// @ts-ignore: decorator
@inline function lstmCellRows(c: usize, a: usize, before: usize, rows: i32, ld: i32, cell: i32, gate: i32, usual: bool): void {
  const width = bytes(ld);
  for (let r = 0; r < rows; r++, a += <usize>3 * width) {
    const end = a + width;
    do {
      const iv = sigma(v128.load(a), gate, usual);
      const fv = sigma(v128.load(a + width), gate, usual);
      const gv = phi(v128.load(a + <usize>2 * width), cell, usual);
      v128.store(a, iv);
      v128.store(a + width, fv);
      v128.store(a + <usize>2 * width, gv);
      v128.store(a + <usize>3 * width, sigma(v128.load(a + <usize>3 * width), gate, usual));
      v128.store(c, v128.add<real>(v128.mul<real>(fv, v128.load(before)), v128.mul<real>(iv, gv)));
      a += 16;
      before += 16;
      c += 16;
    } while (a < end);
  }
}

/** First part: gates and c. */
export function lstmCell(c: usize, a: usize, before: usize, rows: i32, ld: i32, cell: i32, gate: i32): void {
  if (cell == TANH && gate == SIGMOID) lstmCellRows(c, a, before, rows, ld, TANH, SIGMOID, true);
  else lstmCellRows(c, a, before, rows, ld, cell, gate, false);
}

// @ts-ignore: decorator
@inline function lstmOutputRows(h: usize, a: usize, u: usize, rows: i32, ld: i32, cell: i32, usual: bool): void {
  const width = bytes(ld);
  for (let r = 0; r < rows; r++, a += <usize>3 * width) {
    const end = a + width;
    do {
      v128.store(h, v128.mul<real>(v128.load(a + <usize>3 * width), phi(v128.load(u), cell, usual)));
      a += 16;
      h += 16;
      u += 16;
    } while (a < end);
  }
}

/** Second part: h = o∘φ(u); h may be where u is. */
export function lstmOutput(h: usize, a: usize, u: usize, rows: i32, ld: i32, cell: i32): void {
  if (cell == TANH) lstmOutputRows(h, a, u, rows, ld, TANH, true);
  else lstmOutputRows(h, a, u, rows, ld, cell, false);
}

// @ts-ignore: decorator
@inline function lstmBackOutputRows(
  da: usize, du: usize, dh: usize, dy: usize, a: usize, normal: usize, gain: usize, bias: usize,
  rows: i32, ld: i32, cell: i32, gate: i32, usual: bool,
): void {
  const width = bytes(ld);
  for (let r = 0; r < rows; r++, a += <usize>3 * width, da += <usize>3 * width, gain -= width, bias -= width) {
    const end = a + width;
    do {
      const d = v128.add<real>(v128.load(dh), v128.load(dy));
      const u = v128.add<real>(v128.load(bias), v128.mul<real>(v128.load(gain), v128.load(normal)));
      const y = phi(u, cell, usual);
      const ov = v128.load(a + <usize>3 * width);
      v128.store(du, v128.mul<real>(v128.mul<real>(d, ov), phiSlope(y, cell, usual)));
      v128.store(da + <usize>3 * width, v128.mul<real>(v128.mul<real>(d, y), sigmaSlope(ov, gate, usual)));
      a += 16;
      da += 16;
      du += 16;
      dh += 16;
      dy += 16;
      normal += 16;
      gain += 16;
      bias += 16;
    } while (a < end);
  }
}

/** Backward of the second part, which comes first: da of o, and du from normal = N(c_t), γ and β; da of the others stays what a has. */
export function lstmBackOutput(
  da: usize, du: usize, dh: usize, dy: usize, a: usize, normal: usize, gain: usize, bias: usize,
  rows: i32, ld: i32, cell: i32, gate: i32,
): void {
  if (cell == TANH && gate == SIGMOID) lstmBackOutputRows(da, du, dh, dy, a, normal, gain, bias, rows, ld, TANH, SIGMOID, true);
  else lstmBackOutputRows(da, du, dh, dy, a, normal, gain, bias, rows, ld, cell, gate, false);
}

// @ts-ignore: decorator
@inline function lstmBackCellRows(da: usize, dc: usize, a: usize, before: usize, rows: i32, ld: i32, cell: i32, gate: i32, usual: bool): void {
  const width = bytes(ld);
  for (let r = 0; r < rows; r++, a += <usize>3 * width, da += <usize>3 * width) {
    const end = a + width;
    do {
      const iv = v128.load(a);
      const fv = v128.load(a + width);
      const gv = v128.load(a + <usize>2 * width);
      const d = v128.load(dc);
      v128.store(da, v128.mul<real>(v128.mul<real>(d, gv), sigmaSlope(iv, gate, usual)));
      v128.store(da + width, v128.mul<real>(v128.mul<real>(d, v128.load(before)), sigmaSlope(fv, gate, usual)));
      v128.store(da + <usize>2 * width, v128.mul<real>(v128.mul<real>(d, iv), phiSlope(gv, cell, usual)));
      v128.store(dc, v128.mul<real>(d, fv));
      a += 16;
      da += 16;
      dc += 16;
      before += 16;
    } while (a < end);
  }
}

/** Backward of the first part, from dc with all its terms: da of i, f and g; dc becomes the gradient of the c before. */
export function lstmBackCell(da: usize, dc: usize, a: usize, before: usize, rows: i32, ld: i32, cell: i32, gate: i32): void {
  if (cell == TANH && gate == SIGMOID) lstmBackCellRows(da, dc, a, before, rows, ld, TANH, SIGMOID, true);
  else lstmBackCellRows(da, dc, a, before, rows, ld, cell, gate, false);
}
