// One step of a recurrent layer as its cell sees it. The loop over time (recurrent.ts) leads it from step to step; a cell reads where
// its parts lie, and computes `h` (and `c`) forward, `da` and `dh` (and `dc`) backward.
import { Plan } from "../../build/abi";
import { maskRows } from "../rows";

@unmanaged
export class Step {
  plan: Plan;

  // The same for all steps of a call.

  /** padded(H), and the reals of a row of all gates, G·ld. */
  ld: i32;
  width: i32;
  /** How many rows of the batch this thread computes. Every address of rows is that of the first of them. */
  rows: i32;
  /** W in panels as `stateProduct` reads it, or 0: as it lies in the plan. */
  packed: usize;
  /** Room for panels of W: G·ld·ld reals. */
  panels: usize;
  /** Rooms [B, ld] for states of which some rows are zero, or some units dropped. */
  maskedH: usize;
  maskedC: usize;
  dropped: usize;
  /** Rooms [B, ld] for zeros and for the gradients that pass a step without its cell. */
  zeros: usize;
  heldH: usize;
  heldC: usize;
  /** Room for gradients on their way through a normalisation, [B, G·ld]. */
  normalized: usize;
  /** Room of the products. */
  work: usize;
  /** Backward, [B, ld]: the gradient of h, and of c, on its way from step to step. */
  dh: usize;
  dc: usize;

  // Of this step.

  /** The first one of the call, forward or backward: what all of them need is made ready. */
  first: bool;
  /** Backward: nobody asks for the gradient of the state before this step. */
  last: bool;
  /** Forward: what W sees is all zero. */
  idle: bool;
  /** Its number. */
  t: i32;
  /** Octets [B], 1 where the state before the step is zero; 0: nowhere. */
  resets: usize;
  /** Bytes from the first row of a [T, B, ld] to those of this step, and of a [T, B, G·ld]. */
  at: usize;
  gatesAt: usize;
  /** States [B, ld] after the step and before it; c of LSTM. */
  h: usize;
  c: usize;
  hBefore: usize;
  cBefore: usize;
  /** Forward: the h before as W sees it. */
  seen: usize;
  /** Backward: what reaches the h after beside dh. */
  dy: usize;
}

/** Takes the h before the step as the step does: zero in rows that begin a sequence. */
export function resetH(step: Step): void {
  if (!step.resets) return;
  maskRows(step.maskedH, step.hBefore, step.resets, step.rows, step.ld);
  step.hBefore = step.maskedH;
}

/** The same of c. */
export function resetC(step: Step): void {
  if (!step.resets) return;
  maskRows(step.maskedC, step.cBefore, step.resets, step.rows, step.ld);
  step.cBefore = step.maskedC;
}
