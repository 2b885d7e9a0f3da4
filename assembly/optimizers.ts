// Optimizer steps, flat over n reals (a multiple of PANEL): parameters w, gradients g and slots are parallel blocks.
//
// The formulas are those of PyTorch's torch.optim (https://docs.pytorch.org/docs/stable/optim.html), so learning rates
// carry over. Every gradient is multiplied by gradScale first (1 for none): clipping by norm costs no pass of its own.
// Scalars come as f64 and are rounded to real once. Padding has g = 0, w = 0 and slots 0 and keeps them.
//
// Loops test at the bottom: out of a loop that tests at the top V8 does not hoist the splats of the scalars, nor the
// conversions and the division behind them, because its body may run zero times (adam in f32: 1.8x faster so, measured in Node 20).

import { PANEL, STRIDE, bytes, madd } from './simd';

// @ts-ignore: decorator
@inline function splat(x: f64): v128 {
  return v128.splat<real>(<real>x);
}

/**
 * Stochastic gradient descent, plain, with momentum, or with Nesterov's momentum.
 *
 *   v = momentum·v + g
 *   w -= learningRate·v                      nesterov: w -= learningRate·(g + momentum·v)
 *
 * velocity: [n], zero before the first step, or 0 for plain descent, w -= learningRate·g, which gives the same bits as momentum 0.
 * Polyak, "Some methods of speeding up the convergence of iteration methods", 1964; Nesterov 1983; in the form that
 * Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep learning", ICML 2013,
 * §2, brought to networks; with the learning rate outside the velocity, as in torch.optim.SGD (dampening 0).
 */
export function sgd(
  w: usize,
  g: usize,
  velocity: usize,
  n: i32,
  learningRate: f64,
  momentum: f64,
  nesterov: bool,
  gradScale: f64,
): void {
  assert(n % PANEL == 0);
  const rate = splat(-learningRate);
  const mu = splat(momentum);
  const factor = splat(gradScale);
  const end = w + bytes(n);
  if (w == end) return;
  if (!velocity) {
    do {
      const w0 = madd(rate, v128.mul<real>(v128.load(g), factor), v128.load(w));
      const w1 = madd(rate, v128.mul<real>(v128.load(g, 16), factor), v128.load(w, 16));
      v128.store(w, w0);
      v128.store(w, w1, 16);
      w += STRIDE;
      g += STRIDE;
    } while (w < end);
    return;
  }
  let v = velocity;
  do {
    const g0 = v128.mul<real>(v128.load(g), factor);
    const g1 = v128.mul<real>(v128.load(g, 16), factor);
    const v0 = madd(mu, v128.load(v), g0);
    const v1 = madd(mu, v128.load(v, 16), g1);
    const d0 = nesterov ? madd(mu, v0, g0) : v0;
    const d1 = nesterov ? madd(mu, v1, g1) : v1;
    const w0 = madd(rate, d0, v128.load(w));
    const w1 = madd(rate, d1, v128.load(w, 16));
    v128.store(v, v0);
    v128.store(v, v1, 16);
    v128.store(w, w0);
    v128.store(w, w1, 16);
    w += STRIDE;
    g += STRIDE;
    v += STRIDE;
  } while (w < end);
}

/**
 * RMSProp.
 *
 *   s = alpha·s + (1 - alpha)·g²
 *   w -= learningRate·g / (√s + epsilon)
 *
 * squareAverage: [n], zero before the first step.
 * Hinton, "Neural networks for machine learning", Coursera 2012, lecture 6e; torch.optim.RMSprop (not centred, no momentum).
 */
export function rmsprop(
  w: usize,
  g: usize,
  squareAverage: usize,
  n: i32,
  learningRate: f64,
  alpha: f64,
  epsilon: f64,
  gradScale: f64,
): void {
  assert(n % PANEL == 0);
  const rate = splat(learningRate);
  const a = splat(alpha);
  const b = splat(1 - alpha);
  const eps = splat(epsilon);
  const factor = splat(gradScale);
  const end = w + bytes(n);
  if (w == end) return;
  let s = squareAverage;
  do {
    const g0 = v128.mul<real>(v128.load(g), factor);
    const g1 = v128.mul<real>(v128.load(g, 16), factor);
    const s0 = madd(v128.mul<real>(b, g0), g0, v128.mul<real>(a, v128.load(s)));
    const s1 = madd(v128.mul<real>(b, g1), g1, v128.mul<real>(a, v128.load(s, 16)));
    const d0 = v128.div<real>(v128.mul<real>(rate, g0), v128.add<real>(v128.sqrt<real>(s0), eps));
    const d1 = v128.div<real>(v128.mul<real>(rate, g1), v128.add<real>(v128.sqrt<real>(s1), eps));
    const w0 = v128.sub<real>(v128.load(w), d0);
    const w1 = v128.sub<real>(v128.load(w, 16), d1);
    v128.store(s, s0);
    v128.store(s, s1, 16);
    v128.store(w, w0);
    v128.store(w, w1, 16);
    w += STRIDE;
    g += STRIDE;
    s += STRIDE;
  } while (w < end);
}

/**
 * Adagrad.
 *
 *   s += g²
 *   w -= learningRate·g / (√s + epsilon)
 *
 * sum: [n], zero (or PyTorch's initial_accumulator_value) before the first step.
 * Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization", JMLR 12, 2011;
 * torch.optim.Adagrad (lr_decay 0).
 */
export function adagrad(
  w: usize,
  g: usize,
  sum: usize,
  n: i32,
  learningRate: f64,
  epsilon: f64,
  gradScale: f64,
): void {
  assert(n % PANEL == 0);
  const rate = splat(learningRate);
  const eps = splat(epsilon);
  const factor = splat(gradScale);
  const end = w + bytes(n);
  if (w == end) return;
  let s = sum;
  do {
    const g0 = v128.mul<real>(v128.load(g), factor);
    const g1 = v128.mul<real>(v128.load(g, 16), factor);
    const s0 = madd(g0, g0, v128.load(s));
    const s1 = madd(g1, g1, v128.load(s, 16));
    const d0 = v128.div<real>(v128.mul<real>(rate, g0), v128.add<real>(v128.sqrt<real>(s0), eps));
    const d1 = v128.div<real>(v128.mul<real>(rate, g1), v128.add<real>(v128.sqrt<real>(s1), eps));
    const w0 = v128.sub<real>(v128.load(w), d0);
    const w1 = v128.sub<real>(v128.load(w, 16), d1);
    v128.store(s, s0);
    v128.store(s, s1, 16);
    v128.store(w, w0);
    v128.store(w, w1, 16);
    w += STRIDE;
    g += STRIDE;
    s += STRIDE;
  } while (w < end);
}

/**
 * Adam, and AdamW when decay is not 0.
 *
 *   w -= decay·w
 *   m = beta1·m + (1 - beta1)·g
 *   v = beta2·v + (1 - beta2)·g²
 *   w -= learningRate/correction1 · m / (√v/√correction2 + epsilon)
 *
 * m, v: [n], zero before the first step. correction_i = 1 - beta_i^t with t = 1 in the first step.
 * decay = learningRate·weightDecay, decoupled from the gradient; 0 for Adam.
 * Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1; Loshchilov and Hutter, "Decoupled
 * weight decay regularization", ICLR 2019, algorithm 2; torch.optim.Adam and AdamW (no amsgrad). √v is multiplied by
 * 1/√correction2, computed in f64, instead of divided.
 */
export function adam(
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  n: i32,
  learningRate: f64,
  beta1: f64,
  beta2: f64,
  epsilon: f64,
  correction1: f64,
  correction2: f64,
  decay: f64,
  gradScale: f64,
): void {
  assert(n % PANEL == 0);
  const rate = splat(learningRate / correction1);
  const root = splat(1 / sqrt<f64>(correction2));
  const a1 = splat(beta1);
  const b1 = splat(1 - beta1);
  const a2 = splat(beta2);
  const b2 = splat(1 - beta2);
  const eps = splat(epsilon);
  const shrink = splat(-decay);
  const factor = splat(gradScale);
  const end = w + bytes(n);
  if (w == end) return;
  do {
    const g0 = v128.mul<real>(v128.load(g), factor);
    const g1 = v128.mul<real>(v128.load(g, 16), factor);
    const m0 = madd(b1, g0, v128.mul<real>(a1, v128.load(m)));
    const m1 = madd(b1, g1, v128.mul<real>(a1, v128.load(m, 16)));
    const v0 = madd(v128.mul<real>(b2, g0), g0, v128.mul<real>(a2, v128.load(v)));
    const v1 = madd(v128.mul<real>(b2, g1), g1, v128.mul<real>(a2, v128.load(v, 16)));
    const d0 = v128.div<real>(v128.mul<real>(rate, m0), madd(v128.sqrt<real>(v0), root, eps));
    const d1 = v128.div<real>(v128.mul<real>(rate, m1), madd(v128.sqrt<real>(v1), root, eps));
    const p0 = v128.load(w);
    const p1 = v128.load(w, 16);
    const w0 = v128.sub<real>(madd(shrink, p0, p0), d0);
    const w1 = v128.sub<real>(madd(shrink, p1, p1), d1);
    v128.store(m, m0);
    v128.store(m, m1, 16);
    v128.store(v, v0);
    v128.store(v, v1, 16);
    v128.store(w, w0);
    v128.store(w, w1, 16);
    w += STRIDE;
    g += STRIDE;
    m += STRIDE;
    v += STRIDE;
  } while (w < end);
}

/** l1·sign(w), with sign(0) = 0. */
// @ts-ignore: decorator
@inline function signed(l1: v128, w: v128): v128 {
  const zero = v128.splat<real>(0);
  return v128.sub<real>(v128.and(v128.gt<real>(w, zero), l1), v128.and(v128.lt<real>(w, zero), l1));
}

/**
 * g += l2·w + l1·sign(w), with sign(0) = 0: the gradient of l2/2·Σw² + l1·Σ|w|, PyTorch's weight_decay (l2).
 *
 * Call it before the optimizer, with gradScale already applied or 1: it is added to the gradient, not to its scaled value.
 */
export function regularize(g: usize, w: usize, n: i32, l1: f64, l2: f64): void {
  assert(n % PANEL == 0);
  const first = splat(l1);
  const second = splat(l2);
  const end = g + bytes(n);
  if (g == end) return;
  do {
    const w0 = v128.load(w);
    const w1 = v128.load(w, 16);
    const g0 = v128.add<real>(madd(second, w0, v128.load(g)), signed(first, w0));
    const g1 = v128.add<real>(madd(second, w1, v128.load(g, 16)), signed(first, w1));
    v128.store(g, g0);
    v128.store(g, g1, 16);
    g += STRIDE;
    w += STRIDE;
  } while (g < end);
}
