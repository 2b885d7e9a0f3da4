// A recurrent layer over a window of T steps: the loop over time, forward and backward. What a step computes is its cell's, in cells/;
// here is what all cells have in common: resets, dropout of the state, zoneout and padding.
//
// The caller has put the input projection X·V + b of all steps in `a` before, and takes dX, dV, dW and db from `da`
// afterwards, each as one product over all T·B rows; only what depends on the step before is here.
//
// Slots: h and c have T + 1 slots of B rows. Running forward in time, slot t is the state before step t and slot t + 1 the one after;
// running in reverse, slot t + 1 is the one before (it comes from step t + 1) and slot t the one after.
import { ELMAN, GRU, GRU_BEFORE, INDRNN, LSTM, Plan } from "../build/abi";
import { elmanBackward, elmanForward } from "./cells/elman";
import { gruBackward, gruForward } from "./cells/gru";
import { gruBeforeBackward, gruBeforeForward } from "./cells/gru-before";
import { indrnnBackward, indrnnForward } from "./cells/indrnn";
import { lstmBackward, lstmForward } from "./cells/lstm";
import { resetC, resetH, Step } from "./cells/step";
import { gemmScratch } from "./gemm";
import { holdRows, keepRows, maskRows } from "./rows";
import { bytes, padded } from "./simd";
import { add, clear, isZero, multiply, zoneout } from "./vectors";

/** The step of a cell forward. A new cell has a case here and one in `cellBackward`. */
function cellForward(step: Step): void {
  switch (step.plan.cell) {
    case ELMAN: return elmanForward(step);
    case LSTM: return lstmForward(step);
    case GRU: return gruForward(step);
    case GRU_BEFORE: return gruBeforeForward(step);
    case INDRNN: return indrnnForward(step);
  }
}

/** Backward: `da` of the step, and dh (and dc) of the state before from that of the state after. */
function cellBackward(step: Step): void {
  switch (step.plan.cell) {
    case ELMAN: return elmanBackward(step);
    case LSTM: return lstmBackward(step);
    case GRU: return gruBackward(step);
    case GRU_BEFORE: return gruBeforeBackward(step);
    case INDRNN: return indrnnBackward(step);
  }
}

/** Computes h (and c) of all steps. */
export function recurrentForward(plan: Plan): void {
  const step = begin(plan);
  const T = plan.T, n = plan.B * step.ld;
  for (let i = 0; i < T; i++) {
    moveTo(step, plan.reverse ? T - 1 - i : i);
    step.first = i == 0;
    resetH(step);
    if (plan.c) resetC(step);
    step.seen = step.hBefore;
    if (plan.dropout) {
      multiply(step.dropped, step.hBefore, plan.dropout + step.at, 1, n);
      step.seen = step.dropped;
    }
    // Of a state of zeros, as the first one often is, nothing comes.
    step.idle = i == 0 && isZero(step.seen, n);
    cellForward(step);
    keepState(step);
  }
}

/** What a step keeps of the state before it: shares of zoneout, and all of it in rows that are padding. */
// @ts-ignore: decorator
@inline function keepState(step: Step): void {
  const plan = step.plan;
  const B = plan.B, ld = step.ld;
  if (plan.zoneoutH) zoneout(step.h, step.hBefore, plan.zoneoutH + step.at, B * ld);
  if (plan.zoneoutC) zoneout(step.c, step.cBefore, plan.zoneoutC + step.at, B * ld);
  if (plan.padding) {
    const padding = plan.padding + step.t * B;
    keepRows(step.h, step.hBefore, padding, B, ld);
    if (plan.c) keepRows(step.c, step.cBefore, padding, B, ld);
  }
}

/** da (and dp) of all steps from dy, by the Jacobian products of BPTT; dh and dc go from step to step. */
export function recurrentBackward(plan: Plan): void {
  const step = begin(plan);
  const T = plan.T, B = plan.B, ld = step.ld;
  const keeps = plan.padding != 0 || plan.zoneoutH != 0 || plan.zoneoutC != 0;
  if (keeps) clear(step.zeros, B * ld);
  for (let i = T - 1; i >= 0; i--) {
    moveTo(step, plan.reverse ? T - 1 - i : i);
    step.first = i == T - 1;
    step.last = i == 0 && !plan.stateGradient;
    step.dy = plan.dy + step.at;
    if (keeps) holdGradients(step);
    cellBackward(step);
    if (step.last) return;
    if (keeps) {
      add(plan.dh, step.heldH, B * ld);
      if (plan.c) add(plan.dc, step.heldC, B * ld);
    }
    if (step.resets) {
      maskRows(plan.dh, plan.dh, step.resets, B, ld);
      if (plan.c) maskRows(plan.dc, plan.dc, step.resets, B, ld);
    }
  }
}

/** Backward of `keepState`: takes out of dh, dy and dc what reaches the state before without passing the cell. */
// @ts-ignore: decorator
@inline function holdGradients(step: Step): void {
  const plan = step.plan;
  const B = plan.B, ld = step.ld;
  const padding = plan.padding ? plan.padding + step.t * B : 0;
  holdRows(step.heldH, plan.dh, step.dy, plan.zoneoutH ? plan.zoneoutH + step.at : 0, padding, B, ld);
  if (plan.c) holdRows(step.heldC, plan.dc, step.zeros, plan.zoneoutC ? plan.zoneoutC + step.at : 0, padding, B, ld);
  step.dy = step.zeros;
}

// @ts-ignore: decorator
@inline function aligned(size: usize): usize {
  return (size + 63) & ~63;
}

/** Rooms [B, ld] in scratch, see `begin`. */
// @ts-ignore: decorator
@inline const ROOMS: usize = 6;

/** Bytes of scratch that recurrentForward and recurrentBackward need for a cell of G gates. */
export function recurrentScratch(B: i32, H: i32, gates: i32): usize {
  const ld = padded(H), width = gates * ld;
  const work = max(gemmScratch(B, width, H), gemmScratch(B, H, width));
  return aligned(offsetof<Step>()) + aligned(bytes(width * ld)) + ROOMS * aligned(bytes(B * ld)) + aligned(bytes(B * width)) + work;
}

/** Lays the step and its rooms out in scratch. */
function begin(plan: Plan): Step {
  const step = changetype<Step>(plan.scratch);
  const ld = padded(plan.H), width = plan.gates * ld;
  const room = aligned(bytes(plan.B * ld));
  step.plan = plan;
  step.ld = ld;
  step.width = width;
  step.packed = plan.packed;
  step.panels = plan.scratch + aligned(offsetof<Step>());
  step.maskedH = step.panels + aligned(bytes(width * ld));
  step.maskedC = step.maskedH + room;
  step.dropped = step.maskedC + room;
  step.zeros = step.dropped + room;
  step.heldH = step.zeros + room;
  step.heldC = step.heldH + room;
  step.normalized = step.heldC + room;
  step.work = step.normalized + aligned(bytes(plan.B * width));
  return step;
}

/** Leads the step to time t. */
function moveTo(step: Step, t: i32): void {
  const plan = step.plan;
  const size = bytes(plan.B * step.ld);
  const before = <usize>(t + plan.reverse) * size, after = <usize>(t + 1 - plan.reverse) * size;
  step.t = t;
  step.resets = resetsAt(plan, t);
  step.at = <usize>t * size;
  step.gatesAt = <usize>t * bytes(plan.B * step.width);
  step.h = plan.h + after;
  step.c = plan.c + after;
  step.hBefore = plan.h + before;
  step.cBefore = plan.c + before;
}

/** The rows whose state before step t is zero, or 0: in reverse, those whose step t + 1 begins a sequence. */
// @ts-ignore: decorator
@inline function resetsAt(plan: Plan, t: i32): usize {
  const begins = t + plan.reverse;
  return plan.resets != 0 && begins < plan.T ? plan.resets + begins * plan.B : 0;
}
