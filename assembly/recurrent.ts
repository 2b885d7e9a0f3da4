// A recurrent layer over a window of T steps: the loop over time, forward and backward. What a step computes is its cell's, in cells/;
// here is what all cells have in common: resets, dropout of the state, zoneout and padding.
//
// The caller has put the input projection X·V + b of all steps in `a` before, and takes dX, dV, dW and db from `da`
// afterwards, each as one product over all T·B rows; only what depends on the step before is here.
//
// Rows of the batch know nothing of each other. So threads that compute together each take some of them through all steps, and
// need to meet nowhere on the way.
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
import { holdRows, keepRows, maskRows } from "./rows";
import { bytes, padded } from "./simd";
import { scratchOfOne } from "./threads/products";
import { allSay, gather, hasRowsForAll, member, members, partFrom, partTo } from "./threads/team";
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

/**
 * Whether the threads of a team go through all steps together, each with rows of its own. Not where something is added up over rows; there,
 * and where rows are few, one thread goes through the steps and shares its products.
 */
export function goesByRows(plan: Plan): bool {
  return plan.gain == 0 && plan.peepholes == 0 && hasRowsForAll(plan.B);
}

/** Computes h (and c) of all steps. */
export function recurrentForward(plan: Plan): void {
  if (!gather()) return;
  const step = begin(plan);
  const T = plan.T, n = step.rows * step.ld;
  for (let i = 0; i < T; i++) {
    moveTo(step, plan.reverse ? T - 1 - i : i);
    step.first = i == 0;
    resetH(step);
    if (plan.c) resetC(step);
    step.seen = step.hBefore;
    if (plan.dropout) {
      multiply(step.dropped, step.hBefore, plan.dropout + step.at, n);
      step.seen = step.dropped;
    }
    // Of a state of zeros, as the first one often is, nothing comes.
    step.idle = i == 0 && allSay(isZero(step.seen, n));
    cellForward(step);
    keepState(step);
  }
}

/** What a step keeps of the state before it: shares of zoneout, and all of it in rows that are padding. */
// @ts-ignore: decorator
@inline function keepState(step: Step): void {
  const plan = step.plan;
  const rows = step.rows, ld = step.ld;
  if (plan.zoneoutH) zoneout(step.h, step.hBefore, plan.zoneoutH + step.at, rows * ld);
  if (plan.zoneoutC) zoneout(step.c, step.cBefore, plan.zoneoutC + step.at, rows * ld);
  if (plan.padding) {
    const padding = paddingAt(step);
    keepRows(step.h, step.hBefore, padding, rows, ld);
    if (plan.c) keepRows(step.c, step.cBefore, padding, rows, ld);
  }
}

/** da (and dp) of all steps from dy, by the Jacobian products of BPTT; dh and dc go from step to step. */
export function recurrentBackward(plan: Plan): void {
  if (!gather()) return;
  const step = begin(plan);
  const T = plan.T, rows = step.rows, ld = step.ld;
  const keeps = plan.padding != 0 || plan.zoneoutH != 0 || plan.zoneoutC != 0;
  if (keeps) clear(step.zeros, rows * ld);
  for (let i = T - 1; i >= 0; i--) {
    moveTo(step, plan.reverse ? T - 1 - i : i);
    step.first = i == T - 1;
    step.last = i == 0 && !plan.stateGradient;
    step.dy = plan.dy + step.at;
    if (keeps) holdGradients(step);
    cellBackward(step);
    if (step.last) return;
    if (keeps) {
      add(step.dh, step.heldH, rows * ld);
      if (plan.c) add(step.dc, step.heldC, rows * ld);
    }
    if (step.resets) {
      maskRows(step.dh, step.dh, step.resets, rows, ld);
      if (plan.c) maskRows(step.dc, step.dc, step.resets, rows, ld);
    }
  }
}

/** Backward of `keepState`: takes out of dh, dy and dc what reaches the state before without passing the cell. */
// @ts-ignore: decorator
@inline function holdGradients(step: Step): void {
  const plan = step.plan;
  const rows = step.rows, ld = step.ld;
  const padding = plan.padding ? paddingAt(step) : 0;
  holdRows(step.heldH, step.dh, step.dy, plan.zoneoutH ? plan.zoneoutH + step.at : 0, padding, rows, ld);
  if (plan.c) holdRows(step.heldC, step.dc, step.zeros, plan.zoneoutC ? plan.zoneoutC + step.at : 0, padding, rows, ld);
  step.dy = step.zeros;
}

// @ts-ignore: decorator
@inline function aligned(size: usize): usize {
  return (size + 63) & ~63;
}

/** Rooms [B, ld] in scratch, see `begin`. */
// @ts-ignore: decorator
@inline const ROOMS: usize = 6;

/** Bytes of scratch that recurrentForward and recurrentBackward need for a cell of G gates: rooms, and a step with what its products need for each thread. */
export function recurrentScratch(B: i32, H: i32, gates: i32): usize {
  const ld = padded(H), width = gates * ld;
  const rooms = ROOMS * aligned(bytes(B * ld)) + aligned(bytes(B * width));
  return aligned(bytes(width * ld)) + rooms + <usize>members() * stepBytes(B, H, width);
}

/** Bytes of a step and the room of its products. */
// @ts-ignore: decorator
@inline function stepBytes(B: i32, H: i32, width: i32): usize {
  return aligned(offsetof<Step>()) + max(scratchOfOne(B, width, H), scratchOfOne(B, H, width));
}

/** Lays the step of this thread and its rooms out in scratch. */
function begin(plan: Plan): Step {
  const ld = padded(plan.H), width = plan.gates * ld;
  const room = aligned(bytes(plan.B * ld));
  const row = partFrom(plan.B), own = bytes(row * ld);
  const rooms = plan.scratch + aligned(bytes(width * ld));
  const normalized = rooms + ROOMS * room;
  const steps = normalized + aligned(bytes(plan.B * width));
  const step = changetype<Step>(steps + <usize>member() * stepBytes(plan.B, plan.H, width));
  step.plan = plan;
  step.ld = ld;
  step.width = width;
  step.rows = partTo(plan.B) - row;
  step.packed = plan.packed;
  step.panels = plan.scratch;
  step.maskedH = rooms + own;
  step.maskedC = rooms + room + own;
  step.dropped = rooms + 2 * room + own;
  step.zeros = rooms + 3 * room + own;
  step.heldH = rooms + 4 * room + own;
  step.heldC = rooms + 5 * room + own;
  step.normalized = normalized + bytes(row * width);
  step.work = changetype<usize>(step) + aligned(offsetof<Step>());
  step.dh = plan.dh + own;
  step.dc = plan.dc + own;
  return step;
}

/** Leads the step to time t. */
function moveTo(step: Step, t: i32): void {
  const plan = step.plan;
  const size = bytes(plan.B * step.ld), row = partFrom(plan.B), own = bytes(row * step.ld);
  const before = <usize>(t + plan.reverse) * size + own, after = <usize>(t + 1 - plan.reverse) * size + own;
  step.t = t;
  step.resets = resetsAt(step);
  step.at = <usize>t * size + own;
  step.gatesAt = <usize>t * bytes(plan.B * step.width) + bytes(row * step.width);
  step.h = plan.h + after;
  step.c = plan.c + after;
  step.hBefore = plan.h + before;
  step.cBefore = plan.c + before;
}

/** Which rows are padding, where there is padding. */
// @ts-ignore: decorator
@inline function paddingAt(step: Step): usize {
  return step.plan.padding + step.t * step.plan.B + partFrom(step.plan.B);
}

/** The rows whose state before the step is zero, or 0: in reverse, those whose step t + 1 begins a sequence. */
// @ts-ignore: decorator
@inline function resetsAt(step: Step): usize {
  const plan = step.plan, begins = step.t + plan.reverse;
  return plan.resets != 0 && begins < plan.T ? plan.resets + begins * plan.B + partFrom(plan.B) : 0;
}
