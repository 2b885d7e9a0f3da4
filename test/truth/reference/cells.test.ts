// LSTM, GRU, both directions and lengths of the reference: forward against the formulas, one scalar at a time, and gradients
// against finite differences in f64, full and truncated.

import { describe, expect, test } from 'vitest';
import type { Activation, GateActivation } from './activations.ts';
import { fullBptt, truncatedBptt } from './bptt.ts';
import { random, randomize, randomStream } from './data.ts';
import { counted, createNetwork, forward, type LayerDescription, loss, type Network, type Stream } from './network.ts';
import type { Real } from './real.ts';

const T = 6;
const B = 4;
const O = 3;
const LENGTHS = Int32Array.of(6, 1, 4, 5);

const cells: Readonly<Record<string, Omit<LayerDescription, 'units'>>> = {
  elman: {},
  lstm: { cell: 'lstm' },
  'lstm with peepholes': { cell: 'lstm', peepholes: true },
  'lstm, softsign, hard sigmoid, peepholes': {
    cell: 'lstm',
    activation: 'softsign',
    gateActivation: 'hard-sigmoid',
    peepholes: true,
  },
  'lstm, identity': { cell: 'lstm', activation: 'identity' },
  gru: { cell: 'gru' },
  'gru, relu': { cell: 'gru', activation: 'relu' },
  'gru, softsign, hard sigmoid': { cell: 'gru', activation: 'softsign', gateActivation: 'hard-sigmoid' },
  'gru, reset before': { cell: 'gru-before' },
  indrnn: { cell: 'indrnn' },
  'indrnn, softsign': { cell: 'indrnn', activation: 'softsign' },
  'gru, reset before, hard sigmoid': { cell: 'gru-before', gateActivation: 'hard-sigmoid' },
  'lstm, hard sigmoid of 1/5': { cell: 'lstm', gateActivation: 'hard-sigmoid-fifth' },
};
const inputs = [
  { kind: 'tokens', size: 5 },
  { kind: 'embedding', size: 5, width: 3 },
  { kind: 'features', size: 2 },
] as const;
/** With each input once, and tokens twice. */
const rows: [string, { resets: boolean; lengths: boolean }, (typeof inputs)[number]][] = [
  ['rows of T steps', { resets: false, lengths: false }, inputs[0]],
  ['resets', { resets: true, lengths: false }, inputs[1]],
  ['lengths', { resets: false, lengths: true }, inputs[2]],
  ['resets and lengths', { resets: true, lengths: true }, inputs[0]],
];

function example(
  layers: LayerDescription[],
  input: (typeof inputs)[number],
  { resets, lengths }: { resets: boolean; lengths: boolean },
): { network: Network; stream: Stream } {
  const next = random(6);
  const network = createNetwork({ input, layers, outputs: O, loss: 'cross-entropy' }, 'f64', T, B);
  const stream = randomStream(network.description, 'f64', T, B, next, { mask: true, resets });
  randomize(network, 0.9, next, true);
  return { network, stream: { ...stream, lengths: lengths ? LENGTHS : null } };
}

const phis: Record<Activation, (x: number) => number> = {
  tanh: (x) => (Math.exp(2 * x) - 1) / (Math.exp(2 * x) + 1),
  relu: (x) => (x > 0 ? x : 0),
  identity: (x) => x,
  softsign: (x) => x / (1 + Math.abs(x)),
};
const sigmas: Record<GateActivation, (x: number) => number> = {
  sigmoid: (x) => Math.exp(x) / (1 + Math.exp(x)),
  'hard-sigmoid': (x) => (x <= -3 ? 0 : x >= 3 ? 1 : x / 6 + 0.5),
  'hard-sigmoid-fifth': (x) => (x <= -2.5 ? 0 : x >= 2.5 ? 1 : 0.2 * x + 0.5),
};

interface Memory {
  h: number[];
  c: number[];
}

/** One step of one row: the state after it. */
function step(
  { units: H, cell = 'elman', activation = 'tanh', gateActivation = 'sigmoid', peepholes }: LayerDescription,
  parameter: (name: string) => Real,
  x: number[],
  { h, c }: Memory,
): Memory {
  const gates = { elman: 1, lstm: 4, gru: 3, 'gru-before': 3, indrnn: 1 }[cell];
  const phi = phis[activation];
  const sigma = sigmas[gateActivation];
  const v = parameter('weight_ih');
  const w = parameter('weight_hh');
  const fromInput = (gate: number, i: number) =>
    x.reduce((sum, value, k) => sum + value * v[k * gates * H + gate * H + i], 0) + parameter('bias_ih')[gate * H + i];
  const fromState = (gate: number, i: number, state = h) =>
    state.reduce((sum, value, k) => sum + value * w[k * gates * H + gate * H + i], 0);
  const units = Array.from({ length: H }, (_, i) => i);
  if (cell === 'elman') return { h: units.map((i) => phi(fromInput(0, i) + fromState(0, i))), c };
  if (cell === 'indrnn') return { h: units.map((i) => phi(fromInput(0, i) + w[i] * h[i])), c };
  if (cell === 'lstm') {
    const peep = (gate: number, i: number) => (peepholes ? parameter('peephole')[gate * H + i] : 0);
    const own = units.map((i) => {
      const a = (gate: number) => fromInput(gate, i) + fromState(gate, i);
      const cell = sigma(a(1) + peep(1, i) * c[i]) * c[i] + sigma(a(0) + peep(0, i) * c[i]) * phi(a(2));
      return { c: cell, h: sigma(a(3) + peep(2, i) * cell) * phi(cell) };
    });
    return { h: own.map((unit) => unit.h), c: own.map((unit) => unit.c) };
  }
  const r = units.map((i) => sigma(fromInput(0, i) + fromState(0, i)));
  const z = units.map((i) => sigma(fromInput(1, i) + fromState(1, i)));
  const reset = h.map((value, i) => r[i] * value);
  const n = units.map((i) =>
    cell === 'gru'
      ? phi(fromInput(2, i) + r[i] * (fromState(2, i) + parameter('bias_hn')[i]))
      : phi(fromInput(2, i) + fromState(2, i, reset)),
  );
  return { h: units.map((i) => (1 - z[i]) * n[i] + z[i] * h[i]), c };
}

/** Outputs of the valid steps of each row, and the last states of the layers with one direction: each row alone. */
function naive(network: Network, stream: Stream) {
  const { input, layers } = network.description;
  const all = (name: string) => network.named.find((parameter) => parameter.name === name)!.value;
  return Array.from({ length: B }, (_, b) => {
    const length = stream.lengths?.[b] ?? T;
    let xs = Array.from({ length }, (_, t): number[] => {
      const at = t * B + b;
      if (input.kind === 'features') return [...stream.inputs.subarray(at * input.size, (at + 1) * input.size)];
      const token = stream.inputs[at];
      if (input.kind === 'tokens') return Array.from({ length: input.size }, (_, i) => Number(i === token));
      return [...all('embedding.weight').subarray(token * input.width, (token + 1) * input.width)];
    });
    const starts = xs.map((_, t) => stream.resets?.[t * B + b] === 1);
    const states: Memory[] = [];
    layers.forEach((layer, l) => {
      const zero = Array.from({ length: layer.units }, () => 0);
      const carried = ({ h, c }: { h: Real; c: Real }): Memory => {
        const row = (x: Real) => [...x.subarray(b * layer.units, (b + 1) * layer.units)];
        return { h: row(h), c: row(c) };
      };
      const run = (end: string, state: Memory, order: number[], begins: (t: number) => boolean) => {
        const ys: number[][] = [];
        for (const t of order) {
          const before = begins(t) ? { h: zero, c: zero } : state;
          state = step(layer, (name) => all(`rnn.${name}_l${l}${end}`), xs[t], before);
          ys[t] = state.h;
        }
        return { ys, state };
      };
      const order = xs.map((_, t) => t);
      const { both } = network.layers[l];
      const there = run('', carried(network.layers[l]), order, (t) => starts[t]);
      if (both === null) {
        states[l] = there.state;
        xs = there.ys;
      } else {
        // In reverse, a sequence begins before the step at which the next one starts.
        const back = run('_reverse', carried(both.reverse), order.toReversed(), (t) => starts[t + 1] === true);
        xs = there.ys.map((y, t) =>
          both.merge === 'concat' ? [...y, ...back.ys[t]] : y.map((value, i) => value + back.ys[t][i]),
        );
      }
    });
    const w = all('dense.weight');
    const outputs = xs.map((x) =>
      Array.from(all('dense.bias'), (bias, i) => x.reduce((sum, value, k) => sum + value * w[k * O + i], bias)),
    );
    return { outputs, states };
  });
}

function expectForward(network: Network, stream: Stream): void {
  const want = naive(network, stream);
  forward(network, stream, 0, T);
  for (const [b, { outputs, states }] of want.entries()) {
    for (const [t, row] of outputs.entries()) {
      for (const [i, y] of row.entries()) {
        expect(Math.abs(network.outputs[(t * B + b) * O + i] - y), `${t} ${b}`).toBeLessThan(1e-13);
      }
    }
    for (const [l, { h, c }] of states.entries()) {
      const layer = network.layers[l];
      const at = (T * B + b) * layer.units;
      for (const [i, y] of h.entries()) expect(Math.abs(layer.h[at + i] - y)).toBeLessThan(1e-13);
      if (layer.c.length > 0)
        for (const [i, y] of c.entries()) expect(Math.abs(layer.c[at + i] - y)).toBeLessThan(1e-13);
    }
  }
}

/** The derivative of f at x[i] for every i, by central differences of fourth order: error about h⁴ f⁽⁵⁾ + 1e-16 f / h. */
function differences(x: Real, f: () => number, h: number): Float64Array {
  const slope = (value: number, i: number, step: number) => {
    x[i] = value + step;
    const above = f();
    x[i] = value - step;
    const below = f();
    x[i] = value;
    return (above - below) / (2 * step);
  };
  return Float64Array.from(x, (value, i) => (4 * slope(value, i, h / 2) - slope(value, i, h)) / 3);
}

function expectClose(gradient: Real, f: () => number, x: Real, name: string, h: number): void {
  const numeric = differences(x, f, h);
  const norm = Math.hypot(...numeric);
  expect(norm, name).toBeGreaterThan(1e-6);
  // Besides, what rounding of f does to differences.
  expect(Math.hypot(...gradient.map((g, i) => g - numeric[i])), name).toBeLessThan(1e-7 * norm + 1e-15 / h);
}

/** A width of differences: narrow where the second derivative jumps, wide elsewhere, as rounding counts for less. */
function widthFor({ activation = 'tanh', gateActivation = 'sigmoid' }: Omit<LayerDescription, 'units'>): number {
  return (activation === 'tanh' || activation === 'identity') && gateActivation === 'sigmoid' ? 1e-3 : 1e-4;
}

/** All parameters, and the carried states. */
function expectGradients(network: Network, stream: Stream): void {
  const h = widthFor(network.description.layers[0]);
  const value = fullBptt(network, stream, 'mean');
  const gradients = network.named.map(({ gradient }) => gradient.slice());
  const states = network.layers.map(({ dcarry, dcarryC }) => [dcarry.slice(), dcarryC.slice()]);
  const count = counted(stream, B, T)!.reduce((sum, flag) => sum + flag, 0);
  const objective = () => {
    forward(network, stream, 0, T);
    return loss(network, stream, 0, T, 0) / count;
  };
  expect(objective()).toBe(value);
  for (const [i, { name, value }] of network.named.entries()) expectClose(gradients[i], objective, value, name, h);
  for (const [l, { h: state, c, units }] of network.layers.entries()) {
    expectClose(states[l][0], objective, state.subarray(0, B * units), `h of layer ${l}`, h);
    if (c.length > 0) expectClose(states[l][1], objective, c.subarray(0, B * units), `c of layer ${l}`, h);
  }
}

describe.each(Object.entries(cells))('%s', (_, cell) => {
  const stacks: [string, LayerDescription[]][] = [
    [
      'two layers',
      [
        { units: 4, ...cell },
        { units: 3, ...cell },
      ],
    ],
    [
      'both directions, side by side and added',
      [
        { units: 2, ...cell, merge: 'concat' },
        { units: 3, ...cell, merge: 'sum' },
      ],
    ],
  ];
  describe.each(stacks)('%s', (_, layers) => {
    test.each(rows)('%s: forward is the formulas, gradients are finite differences < 1e-7', (_, options, input) => {
      const { network, stream } = example(layers, input, options);
      expectForward(network, stream);
      expectGradients(network, stream);
    });
  });

  test.each(rows)('truncated, %s: the gradient of the surrogate in which older states are constant', (_, options) => {
    for (const [k1, k2] of [
      [2, 3],
      [3, 3],
      [4, 2],
    ] as const) {
      const { network, stream } = example([{ units: 3, ...cell }], inputs[0], options);
      let windows = 0;
      truncatedBptt(network, stream, { k1, k2 }, 'mean', ({ from, inject, end, divisor }) => {
        const gradients = network.gradients.slice();
        const surrogate = () => {
          forward(network, stream, from, end);
          return loss(network, stream, inject, end, 0) / divisor;
        };
        if (gradients.some((g) => g !== 0)) {
          expectClose(gradients, surrogate, network.parameters, `${from} to ${end}`, widthFor(cell));
          windows++;
        }
        surrogate();
      });
      expect(windows).toBeGreaterThan(1);
    }
  });
});

test('a layer in both directions refuses windows that begin later', () => {
  const layers = [{ units: 2, merge: 'sum' as const }];
  const { network, stream } = example(layers, inputs[0], { resets: false, lengths: false });
  expect(() => truncatedBptt(network, stream, { k1: 3, k2: 3 }, 'mean', () => {})).toThrow('whole sequences');
});
