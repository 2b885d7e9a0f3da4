// A recurrent layer over a window of T steps: the loop over time, forward and backward, with one switch on the cell.
//
// The caller has put the input projection X·V + b of all steps in `a` before, and takes dX, dV, dW and db from `da`
// afterwards, each as one product over all T·B rows; only what depends on the step before is here. W is packed once a window.
//
// Slots: h and c have T + 1 slots of B rows. Running forward in time, slot t is the state before step t and slot t + 1 the one after;
// running in reverse, slot t + 1 is the one before (it comes from later steps) and slot t the one after.
import { elmanBack, elmanStep } from "./cells/elman";
import { gruBackAfter, gruBackBefore, gruBackGates, gruGates, gruStepAfter, gruStepBefore } from "./cells/gru";
import { lstmBack, lstmBackCell, lstmBackOutput, lstmCell, lstmOutput, lstmStep } from "./cells/lstm";
import { addScaled, normalize, normalizeBack } from "./normalize";
import { gemm, gemmPacked, gemmScratch, packB } from "./gemm";
import { biasRows, clear, isZero, maskRows, sumRows } from "./reduce";
import { bytes, padded } from "./simd";
import { add, copy, copyColumns, holdRows, keepRows, multiply, zoneout } from "./states";

// Cells as the TypeScript layer numbers them.
// @ts-ignore: decorator
@inline const ELMAN: i32 = 0;
// @ts-ignore: decorator
@inline const LSTM: i32 = 1;
/** Reset after the product with W. */
// @ts-ignore: decorator
@inline const GRU: i32 = 2;
/** Reset before it. */
// @ts-ignore: decorator
@inline const GRU_BEFORE: i32 = 3;

/**
 * What a layer works on, as the caller lays it in memory: 32-bit words in this order. Pointers are 0 where a layer has no such
 * thing. G gates (Elman 1, GRU 3, LSTM 4), ld = padded(H); a row of G gates has G·ld reals.
 */
@unmanaged
export class Recurrent {
  cell: i32;
  /** 1: from the last step to the first. */
  reverse: i32;
  T: i32;
  B: i32;
  H: i32;
  /** Of the candidate and of what leaves the cell. */
  activation: i32;
  gateActivation: i32;
  /** [T+1, B, ld] states with the first one set; c of LSTM. */
  h: usize;
  c: usize;
  /** [T, B, G·ld]: the input projection on entry of forward, the values of the gates after it (Elman: pre-activations). */
  a: usize;
  /** GRU, [T, B, ld]: W_n h + b_hn where the reset is after the product, r∘h where it is before. */
  p: usize;
  /** [H, G·ld]. */
  w: usize;
  /** GRU, reset after: b_hn [ld]. */
  candidateBias: usize;
  /** LSTM: [3, ld] for i, f, o. */
  peepholes: usize;
  /** Layer normalisation, or 0: gains of the recurrent product [G, ld], and gain and bias of the cell of LSTM, [ld]. */
  gain: usize;
  cellGain: usize;
  cellBias: usize;
  /** [T, B, G·ld] the normalised recurrent product, and [T, B·G] one over its deviations; rows of both as those of a. */
  q: usize;
  qInverse: usize;
  /** Reals between the inverse deviations of two steps, of q and of the cell. */
  inverses: i32;
  cInverses: i32;
  /** [T, B, ld] the normalised cell of LSTM, and [T, B] one over its deviations. */
  cn: usize;
  cInverse: usize;
  /** [T, B] octets, 1 where the step begins a sequence. */
  resets: usize;
  /** [T, B] octets, 1 where the step is padding: the state passes as it is. */
  padding: usize;
  /** [T, B, ld] factors on the state that W sees (Gal and Ghahramani 2016: the same at every step). */
  dropout: usize;
  /** [T, B, ld] shares of the old h, and of the old c, in the new one (Krueger et al. 2017). */
  zoneoutH: usize;
  zoneoutC: usize;
  /** [B, ld]: on entry of backward the gradient that reaches the last state, on return that of the first if `earlier`. */
  dh: usize;
  dc: usize;
  /** 1: the steps before go back next and take the gradient of the first state. */
  earlier: i32;
  /** [T, B, ld]: the gradient of the outputs. */
  dy: usize;
  /** [T, B, G·ld]: the gradient of a; may be where a is. */
  da: usize;
  /** GRU, [T, B, ld]: the gradient of p. */
  dp: usize;
  /** [3, ld], added to. */
  dPeepholes: usize;
  /** Layer normalisation: [T, B, G·ld] the gradient of the recurrent product; the others are added to. */
  dq: usize;
  dGain: usize;
  dCellGain: usize;
  dCellBias: usize;
  /** W as `packB` leaves it, or 0: it is packed anew. */
  packed: usize;
  scratch: usize;
}

// @ts-ignore: decorator
@inline function aligned(size: usize): usize {
  return (size + 63) & ~63;
}

// @ts-ignore: decorator
@inline function gatesOf(cell: i32): i32 {
  return cell == ELMAN ? 1 : cell == LSTM ? 4 : 3;
}

/** Rows [B, ld] that both directions keep in scratch next to the packed W. */
// @ts-ignore: decorator
@inline const BLOCKS: usize = 7;

/** Bytes of scratch that recurrentForward and recurrentBackward need for a cell of G gates. */
export function recurrentScratch(B: i32, H: i32, gates: i32): usize {
  const ld = padded(H);
  const work = max(gemmScratch(B, gates * ld, H), gemmScratch(B, H, gates * ld));
  return aligned(bytes(gates * ld * ld)) + (BLOCKS - 1) * aligned(bytes(B * ld)) + aligned(bytes(B * gates * ld)) + work;
}

/** The rows whose state before step t is zero, or 0: in reverse, those whose step after t begins a sequence. */
// @ts-ignore: decorator
@inline function resetsAt(layer: Recurrent, t: i32): usize {
  const begins = t + layer.reverse;
  return layer.resets != 0 && begins < layer.T ? layer.resets + begins * layer.B : 0;
}

/** c [B, n] = h [B, H]·w, plus `from` as in gemm, with n columns of W of rows of `width` reals, which `packed` holds in panels unless it is 0. */
function stateProduct(
  c: usize, h: usize, w: usize, packed: usize, B: i32, n: i32, H: i32, width: i32, ldc: i32, from: usize, work: usize,
): void {
  const ld = padded(H);
  if (packed) gemmPacked(c, h, packed, B, n, H, ld, ldc, false, from, work);
  else gemm(c, h, w, B, n, H, ld, width, ldc, false, false, from, work);
}

/** Computes h (and c) of all steps. */
export function recurrentForward(plan: usize): void {
  const layer = changetype<Recurrent>(plan);
  const T = layer.T, B = layer.B, H = layer.H, cell = layer.cell;
  const ld = padded(H);
  const gates = gatesOf(cell);
  const width = gates * ld;
  const step = bytes(B * ld);
  const block = aligned(step);
  const blocks = layer.scratch + aligned(bytes(width * ld));
  const maskedH = blocks;
  const maskedC = blocks + block;
  const dropped = blocks + 2 * block;
  const work = blocks + (BLOCKS - 1) * block + aligned(bytes(B * width));
  const w = layer.w;
  let packed = layer.packed;
  // One step, as in generation, does not pay for packing.
  if (!packed && T > 1) {
    packed = layer.scratch;
    packB(packed, w, H, width, width, false);
  }
  const candidate = packed ? packed + bytes(2 * ld * H) : 0; // GRU: the panels of W_n

  for (let i = 0; i < T; i++) {
    const t = layer.reverse ? T - 1 - i : i;
    const from = <usize>(t + layer.reverse) * step;
    const to = <usize>(t + 1 - layer.reverse) * step;
    const at = <usize>t * step;
    let before = layer.h + from;
    let beforeC = layer.c + from;
    const resets = resetsAt(layer, t);
    if (resets) {
      maskRows(maskedH, before, resets, B, ld);
      before = maskedH;
      if (cell == LSTM) {
        maskRows(maskedC, beforeC, resets, B, ld);
        beforeC = maskedC;
      }
    }
    let seen = before;
    if (layer.dropout) {
      multiply(dropped, before, layer.dropout + at, B * ld);
      seen = dropped;
    }
    const h = layer.h + to;
    const a = layer.a + <usize>t * bytes(B * width);
    const p = layer.p + at;
    const activation = layer.activation, gate = layer.gateActivation;
    const gain = layer.gain;
    const q = layer.q + <usize>t * bytes(B * width);
    const qInverse = layer.qInverse + bytes(t * layer.inverses);
    // Of a state of zeros, as the first one often is, nothing comes.
    const idle = i == 0 && isZero(seen, B * ld);
    if (idle && gain) clear(q, B * width);
    if (cell == ELMAN || cell == LSTM) {
      const product = gain ? q : a;
      if (!idle) stateProduct(product, seen, w, packed, B, width, H, width, width, gain ? 0 : a, work);
      if (gain) normalize(q, q, qInverse, a, gain, 0, B * gates, gates, H);
      if (cell == ELMAN) elmanStep(h, a, B * ld, activation);
      else if (gain) {
        const c = layer.c + to;
        const cn = layer.cn + at;
        lstmCell(c, a, beforeC, B, ld, activation, gate);
        normalize(cn, c, layer.cInverse + bytes(t * layer.cInverses), h, layer.cellGain, layer.cellBias, B, 1, H);
        lstmOutput(h, a, h, B, ld, activation);
      } else lstmStep(h, layer.c + to, a, beforeC, layer.peepholes, B, ld, activation, gate);
    } else {
      const n = bytes(2 * ld);
      const product = gain ? q : a;
      if (!idle) stateProduct(product, seen, w, packed, B, 2 * ld, H, width, width, gain ? 0 : a, work);
      if (cell == GRU) {
        const qn = gain ? q + n : p;
        const ldq = gain ? width : ld;
        if (gain || idle) biasRows(p, layer.candidateBias, B, ld);
        if (!idle) stateProduct(qn, seen, w + n, candidate, B, ld, H, width, ldq, gain ? 0 : layer.candidateBias, work);
        if (gain) {
          normalize(q, q, qInverse, 0, 0, 0, B * gates, gates, H);
          addScaled(a, q, gain, B, 2 * ld, width, width);
          addScaled(p, qn, gain + n, B, ld, ld, width);
        }
        gruStepAfter(h, a, p, before, B, ld, activation, gate);
      } else {
        const an = a + n;
        const qn = gain ? q + n : an;
        if (gain) {
          for (let r = 0; r < B; r++) {
            const row = q + <usize>r * bytes(width);
            normalize(row, row, qInverse + bytes(r * gates), 0, 0, 0, 2, 2, H);
          }
          addScaled(a, q, gain, B, 2 * ld, width, width);
        }
        gruGates(a, p, seen, B, ld, gate);
        if (!idle) stateProduct(qn, p, w + n, candidate, B, ld, H, width, width, gain ? 0 : an, work);
        if (gain) {
          for (let r = 0; r < B; r++) {
            const row = qn + <usize>r * bytes(width);
            normalize(row, row, qInverse + bytes(r * gates + 2), 0, 0, 0, 1, 1, H);
          }
          addScaled(an, qn, gain + n, B, ld, width, width);
        }
        gruStepBefore(h, a, before, B, ld, activation);
      }
    }
    if (layer.zoneoutH) zoneout(h, before, layer.zoneoutH + at, B * ld);
    if (layer.zoneoutC) zoneout(layer.c + to, beforeC, layer.zoneoutC + at, B * ld);
    if (layer.padding) {
      keepRows(h, before, layer.padding + t * B, B, ld);
      if (cell == LSTM) keepRows(layer.c + to, beforeC, layer.padding + t * B, B, ld);
    }
  }
}

/** da (and dp) of all steps from dy, by the Jacobian products of BPTT; dh and dc go from step to step. */
export function recurrentBackward(plan: usize): void {
  const layer = changetype<Recurrent>(plan);
  const T = layer.T, B = layer.B, H = layer.H, cell = layer.cell;
  const activation = layer.activation, gate = layer.gateActivation;
  const ld = padded(H);
  const gates = gatesOf(cell);
  const width = gates * ld;
  const step = bytes(B * ld);
  const block = aligned(step);
  const packed = layer.scratch;
  const blocks = packed + aligned(bytes(width * ld));
  const maskedH = blocks;
  const maskedC = blocks + block;
  const dropped = blocks + 2 * block;
  const zeros = blocks + 3 * block;
  const heldH = blocks + 4 * block;
  const heldC = blocks + 5 * block;
  const normalized = blocks + 6 * block; // [B, G·ld]
  const work = blocks + (BLOCKS - 1) * block + aligned(bytes(B * width));
  const dh = layer.dh, dc = layer.dc;
  const gru = cell == GRU || cell == GRU_BEFORE;
  const candidate = packed + bytes(2 * ld * ld);
  const n = bytes(2 * ld);
  if (gru) {
    packB(packed, layer.w, 2 * ld, H, width, true);
    packB(candidate, layer.w + n, ld, H, width, true);
  } else {
    packB(packed, layer.w, width, H, width, true);
  }
  // Gradients that reach the state before without passing the cell: of rows that are padding, and what zoneout kept.
  const holds = layer.padding != 0 || layer.zoneoutH != 0 || layer.zoneoutC != 0;
  if (holds) clear(zeros, B * ld);

  for (let i = T - 1; i >= 0; i--) {
    const t = layer.reverse ? T - 1 - i : i;
    const from = <usize>(t + layer.reverse) * step;
    const at = <usize>t * step;
    const a = layer.a + <usize>t * bytes(B * width);
    const da = layer.da + <usize>t * bytes(B * width);
    const p = layer.p + at;
    const dp = layer.dp + at;
    const resets = resetsAt(layer, t);
    const padding = layer.padding ? layer.padding + t * B : 0;
    let dy = layer.dy + at;
    if (holds) {
      holdRows(heldH, dh, dy, layer.zoneoutH ? layer.zoneoutH + at : 0, padding, B, ld);
      if (cell == LSTM) holdRows(heldC, dc, zeros, layer.zoneoutC ? layer.zoneoutC + at : 0, padding, B, ld);
      dy = zeros;
    }
    let before = layer.h + from;
    let beforeC = layer.c + from;
    if (resets) {
      if (gru) {
        maskRows(maskedH, before, resets, B, ld);
        before = maskedH;
      } else if (cell == LSTM) {
        maskRows(maskedC, beforeC, resets, B, ld);
        beforeC = maskedC;
      }
    }
    const gain = layer.gain;
    const q = layer.q + <usize>t * bytes(B * width);
    const qInverse = layer.qInverse + bytes(t * layer.inverses);
    const dq = layer.dq + <usize>t * bytes(B * width);
    const last = i == 0 && !layer.earlier;
    if (gru) {
      // What reaches the state before through W goes through its dropout; the rest, d∘z, is in dh.
      const through = layer.dropout ? dropped : dh;
      if (cell == GRU) {
        gruBackAfter(da, dp, dh, dy, a, p, before, B, ld, activation, gate);
        if (gain) {
          copyColumns(normalized, da, B, 2 * ld, width, width);
          copyColumns(normalized + n, dp, B, ld, width, ld);
          normalizeBack(dq, normalized, q, qInverse, gain, layer.dGain, B * gates, gates, H);
          if (last) break;
          gemmPacked(through, dq, packed, B, H, 2 * ld, width, ld, false, layer.dropout ? 0 : dh, work);
          gemmPacked(through, dq + n, candidate, B, H, ld, width, ld, false, through, work);
        } else {
          if (last) break;
          gemmPacked(through, da, packed, B, H, 2 * ld, width, ld, false, layer.dropout ? 0 : dh, work);
          gemmPacked(through, dp, candidate, B, H, ld, ld, ld, false, through, work);
        }
      } else {
        gruBackBefore(da, dh, dy, a, before, B, ld, activation, gate);
        const dProduct = gain ? dq : da;
        if (gain) {
          // n first: r's gradient needs what comes of it.
          for (let r = 0; r < B; r++) {
            const row = n + <usize>r * bytes(width);
            const inverse = qInverse + bytes(r * gates + 2);
            normalizeBack(normalized + row, da + row, q + row, inverse, gain + n, layer.dGain + n, 1, 1, H);
          }
        }
        gemmPacked(dp, gain ? normalized + n : da + n, candidate, B, H, ld, width, ld, false, 0, work);
        let seen = before;
        if (layer.dropout) {
          multiply(dropped, before, layer.dropout + at, B * ld);
          seen = dropped;
        }
        gruBackGates(da, dp, seen, B, ld, gate);
        if (gain) {
          for (let r = 0; r < B; r++) {
            const row = <usize>r * bytes(width);
            const inverse = qInverse + bytes(r * gates);
            normalizeBack(normalized + row, da + row, q + row, inverse, gain, layer.dGain, 2, 2, H);
          }
          copy(dq, normalized, B * width);
        }
        if (last) break;
        gemmPacked(dp, dProduct, packed, B, H, 2 * ld, width, ld, false, dp, work);
        if (layer.dropout) memory.copy(dropped, dp, step);
        else add(dh, dp, B * ld);
      }
      if (layer.dropout) {
        multiply(dropped, dropped, layer.dropout + at, B * ld);
        add(dh, dropped, B * ld);
      }
    } else {
      if (cell == ELMAN) elmanBack(da, dh, dy, layer.h + <usize>(t + 1 - layer.reverse) * step, B * ld, activation);
      else if (gain) {
        const cn = layer.cn + at;
        const cInverse = layer.cInverse + bytes(t * layer.cInverses);
        lstmBackOutput(da, normalized, dh, dy, a, cn, layer.cellGain, layer.cellBias, B, ld, activation, gate);
        sumRows(layer.dCellBias, normalized, B, ld);
        normalizeBack(normalized, normalized, cn, cInverse, layer.cellGain, layer.dCellGain, B, 1, H);
        add(dc, normalized, B * ld);
        lstmBackCell(da, dc, a, beforeC, B, ld, activation, gate);
      } else lstmBack(da, dc, dh, dy, a, beforeC, layer.peepholes, layer.dPeepholes, B, ld, activation, gate);
      if (gain) normalizeBack(dq, da, q, qInverse, gain, layer.dGain, B * gates, gates, H);
      if (last) break;
      gemmPacked(dh, gain ? dq : da, packed, B, H, width, width, ld, false, 0, work);
      if (layer.dropout) multiply(dh, dh, layer.dropout + at, B * ld);
    }
    if (holds) {
      add(dh, heldH, B * ld);
      if (cell == LSTM) add(dc, heldC, B * ld);
    }
    if (resets) {
      maskRows(dh, dh, resets, B, ld);
      if (cell == LSTM) maskRows(dc, dc, resets, B, ld);
    }
  }
}
