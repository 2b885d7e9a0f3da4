// Optimizers, clipping and regularisation over flat arrays of parameters w and gradients g. Forms and defaults as in
// torch.optim (https://pytorch.org/docs/stable/optim.html), whose pages cite the papers.

import type { Real } from './real.ts';

/** ‖g‖₂ */
export function norm(g: Real): number {
  let sum = 0;
  for (let i = 0; i < g.length; i++) sum += g[i] * g[i];
  return Math.sqrt(sum);
}

/** Scales g to norm `limit` if its norm is larger; returns the norm before (Pascanu, Mikolov, Bengio 2013, algorithm 1). */
export function clipNorm(g: Real, limit: number): number {
  const length = norm(g);
  if (length > limit) {
    const factor = limit / length;
    for (let i = 0; i < g.length; i++) g[i] *= factor;
  }
  return length;
}

/** g = min(max(g, -limit), limit) */
export function clipValue(g: Real, limit: number): void {
  for (let i = 0; i < g.length; i++) g[i] = Math.min(Math.max(g[i], -limit), limit);
}

/** g += l1 sign(w) + l2 w: the gradient of l1 Σ|w| + l2/2 Σw². */
export function regularize(g: Real, w: Real, l1: number, l2: number): void {
  for (let i = 0; i < w.length; i++) g[i] += l1 * Math.sign(w[i]) + l2 * w[i];
}

/** w -= lr g; with momentum: v = μ v + g, w -= lr v; Nesterov: w -= lr (g + μ v). */
export function sgd(w: Real, g: Real, v: Real | null, lr: number, momentum = 0, nesterov = false): void {
  if (v === null) {
    for (let i = 0; i < w.length; i++) w[i] -= lr * g[i];
    return;
  }
  for (let i = 0; i < w.length; i++) {
    v[i] = momentum * v[i] + g[i];
    w[i] -= lr * (nesterov ? g[i] + momentum * v[i] : v[i]);
  }
}

/** s = α s + (1-α) g², w -= lr g / (√s + ε) */
export function rmsprop(w: Real, g: Real, s: Real, lr: number, alpha = 0.99, epsilon = 1e-8): void {
  for (let i = 0; i < w.length; i++) {
    s[i] = alpha * s[i] + (1 - alpha) * g[i] * g[i];
    w[i] -= (lr * g[i]) / (Math.sqrt(s[i]) + epsilon);
  }
}

/** s += g², w -= lr g / (√s + ε) */
export function adagrad(w: Real, g: Real, s: Real, lr: number, epsilon = 1e-10): void {
  for (let i = 0; i < w.length; i++) {
    s[i] += g[i] * g[i];
    w[i] -= (lr * g[i]) / (Math.sqrt(s[i]) + epsilon);
  }
}

/**
 * Adam at step t = 1, 2, …: m = β₁ m + (1-β₁) g, v = β₂ v + (1-β₂) g², w -= lr m̂ / (√v̂ + ε) with m̂ = m / (1-β₁ᵗ) and
 * v̂ = v / (1-β₂ᵗ). weightDecay > 0 makes it AdamW: w -= lr weightDecay w first.
 */
export function adam(
  w: Real,
  g: Real,
  m: Real,
  v: Real,
  t: number,
  lr: number,
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0,
): void {
  const rate = lr / (1 - beta1 ** t);
  const root = 1 / Math.sqrt(1 - beta2 ** t);
  const keep = 1 - lr * weightDecay;
  for (let i = 0; i < w.length; i++) {
    const x = g[i];
    const mean = beta1 * m[i] + (1 - beta1) * x;
    const square = beta2 * v[i] + (1 - beta2) * x * x;
    m[i] = mean;
    v[i] = square;
    w[i] = keep * w[i] - (rate * mean) / (root * Math.sqrt(square) + epsilon);
  }
}
