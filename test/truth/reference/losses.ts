// Losses over the rows [fromRow, toRow) of outputs [rows, features]: the sum of the losses of the rows that count, and
// the gradient of scale · sum, written into d. A row with mask 0 (u8 a row; null: all count) gives no loss and gradient 0.
//
// Means divide by what `elements` counts, as PyTorch does: rows for cross-entropy, rows · features for the others.

import type { Real } from './real.ts';

export type Loss = 'cross-entropy' | 'mean-squared-error' | 'binary-cross-entropy';
/** Class indices [T, B] for cross-entropy, reals [T, B, features] for the others. */
export type Targets = Int32Array | Real;

/** The divisor of a mean: what counts in the rows [fromRow, toRow). */
export function elements(
  loss: Loss,
  mask: Uint8Array | null,
  fromRow: number,
  toRow: number,
  features: number,
): number {
  let rows = toRow - fromRow;
  if (mask !== null) {
    rows = 0;
    for (let r = fromRow; r < toRow; r++) if (mask[r] !== 0) rows++;
  }
  return loss === 'cross-entropy' ? rows : rows * features;
}

/** The named loss. Returns Σ of the losses; d = scale · dΣ/d(outputs), or no gradient when d is null. d may be outputs. */
export function lossRows(
  loss: Loss,
  d: Real | null,
  outputs: Real,
  targets: Targets,
  mask: Uint8Array | null,
  fromRow: number,
  toRow: number,
  features: number,
  scale: number,
): number {
  if (loss === 'cross-entropy') {
    return softmaxCrossEntropy(d, outputs, targets as Int32Array, mask, fromRow, toRow, features, scale);
  }
  const rows = loss === 'mean-squared-error' ? squaredError : sigmoidCrossEntropy;
  return rows(d, outputs, targets as Real, mask, fromRow, toRow, features, scale);
}

/** L = log Σ_j e^(z_j) - z_target, dL/dz_j = softmax(z)_j - [j = target]. z: logits [rows, classes]. */
export function softmaxCrossEntropy(
  d: Real | null,
  z: Real,
  targets: Int32Array,
  mask: Uint8Array | null,
  fromRow: number,
  toRow: number,
  classes: number,
  scale: number,
): number {
  let total = 0;
  for (let r = fromRow; r < toRow; r++) {
    const at = r * classes;
    const end = at + classes;
    if (mask !== null && mask[r] === 0) {
      if (d !== null) d.fill(0, at, end);
      continue;
    }
    const target = at + targets[r];
    const zTarget = z[target];
    let max = z[at];
    for (let i = at + 1; i < end; i++) max = Math.max(max, z[i]);
    let sum = 0;
    if (d === null) {
      for (let i = at; i < end; i++) sum += Math.exp(z[i] - max);
    } else {
      for (let i = at; i < end; i++) {
        const e = Math.exp(z[i] - max);
        sum += e;
        d[i] = e;
      }
      const factor = scale / sum;
      for (let i = at; i < end; i++) d[i] *= factor;
      d[target] -= scale;
    }
    total += Math.log(sum) + max - zTarget;
  }
  return total;
}

/** L = Σ_j (y_j - t_j)², dL/dy_j = 2 (y_j - t_j). */
export function squaredError(
  d: Real | null,
  y: Real,
  targets: Real,
  mask: Uint8Array | null,
  fromRow: number,
  toRow: number,
  features: number,
  scale: number,
): number {
  let total = 0;
  for (let r = fromRow; r < toRow; r++) {
    const counts = mask === null || mask[r] !== 0;
    for (let i = r * features; i < (r + 1) * features; i++) {
      const error = counts ? y[i] - targets[i] : 0;
      total += error * error;
      if (d !== null) d[i] = 2 * scale * error;
    }
  }
  return total;
}

/**
 * Binary cross-entropy with logits z and targets t in [0, 1], p = sigmoid(z):
 * L = -t log p - (1-t) log(1-p) = max(z,0) - z t + log(1 + e^(-|z|)), dL/dz = p - t.
 */
export function sigmoidCrossEntropy(
  d: Real | null,
  z: Real,
  targets: Real,
  mask: Uint8Array | null,
  fromRow: number,
  toRow: number,
  features: number,
  scale: number,
): number {
  let total = 0;
  for (let r = fromRow; r < toRow; r++) {
    const counts = mask === null || mask[r] !== 0;
    for (let i = r * features; i < (r + 1) * features; i++) {
      const x = z[i];
      const t = targets[i];
      if (counts) total += Math.max(x, 0) - x * t + Math.log1p(Math.exp(-Math.abs(x)));
      if (d !== null) d[i] = counts ? scale * (1 / (1 + Math.exp(-x)) - t) : 0;
    }
  }
  return total;
}
