// The reference itself: its forward pass against the formulas element by element, its gradients against finite
// differences in f64, full and truncated.

import { describe, expect, test } from 'vitest';
import type { Activation } from './activations.ts';
import { fullBptt, type Reduction, type Truncation, truncatedBptt, type Update } from './bptt.ts';
import { random, randomize, randomStream } from './data.ts';
import { elements, type Loss } from './losses.ts';
import { createNetwork, type Description, forward, loss, type Network, type Stream, setParameters } from './network.ts';
import type { Real } from './real.ts';

const T = 7;
const B = 3;

const inputs: Description['input'][] = [
  { kind: 'tokens', size: 5 },
  { kind: 'embedding', size: 5, width: 3 },
  { kind: 'features', size: 2 },
];
const activations: Activation[] = ['tanh', 'relu', 'identity', 'softsign'];
const losses: Loss[] = ['cross-entropy', 'mean-squared-error', 'binary-cross-entropy'];
const reductions: Reduction[] = ['sum', 'mean'];

function describeNetwork(
  input: Description['input'],
  units: number[],
  activation: Activation,
  loss: Loss = 'cross-entropy',
): Description {
  return { input, layers: units.map((n) => ({ units: n, activation })), outputs: 4, loss };
}

/** The derivative of f at x[i] for every i, by central differences: error about h² f''' + 1e-16 f / h. */
function differences(x: Real, f: () => number, h = 1e-5): Float64Array {
  return Float64Array.from(x, (value, i) => {
    x[i] = value + h;
    const above = f();
    x[i] = value - h;
    const below = f();
    x[i] = value;
    return (above - below) / (2 * h);
  });
}

/** ‖a - b‖ / max(‖a‖, ‖b‖), and that there is something to compare. */
function relativeError(a: Real, b: Real): number {
  const length = (x: ArrayLike<number>) => Math.hypot(...Array.from(x));
  expect(length(b)).toBeGreaterThan(1e-6);
  return length(a.map((x, i) => x - b[i])) / Math.max(length(a), length(b));
}

/** Outputs [T, B, O] and last states, from the formulas: one scalar at a time, sharing nothing with the reference. */
function naive(network: Network, { inputs, resets }: Stream): { outputs: number[]; states: number[][] } {
  const { input, layers, outputs } = network.description;
  const parameter = (name: string) => network.named.find((p) => p.name === name)!.value;
  const product = (x: number[], w: Real, n: number) =>
    Array.from({ length: n }, (_, j) => x.reduce((sum, value, i) => sum + value * w[i * n + j], 0));
  const states = network.layers.map(({ h, units }) => Array.from(h.subarray(0, B * units)));
  const result: number[] = [];
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++) {
      const at = t * B + b;
      const oneHot = Array.from({ length: input.size }, (_, i) => (inputs[at] === i ? 1 : 0));
      let x = input.kind === 'features' ? Array.from(inputs.subarray(at * input.size, (at + 1) * input.size)) : oneHot;
      if (input.kind === 'embedding') x = product(x, parameter('embedding.weight'), input.width);
      layers.forEach((layer, l) => {
        const { units, activation = 'tanh' } = layer;
        const before = states[l].slice(b * units, (b + 1) * units).map((h) => (resets?.[at] ? 0 : h));
        const fromInput = product(x, parameter(`rnn.weight_ih_l${l}`), units);
        const fromState = product(before, parameter(`rnn.weight_hh_l${l}`), units);
        x = fromInput.map((p, i) => {
          const a = p + fromState[i] + parameter(`rnn.bias_ih_l${l}`)[i];
          if (activation === 'softsign') return a / (1 + Math.abs(a));
          return activation === 'tanh' ? Math.tanh(a) : activation === 'relu' ? Math.max(a, 0) : a;
        });
        states[l].splice(b * units, units, ...x);
      });
      result.push(...product(x, parameter('dense.weight'), outputs).map((y, i) => y + parameter('dense.bias')[i]));
    }
  }
  return { outputs: result, states };
}

describe.each(inputs)('$kind', (input) => {
  test.each(activations)(
    '%s: the forward pass is the formulas, with carried states and resets, one and two layers',
    (activation) => {
      for (const units of [[6], [6, 5]]) {
        const next = random(1);
        const network = createNetwork(describeNetwork(input, units, activation), 'f64', T, B);
        const stream = randomStream(network.description, 'f64', T, B, next, { resets: true });
        randomize(network, 0.7, next, true);
        const want = naive(network, stream);
        forward(network, stream, 0, T);
        for (const [i, y] of want.outputs.entries()) expect(Math.abs(network.outputs[i] - y)).toBeLessThan(1e-13);
        for (const [l, { h, units }] of network.layers.entries()) {
          for (const [i, y] of want.states[l].entries()) expect(Math.abs(h[T * B * units + i] - y)).toBeLessThan(1e-13);
        }
      }
    },
  );

  test.each(activations)(
    '%s: full BPTT against finite differences < 1e-7, every loss, reduction, mask, resets',
    (activation) => {
      for (const name of losses) {
        for (const reduction of reductions) {
          for (const masked of [false, true]) {
            const next = random(2);
            const units = masked ? [6, 5] : [6];
            const network = createNetwork(describeNetwork(input, units, activation, name), 'f64', T, B);
            const stream = randomStream(network.description, 'f64', T, B, next, { mask: masked, resets: masked });
            randomize(network, 0.5, next, true);

            const value = fullBptt(network, stream, reduction);
            const gradients = network.gradients.slice();
            const dStates = network.layers.map(({ dcarry }) => dcarry.slice());
            const objective = () => {
              forward(network, stream, 0, T);
              const divisor = reduction === 'sum' ? 1 : elements(name, stream.mask, 0, T * B, 4);
              return loss(network, stream, 0, T, 0) / divisor;
            };
            expect(objective()).toBe(value);
            const numeric = differences(network.parameters, objective);
            let at = 0;
            for (const { gradient } of network.named) {
              const end = at + gradient.length;
              expect(relativeError(gradients.subarray(at, end), numeric.subarray(at, end))).toBeLessThan(1e-7);
              at = end;
            }
            network.layers.forEach(({ h, units }, l) => {
              const state = h.subarray(0, B * units);
              expect(relativeError(dStates[l], differences(state, objective))).toBeLessThan(1e-7);
            });
          }
        }
      }
    },
  );
});

describe('truncated BPTT', () => {
  const lengths: [number, number][] = [
    [1, 1],
    [1, 4],
    [2, 5],
    [3, 3],
    [3, 1],
    [5, 2],
    [7, 7],
    [9, 3],
    [4, 20],
  ];
  const options: Pick<Truncation, 'losses' | 'activations'>[] = [
    {},
    { losses: 'window' },
    { activations: 'recomputed' },
    { losses: 'window', activations: 'recomputed' },
  ];

  function example(activation: Activation = 'tanh', units = [6, 5]): { network: Network; stream: Stream } {
    const next = random(3);
    const network = createNetwork(describeNetwork(inputs[0], units, activation), 'f64', T, B);
    const stream = randomStream(network.description, 'f64', T, B, next, { mask: true, resets: true });
    randomize(network, 0.6, next, true);
    return { network, stream };
  }

  /** Runs it, changing the parameters after each update by what the gradient says, times `rate`. */
  function run(
    network: Network,
    stream: Stream,
    truncation: Truncation,
    rate: number,
    each: (update: Update) => void,
  ): void {
    truncatedBptt(network, stream, truncation, 'mean', (update) => {
      each(update);
      for (let i = 0; i < network.parameters.length; i++) network.parameters[i] -= rate * network.gradients[i];
    });
  }

  test('windows: k1 new steps each, the rest at the end, at most k2 steps back', () => {
    const { network, stream } = example();
    const windows = (truncation: Truncation) => {
      const seen: number[][] = [];
      run(network, stream, truncation, 0, ({ start, end, from, inject }) => seen.push([start, end, from, inject]));
      return seen;
    };
    expect(windows({ k1: 3, k2: 3 })).toEqual([
      [0, 3, 0, 0],
      [3, 6, 3, 3],
      [6, 7, 6, 6],
    ]);
    expect(windows({ k1: 2, k2: 4, losses: 'window' })).toEqual([
      [0, 2, 0, 0],
      [2, 4, 0, 0],
      [4, 6, 2, 2],
      [6, 7, 3, 3],
    ]);
    expect(windows({ k1: 5, k2: 2 })).toEqual([
      [0, 5, 3, 3],
      [5, 7, 5, 5],
    ]);
    expect(windows({ k1: 9, k2: 9 })).toEqual([[0, 7, 0, 0]]);
  });

  test.each(lengths)(
    'k1 = %i, k2 = %i: the gradient of the surrogate in which h_{t-k2} is constant, < 1e-7',
    (k1, k2) => {
      for (const option of options) {
        const { network, stream } = example();
        // Recomputed activations are exact while the parameters change; stored ones when they do not.
        const rate = option.activations === 'recomputed' ? 0.5 : 0;
        run(network, stream, { k1, k2, ...option }, rate, ({ start, from, inject, end, divisor }) => {
          const gradients = network.gradients.slice();
          // The new steps that the gradient does not reach keep their states.
          const surrogate = () => {
            forward(network, stream, from, end);
            return loss(network, stream, inject, end, 0) / divisor;
          };
          const counted = elements('cross-entropy', stream.mask, Math.min(inject, start) * B, end * B, 4) || 1;
          expect(divisor).toBe(counted);
          const numeric = differences(network.parameters, surrogate);
          surrogate();
          if (gradients.some((g) => g !== 0)) expect(relativeError(gradients, numeric)).toBeLessThan(1e-7);
          else expect(elements('cross-entropy', stream.mask, inject * B, end * B, 4)).toBe(0);
        });
      }
    },
  );

  const combinations = activations.flatMap((activation) =>
    (['new', 'window'] as const).map((losses) => ({ activation, losses })),
  );
  test.each(combinations)(
    'stored activations, $activation, $losses: the gradient of the network linearised at what was computed, < 1e-7',
    ({ activation, losses }) => {
      const { network, stream } = example(activation, [3, 4]);
      let overlaps = 0;
      let before: Real[] = [];
      run(network, stream, { k1: 2, k2: 5, losses }, 0.1, ({ start, from, inject, end, divisor }) => {
        const gradients = network.gradients.slice();
        const stored = network.layers.map(({ h }) => h.slice());
        const older = stored.map((h, l) => h.subarray(0, (start + 1) * B * network.layers[l].units));
        if (start > 0) expect(older).toEqual(before.map((h, l) => h.subarray(0, older[l].length)));
        before = stored;

        const today = createNetwork(network.description, 'f64', 0, 0);
        today.parameters.set(network.parameters);
        const dOutputs = outputGradients(network, stream, inject, end, divisor);
        const numeric = differences(network.parameters, () =>
          linearised(network, stream, stored, today, dOutputs, from, end),
        );
        const counts = elements('cross-entropy', stream.mask, inject * B, end * B, 4) > 0;
        if (counts) expect(relativeError(gradients, numeric)).toBeLessThan(1e-7);
        if (counts && start > from) overlaps++;
      });
      // Windows whose older steps were computed with parameters that are not today's.
      expect(overlaps).toBeGreaterThan(1);
    },
  );

  test('k2 < k1: the loss of all new steps is reported, and divides', () => {
    const { network, stream } = example();
    const reported: number[] = [];
    run(network, stream, { k1: 4, k2: 1 }, 0, (update) => reported.push(update.loss));
    forward(network, stream, 0, T);
    const mean = (from: number, to: number) =>
      loss(network, stream, from, to, 0) / elements('cross-entropy', stream.mask, from * B, to * B, 4);
    expect(reported).toEqual([mean(0, 4), mean(4, 7)]);
  });

  test('one window of all steps is full BPTT, to the bit', () => {
    const { network, stream } = example();
    const value = fullBptt(network, stream, 'mean');
    const gradients = network.gradients.slice();
    run(network, stream, { k1: T, k2: T }, 0, (update) => {
      expect(update.loss).toBe(value);
      expect(network.gradients).toEqual(gradients);
    });
  });

  test('k2 ≥ T, sum: the gradients of the updates add up to full BPTT, as each loss counts once', () => {
    const { network, stream } = example();
    fullBptt(network, stream, 'sum');
    const full = network.gradients.slice();
    const total = new Float64Array(full.length);
    truncatedBptt(network, stream, { k1: 2, k2: 20 }, 'sum', () => {
      for (let i = 0; i < total.length; i++) total[i] += network.gradients[i];
    });
    expect(relativeError(total, full)).toBeLessThan(1e-14);
  });
});

test("setParameters: from PyTorch's orientation, an embedding as it is; an unknown name or length is an error", () => {
  const network = createNetwork({ ...describeNetwork(inputs[1], [2], 'tanh'), outputs: 1 }, 'f64', T, B);
  setParameters(network, [
    { name: 'embedding.weight', data: Float64Array.from({ length: 15 }, (_, i) => i) },
    { name: 'rnn.weight_ih_l0', data: Float64Array.of(1, 2, 3, 4, 5, 6) },
    { name: 'dense.bias', data: Float64Array.of(9) },
  ]);
  const value = (name: string) => [...network.named.find((p) => p.name === name)!.value];
  expect(value('embedding.weight')).toEqual(Array.from({ length: 15 }, (_, i) => i));
  expect(value('rnn.weight_ih_l0')).toEqual([1, 4, 2, 5, 3, 6]);
  expect(value('dense.bias')).toEqual([9]);
  expect(() => setParameters(network, [{ name: 'dense.bias', data: new Float64Array(2) }])).toThrow('dense.bias');
  expect(() => setParameters(network, [{ name: 'dense', data: new Float64Array(1) }])).toThrow('dense');
});

test('f32 and f64 agree: gradients of a full pass within 1e-5', () => {
  const gradients = (['f32', 'f64'] as const).map((dtype) => {
    const next = random(4);
    const network = createNetwork(describeNetwork(inputs[1], [16, 8], 'tanh'), dtype, T, B);
    const stream = randomStream(network.description, dtype, T, B, next, { resets: true });
    randomize(network, 0.3, next);
    fullBptt(network, stream, 'mean');
    return Float64Array.from(network.gradients);
  });
  expect(relativeError(gradients[0], gradients[1])).toBeLessThan(1e-5);
});

/** dL/d(outputs) of the injected steps [inject, end) at the outputs that the network holds, from the formula. */
function outputGradients(network: Network, stream: Stream, inject: number, end: number, divisor: number): Float64Array {
  const { outputs } = network.description;
  const d = new Float64Array(network.outputs.length);
  for (let row = inject * B; row < end * B; row++) {
    if (stream.mask?.[row] === 0) continue;
    const z = Array.from(network.outputs.subarray(row * outputs, (row + 1) * outputs));
    const sum = z.reduce((total, x) => total + Math.exp(x), 0);
    z.forEach((x, i) => {
      d[row * outputs + i] = (Math.exp(x) / sum - (stream.targets[row] === i ? 1 : 0)) / divisor;
    });
  }
  return d;
}

/**
 * The function whose exact gradient at today's parameters is BPTT with stored activations h̄:
 *   h_t = h̄_t + f'(h̄_t) ⊙ [a(θ, h_{t-1}) - a(today, h̄_{t-1})],   L = Σ dOutputs · (outputs of h_t with θ)
 */
function linearised(
  network: Network,
  stream: Stream,
  stored: Real[],
  today: Network,
  dOutputs: Float64Array,
  from: number,
  end: number,
): number {
  const product = (x: ArrayLike<number>, w: Real, n: number) =>
    Array.from({ length: n }, (_, j) => Array.from(x).reduce((sum, value, i) => sum + value * w[i * n + j], 0));
  const { outputs } = network.description;
  let total = 0;
  for (let b = 0; b < B; b++) {
    let h = network.layers.map(({ units }, l) =>
      Array.from(stored[l].subarray((from * B + b) * units, (from * B + b + 1) * units)),
    );
    for (let t = from; t < end; t++) {
      const at = t * B + b;
      const reset = stream.resets?.[at] === 1;
      let x: number[] = Array.from({ length: 5 }, (_, i) => (stream.inputs[at] === i ? 1 : 0));
      let xBar = x;
      h = network.layers.map(({ units, activation, v, w, b: bias }, l) => {
        const bar = (step: number) => stored[l].subarray((step * B + b) * units, (step * B + b + 1) * units);
        const zeros = new Float64Array(units);
        const theta = [product(x, v, units), product(reset ? zeros : h[l], w, units), bias];
        const base = [
          product(xBar, today.layers[l].v, units),
          product(reset ? zeros : bar(t), today.layers[l].w, units),
          today.layers[l].b,
        ];
        xBar = Array.from(bar(t + 1));
        x = xBar.map((y, i) => {
          const slope = { tanh: 1 - y * y, relu: Number(y > 0), identity: 1, softsign: (1 - Math.abs(y)) ** 2 }[
            activation
          ];
          return y + slope * theta.reduce((sum, part, k) => sum + part[i] - base[k][i], 0);
        });
        return x;
      });
      product(x, network.head.w, outputs).forEach((y, i) => {
        total += dOutputs[at * outputs + i] * (y + network.head.b[i]);
      });
    }
  }
  return total;
}
