// CTC against all paths one by one, and where there are too many of them against a plain forward-backward over logarithms.

import { ctc, ctcScratch } from '../companions/ctc/index';
import { bytes, padded } from '../simd';
import { block, EPSILON, get, matrix, noise, room, set, strayPadding } from './blocks';

/** Labels at an address. */
function written(labels: i32[]): usize {
  const pointer = room(4 * (labels.length + 1));
  for (let i = 0; i < labels.length; i++) store<i32>(pointer + 4 * i, labels[i]);
  return pointer;
}

/** Logits [T, ld] of some size. */
function logitsOf(seed: i32, T: i32, classes: i32, size: f64): usize {
  return matrix(seed, T, classes, padded(classes), size);
}

/** The loss; the logits become the gradient. Writes nothing behind the room that it asks for. */
function run(logits: usize, T: i32, steps: i32, classes: i32, labels: i32[], blank: i32, scale: f64 = 1): f64 {
  const ld = padded(classes);
  const size = <usize>ctcScratch(steps, labels.length, classes, ld);
  const scratch = room(size + 8);
  store<u64>(scratch + size, 0x5ca1ab1e5ca1ab1e);
  const loss = ctc(logits, bytes(ld), T, steps, classes, ld, written(labels), labels.length, blank, scale, scratch);
  expect(load<u64>(scratch + size)).toBe(0x5ca1ab1e5ca1ab1e, 'behind the scratch');
  return loss;
}

/** log Σ exp over a row. */
function normalizer(row: usize, classes: i32): f64 {
  let max = -Infinity;
  for (let c = 0; c < classes; c++) max = NativeMath.max(max, get(row, c));
  let sum: f64 = 0;
  for (let c = 0; c < classes; c++) sum += NativeMath.exp(get(row, c) - max);
  return max + NativeMath.log(sum);
}

/** Log-probabilities [T, classes]. */
function logSoftmax(logits: usize, T: i32, classes: i32): StaticArray<f64> {
  const all = new StaticArray<f64>(T * classes);
  for (let t = 0; t < T; t++) {
    const row = logits + bytes(padded(classes)) * t;
    const z = normalizer(row, classes);
    for (let c = 0; c < classes; c++) all[t * classes + c] = get(row, c) - z;
  }
  return all;
}

/** Whether a path gives the labels when repeats are merged and blanks dropped. */
function gives(path: i32[], labels: i32[], blank: i32): bool {
  let found = 0;
  for (let t = 0; t < path.length; t++) {
    if (path[t] == blank || (t > 0 && path[t] == path[t - 1])) continue;
    if (found == labels.length || labels[found] != path[t]) return false;
    found++;
  }
  return found == labels.length;
}

/** Of all paths: [probability of the labels, the share of it that goes through each class in each step]. */
function allPaths(p: StaticArray<f64>, T: i32, classes: i32, labels: i32[], blank: i32): f64[] {
  const found = new Array<f64>(1 + T * classes).fill(0);
  const path = new Array<i32>(T).fill(0);
  const count = <i32>NativeMath.pow(classes, T);
  for (let n = 0; n < count; n++) {
    let log: f64 = 0;
    for (let t = 0, rest = n; t < T; t++, rest /= classes) {
      path[t] = rest % classes;
      log += p[t * classes + path[t]];
    }
    if (!gives(path, labels, blank)) continue;
    const probability = NativeMath.exp(log);
    found[0] += probability;
    for (let t = 0; t < T; t++) found[1 + t * classes + path[t]] += probability;
  }
  for (let i = 1; i < found.length; i++) found[i] /= found[0];
  return found;
}

/** The labels that fit into T steps, of up to U of them, in an order that tries repeats. */
function someLabels(seed: i32, U: i32, classes: i32, blank: i32): i32[] {
  const labels: i32[] = [];
  for (let j = 0; j < U; j++) {
    const label = <i32>NativeMath.floor(0.5 * (1 + noise(seed, j)) * (classes - 1));
    labels.push(label < blank ? label : label + 1);
  }
  return labels;
}

function needed(labels: i32[]): i32 {
  let steps = labels.length;
  for (let j = 1; j < labels.length; j++) if (labels[j] == labels[j - 1]) steps++;
  return steps;
}

/** Paths through 2U + 1 states in logarithms, as textbooks have it: [loss, occupancies]. */
function textbook(p: StaticArray<f64>, T: i32, classes: i32, labels: i32[], blank: i32): f64[] {
  const S = 2 * labels.length + 1;
  const alpha = new Array<f64>(T * S).fill(-Infinity);
  const beta = new Array<f64>(T * S).fill(-Infinity);
  for (let t = 0; t < T; t++) {
    for (let s = 0; s < S; s++) {
      let sum = -Infinity;
      if (t == 0) sum = s < 2 ? 0 : -Infinity;
      else for (let d = 0; d < 3; d++) if (goes(labels, s - d, s)) sum = logAdd(sum, alpha[(t - 1) * S + s - d]);
      alpha[t * S + s] = sum + p[t * classes + classOf(labels, s, blank)];
    }
  }
  for (let t = T - 1; t >= 0; t--) {
    for (let s = 0; s < S; s++) {
      let sum = -Infinity;
      if (t == T - 1) sum = s >= S - 2 ? 0 : -Infinity;
      else {
        for (let d = 0; d < 3 && s + d < S; d++) {
          if (!goes(labels, s, s + d)) continue;
          sum = logAdd(sum, beta[(t + 1) * S + s + d] + p[(t + 1) * classes + classOf(labels, s + d, blank)]);
        }
      }
      beta[t * S + s] = sum;
    }
  }
  const end = (T - 1) * S + S - 1;
  const total = S == 1 ? alpha[end] : logAdd(alpha[end], alpha[end - 1]);
  const found = new Array<f64>(1 + T * classes).fill(0);
  found[0] = -total;
  for (let t = 0; t < T; t++) {
    for (let s = 0; s < S; s++) {
      found[1 + t * classes + classOf(labels, s, blank)] += NativeMath.exp(alpha[t * S + s] + beta[t * S + s] - total);
    }
  }
  return found;
}

function classOf(labels: i32[], s: i32, blank: i32): i32 {
  return s & 1 ? labels[s >> 1] : blank;
}

function goes(labels: i32[], from: i32, to: i32): bool {
  if (from < 0) return false;
  return to - from < 2 || ((to & 1) == 1 && labels[to >> 1] != labels[from >> 1]);
}

function logAdd(a: f64, b: f64): f64 {
  if (a == -Infinity) return b;
  if (b == -Infinity) return a;
  return NativeMath.max(a, b) + NativeMath.log1p(NativeMath.exp(-NativeMath.abs(a - b)));
}

/** The largest distance of a gradient from softmax less these occupancies. */
function gradientError(gradient: usize, p: StaticArray<f64>, occupancies: f64[], T: i32, classes: i32): f64 {
  let worst: f64 = 0;
  for (let t = 0; t < T; t++) {
    for (let c = 0; c < classes; c++) {
      const expected = NativeMath.exp(p[t * classes + c]) - occupancies[1 + t * classes + c];
      const error = NativeMath.abs(get(gradient, t * padded(classes) + c) - expected);
      if (!(error <= worst)) worst = error;
    }
  }
  return worst;
}

describe('ctc', () => {
  it('is -log of the sum of all paths that give the labels, and its gradient softmax less their share', () => {
    let losses: f64 = 0;
    let gradients: f64 = 0;
    let seed = 0;
    for (let classes = 2; classes <= 4; classes++) {
      for (let T = 1; T <= 6; T++) {
        for (let blank = 0; blank < classes; blank++) {
          for (let U = 0; U <= min(T, 4); U++) {
            const labels = someLabels(++seed, U, classes, blank);
            if (needed(labels) > T) continue;
            const logits = logitsOf(seed, T, classes, 3);
            const p = logSoftmax(logits, T, classes);
            const all = allPaths(p, T, classes, labels, blank);
            const loss = run(logits, T, T, classes, labels, blank);
            losses = NativeMath.max(losses, NativeMath.abs(loss + NativeMath.log(all[0])));
            gradients = NativeMath.max(gradients, gradientError(logits, p, all, T, classes));
            expect(strayPadding(logits, T, classes, padded(classes))).toBe(0);
          }
        }
      }
    }
    expect(losses).toBeLessThan(1e-13, 'loss');
    expect(gradients).toBeLessThan(4 * EPSILON, 'gradient');
  });

  it('loses nothing over thousands of steps, to sums that underflow, and to logits far apart', () => {
    const sizes: f64[] = [1, 30, 1000];
    for (let i = 0; i < sizes.length; i++) {
      const T = 1500;
      const classes = 7;
      const labels = someLabels(5, 150, classes, 2);
      const logits = logitsOf(i, T, classes, sizes[i]);
      const p = logSoftmax(logits, T, classes);
      const found = textbook(p, T, classes, labels, 2);
      const loss = run(logits, T, T, classes, labels, 2);
      expect(NativeMath.abs(loss / found[0] - 1)).toBeLessThan(1e-12, 'loss');
      // What the logarithms of the textbook lose grows with their size.
      expect(gradientError(logits, p, found, T, classes)).toBeLessThan(EPSILON + 1e-11 * NativeMath.max(1, found[0] / 1000));
    }
  });

  it('takes as many labels as there are steps, and repeats with the blanks between them', () => {
    const cases: i32[][] = [[0, 1, 0, 1, 0, 1, 0], [1, 1, 1, 1], [0, 0, 1, 1, 0], [1], []];
    for (let i = 0; i < cases.length; i++) {
      const T = 7;
      const logits = logitsOf(i, T, 3, 2);
      const p = logSoftmax(logits, T, 3);
      const all = allPaths(p, T, 3, cases[i], 2);
      const loss = run(logits, T, T, 3, cases[i], 2);
      expect(NativeMath.abs(loss + NativeMath.log(all[0]))).toBeLessThan(1e-13);
      expect(gradientError(logits, p, all, T, 3)).toBeLessThan(4 * EPSILON);
    }
  });

  it('reads the steps of the sequence alone, and gives the others a gradient of 0', () => {
    const T = 9;
    const labels: i32[] = [1, 2, 2];
    const alone = logitsOf(3, 6, 5, 2);
    const padding = block(T * padded(5));
    memory.copy(padding, alone, bytes(6 * padded(5)));
    for (let t = 6; t < T; t++) for (let c = 0; c < 5; c++) set(padding, t * padded(5) + c, NaN);
    expect(run(padding, T, 6, 5, labels, 0)).toBe(run(alone, 6, 6, 5, labels, 0));
    expect(memory.compare(padding, alone, bytes(6 * padded(5)))).toBe(0);
    for (let i = 6 * padded(5); i < T * padded(5); i++) expect(get(padding, i)).toBe(0);
  });

  it('scales its gradient and not its loss, and computes none for a scale of 0', () => {
    const labels: i32[] = [1, 3, 1];
    const one = logitsOf(8, 12, 5, 2);
    const half = logitsOf(8, 12, 5, 2);
    const none = logitsOf(8, 12, 5, 2);
    const loss = run(one, 12, 12, 5, labels, 0);
    expect(run(half, 12, 12, 5, labels, 0, 0.5)).toBe(loss);
    expect(run(none, 12, 12, 5, labels, 0, 0)).toBe(loss);
    for (let i = 0; i < 12 * padded(5); i++) {
      expect(get(half, i)).toBe(0.5 * get(one, i));
      expect(get(none, i)).toBe(0);
    }
  });

  it('gives a loss that is not finite for logits that are not', () => {
    const values: f64[] = [NaN, Infinity, -Infinity];
    for (let i = 0; i < values.length; i++) {
      const logits = logitsOf(8, 12, 5, 2);
      set(logits, 3 * padded(5) + 2, values[i]);
      expect(isFinite(run(logits, 12, 12, 5, [1, 2], 0))).toBe(false);
    }
  });
});
