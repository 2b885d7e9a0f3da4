// Losses, activations, optimizers and clipping of the reference, each against its definition or PyTorch's numbers.

import { describe, expect, test } from 'vitest';
import { relu, sigmoid, softmax } from './activations.ts';
import { elements, type Loss, lossRows } from './losses.ts';
import { adagrad, adam, clipNorm, clipValue, regularize, rmsprop, sgd } from './optimizers.ts';
import type { Real } from './real.ts';

describe('activations', () => {
  test('softmax: known values, rows apart, stable at ±1e4', () => {
    const p = new Float64Array(6);
    softmax(p, Float64Array.of(0, Math.log(2), Math.log(5), 1e4, -1e4, 1e4), 2, 3);
    [1 / 8, 2 / 8, 5 / 8, 0.5, 0, 0.5].forEach((value, i) => {
      expect(p[i]).toBeCloseTo(value, 15);
    });
  });

  test('sigmoid and ReLU: the range asked for, and nothing else', () => {
    const x = Float64Array.of(7, -1e4, Math.log(3), 1e4, 7);
    sigmoid(x, x, 1, 3);
    expect([...x]).toEqual([7, 0, expect.closeTo(0.75, 15), 1, 7]);
    const y = Float64Array.of(-7, -1, 2, -7);
    relu(y, y, 1, 2);
    expect([...y]).toEqual([-7, 0, 2, -7]);
  });
});

describe('losses', () => {
  test('cross-entropy: -log softmax of the target; at logits of ±1e4 the difference of logits', () => {
    const z = Float64Array.of(0, Math.log(2), Math.log(5), 1e4, -1e4, 0);
    const d = new Float64Array(6);
    const total = lossRows('cross-entropy', d, z, Int32Array.of(1, 1), null, 0, 2, 3, 2);
    expect(total).toBeCloseTo(Math.log(4) + 2e4, 10);
    [2 / 8, -12 / 8, 10 / 8, 2, -2, 0].forEach((value, i) => {
      expect(d[i]).toBeCloseTo(value, 14);
    });
  });

  test('mean squared error: Σ (y - t)² and 2 (y - t)', () => {
    const d = new Float64Array(4);
    const total = lossRows(
      'mean-squared-error',
      d,
      Float64Array.of(1, 2, 3, 4),
      Float64Array.of(0, 4, 3, 7),
      null,
      0,
      2,
      2,
      0.5,
    );
    expect(total).toBe(1 + 4 + 9);
    expect([...d]).toEqual([1, -2, 0, -3]);
  });

  test('binary cross-entropy: -t log p - (1-t) log(1-p); at ±1e4 the distance on the wrong side', () => {
    const d = new Float64Array(4);
    const z = Float64Array.of(Math.log(3), 1e4, -1e4, 1e4);
    const total = lossRows('binary-cross-entropy', d, z, Float64Array.of(0.25, 1, 1, 0), null, 0, 2, 2, 1);
    expect(total).toBeCloseTo(-0.25 * Math.log(0.75) - 0.75 * Math.log(0.25) + 2e4, 10);
    [0.5, 0, -1, 1].forEach((value, i) => {
      expect(d[i]).toBeCloseTo(value, 15);
    });
  });

  test.each(['cross-entropy', 'mean-squared-error', 'binary-cross-entropy'] as Loss[])(
    '%s: a masked row gives no loss and gradient 0, whatever it holds; the mean does not count it',
    (loss) => {
      const y = Float64Array.of(0.3, -0.2, Number.NaN, 5, 0.1, 0.7);
      const targets = loss === 'cross-entropy' ? Int32Array.of(0, 1, 1) : Float64Array.of(1, 0, 9, Number.NaN, 0, 1);
      const masked = new Float64Array(6).fill(9);
      const total = lossRows(loss, masked, y, targets, Uint8Array.of(1, 0, 1), 0, 3, 2, 1);
      const apart = new Float64Array(6);
      const first = lossRows(loss, apart, y, targets, null, 0, 1, 2, 1);
      const last = lossRows(loss, apart, y, targets, null, 2, 3, 2, 1);
      expect(total).toBe(first + last);
      expect([...masked]).toEqual([apart[0], apart[1], 0, 0, apart[4], apart[5]]);
      expect(elements(loss, Uint8Array.of(1, 0, 1), 0, 3, 2)).toBe(loss === 'cross-entropy' ? 2 : 4);
      expect(elements(loss, null, 1, 3, 2)).toBe(loss === 'cross-entropy' ? 2 : 4);
    },
  );
});

describe('optimizers: three steps from (0.5, -1.5), learning rate 0.1, as PyTorch 1.13 takes them in float64', () => {
  const gradients = [Float64Array.of(0.3, -2), Float64Array.of(-0.7, 0.05), Float64Array.of(1.1, 0.4)];
  const m = () => new Float64Array(2);
  const rules: [string, () => (w: Real, g: Real, t: number) => void, number[]][] = [
    ['SGD', () => (w, g) => sgd(w, g, null, 0.1), [0.43, -1.345]],
    [
      'SGD, momentum 0.9',
      () =>
        (
          (v) => (w: Real, g: Real) =>
            sgd(w, g, v, 0.1, 0.9)
        )(m()),
      [0.4417, -1.0075],
    ],
    [
      'SGD, Nesterov 0.9',
      () =>
        (
          (v) => (w: Real, g: Real) =>
            sgd(w, g, v, 0.1, 0.9, true)
        )(m()),
      [0.37753, -0.90175],
    ],
    [
      'RMSProp',
      () =>
        (
          (s) => (w: Real, g: Real) =>
            rmsprop(w, g, s, 0.1)
        )(m()),
      [-0.4038603057501027, -0.7230778309275694],
    ],
    [
      'Adagrad',
      () =>
        (
          (s) => (w: Real, g: Real) =>
            adagrad(w, g, s, 0.1)
        )(m()),
      [0.4096966428265025, -1.4221049423757692],
    ],
    [
      'Adam',
      () =>
        (
          (u, v) => (w: Real, g: Real, t: number) =>
            adam(w, g, u, v, t, 0.1)
        )(m(), m()),
      [0.4079684378875864, -1.2980499859568853],
    ],
    [
      'AdamW, decay 0.2',
      () =>
        (
          (u, v) => (w: Real, g: Real, t: number) =>
            adam(w, g, u, v, t, 0.1, 0.9, 0.999, 1e-8, 0.2)
        )(m(), m()),
      [0.38168406698146307, -1.2151004696077077],
    ],
    [
      'Adam, L2 0.2',
      () =>
        ((u, v) => (w: Real, g: Real, t: number) => {
          const sum = g.slice();
          regularize(sum, w, 0, 0.2);
          adam(w, sum, u, v, t, 0.1);
        })(m(), m()),
      [0.38269317306950285, -1.272474647944566],
    ],
  ];

  test.each(rules)('%s', (_, create, want) => {
    const w = Float64Array.of(0.5, -1.5);
    const step = create();
    gradients.forEach((g, i) => {
      step(w, g, i + 1);
    });
    want.forEach((value, i) => {
      expect(w[i]).toBeCloseTo(value, 14);
    });
  });
});

test('regularize: l1 sign(w) + l2 w, nothing for a weight of 0 but l2 · 0', () => {
  const g = Float64Array.of(1, 1, 1);
  regularize(g, Float64Array.of(2, -3, 0), 0.5, 0.1);
  expect([...g]).toEqual([1.7, 1 - 0.5 - 0.3, 1].map((x) => expect.closeTo(x, 15)));
});

test('clipNorm scales to the limit and returns the norm before; below the limit nothing changes; clipValue cuts', () => {
  const g = Float64Array.of(3, -4);
  expect(clipNorm(g, 6)).toBe(5);
  expect([...g]).toEqual([3, -4]);
  expect(clipNorm(g, 1)).toBe(5);
  expect([...g]).toEqual([expect.closeTo(0.6, 15), expect.closeTo(-0.8, 15)]);
  const h = Float64Array.of(-9, 0.5, 9);
  clipValue(h, 1);
  expect([...h]).toEqual([-1, 0.5, 1]);
});
