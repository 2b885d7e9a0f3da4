// Windows: saved and gone on from, moved along, and what they hold of resets and padding.
import { describe, expect, it } from 'vitest';
import type { Input } from '../../src/data/batch.ts';
import { StateWriter } from '../../src/formats/record.ts';
import { StateReader } from '../../src/formats/state-reader.ts';
import { createModel, dense, dropout, elman, features, lstm } from '../../src/index.ts';
import type { Network } from '../../src/model/network.ts';
import { Window } from '../../src/model/window.ts';
import { windowBytes } from '../../src/model/window-memory.ts';
import { FEATURES, makeBatch, numbers } from '../support/models.ts';

const create = () =>
  createModel([features(FEATURES), elman({ units: 3 }), lstm({ units: 2 }), dense({ units: 4 })], { seed: 3 });
const last = ({ graph }: Network) => graph.outputs[0]!;
const T = 9;
const B = 2;
const plain = makeBatch('features', { T, B, seed: 5 });
const inputs: readonly (readonly [string, Input])[] = [
  ['whole', plain],
  ['with resets', makeBatch('features', { T, B, seed: 5, resets: true })],
  ['with lengths', { ...plain, lengths: [T, 4] }],
];

const savedOf = (out: StateWriter) =>
  new StateReader(out.values, new Map(out.tensors.map((tensor) => [tensor.name, tensor])), 'file');

describe.each(inputs)('a window, %s', (_, input) => {
  it('computes in parts, and in fewer steps than there are, what it computes at once', async () => {
    const { network } = await create();
    const whole = new Window(network, { steps: [T], rows: B });
    whole.start();
    expect(whole.append(input, 0, T)).toBe(0);
    whole.forward(0, T);
    const expected = whole.outputs(last(network), 0, T);
    for (const capacity of [3, 4, T, T + 5]) {
      const window = new Window(network, { steps: [capacity], rows: B });
      window.start();
      const got: number[] = [];
      for (let from = 0; from < T; from += 3) {
        const at = window.append(input, from, from + 3);
        expect(at).toBe(Math.min(from, capacity - 3));
        expect(window.filled).toBe(Math.min(from + 3, capacity));
        window.forward(at, window.filled);
        got.push(...window.outputs(last(network), at, window.filled));
      }
      expect(got).toEqual([...expected]);
      expect(window.state()).toEqual(whole.state());
      window.release();
    }
  });

  it('is gone on from where it was saved', async () => {
    const { network } = await create();
    const options = { gradients: true, training: true, overlapping: true };
    const window = new Window(network, { steps: [6], rows: B }, options);
    window.start();
    window.append(input, 0, 5);
    window.forward(0, 5);
    for (const steps of [0, 2, 5, 9]) {
      const out = new StateWriter();
      window.save(out, steps);
      expect(out.values).toEqual({ rows: B, steps: Math.min(steps, 5) });
      const other = new Window(network, { steps: [6], rows: B }, options);
      other.load(savedOf(out));
      expect(other.filled).toBe(Math.min(steps, 5));
      expect(other.state()).toEqual(window.state());
      if (steps > 0)
        expect(other.outputs(last(network), 0, other.filled)).toEqual(
          window.outputs(last(network), 5 - other.filled, 5),
        );
      const again = new StateWriter();
      other.save(again, steps);
      expect([again.values, again.tensors]).toEqual([out.values, out.tensors]);
      const at = other.append(input, 5, 8);
      other.forward(at, other.filled);
      const whole = new Window(network, { steps: [T], rows: B });
      whole.start();
      whole.append(input, 0, 8);
      whole.forward(0, 8);
      expect(other.outputs(last(network), at, other.filled)).toEqual(whole.outputs(last(network), 5, 8));
      whole.release();
      other.release();
    }
  });
});

describe('a window', () => {
  it('refuses what was saved of more steps than it has room for', async () => {
    const { network } = await create();
    const options = { gradients: true, overlapping: true };
    const window = new Window(network, { steps: [6], rows: B }, options);
    window.start();
    window.append(plain, 0, 6);
    window.forward(0, 6);
    const out = new StateWriter();
    window.save(out.part('window'), 6);
    const small = new Window(network, { steps: [5], rows: B }, options);
    expect(() => small.load(savedOf(out).part('window'))).toThrow(
      'file, window.steps: expected a whole number, at least 0 and at most 5, got 6',
    );
  });

  it('begins anew at start: nothing of resets, padding and states is left', async () => {
    const model = await create();
    const window = new Window(model.network, { steps: [T], rows: B }, { fixed: true });
    const outputsOf = (input: Input) => {
      window.start();
      window.append(input, 0, input.steps);
      window.forward(0, input.steps);
      return window.outputs(last(model.network), 0, input.steps);
    };
    const first = outputsOf(plain);
    for (const [, input] of inputs) {
      outputsOf(input);
      expect(outputsOf(plain)).toEqual(first);
    }
    expect(first).toEqual(model.forward(plain).outputs);
  });

  it('names the first layer that is not finite', async () => {
    const model = await create();
    const window = new Window(model.network, { steps: [T], rows: B });
    window.start();
    window.append(plain, 0, T);
    model.setParameter('dense.weight', new Float32Array(8).fill(3e38));
    model.setParameter('dense.bias', new Float32Array(4).fill(3e38));
    window.forward(0, T);
    expect(window.firstNonFinite(0, T)).toMatch(/^layer 2 \(dense\)$/);
    const good = new Window((await create()).network, { steps: [T], rows: B });
    good.start();
    good.append(plain, 0, T);
    good.forward(0, T);
    expect(good.firstNonFinite(0, T)).toBe('layer 2 (dense)');
  });

  it('takes the bytes that it says, and gives them back', async () => {
    const { network } = await create();
    for (const options of [{}, { fixed: true }, { gradients: true }, { gradients: true, overlapping: true }]) {
      const bytes = windowBytes(network, { steps: [50], rows: 8 }, options);
      const before = network.arena.allocate(64);
      network.arena.release(before, 64);
      if ('gradients' in options) network.gradients;
      const start = network.arena.allocate(64);
      network.arena.release(start, 64);
      const window = new Window(network, { steps: [50], rows: 8 }, options);
      const behind = network.arena.allocate(64);
      expect(behind - start).toBe(bytes);
      network.arena.release(behind, 64);
      window.release();
      const again = network.arena.allocate(64);
      expect(again).toBe(start);
      network.arena.release(again, 64);
    }
    const wide = (options: object) => windowBytes(network, { steps: [50], rows: 8 }, options);
    expect(wide({ gradients: true })).toBeGreaterThan(wide({}));
    expect(wide({ gradients: true, overlapping: true })).toBeGreaterThanOrEqual(wide({ gradients: true }));
  });

  it('draws masks for new steps alone, each layer its own', async () => {
    const layers = [dropout({ rate: 0.5 }), dropout({ rate: 0.5 }), dense({ units: 4 })];
    const { network } = await createModel([features(FEATURES), ...layers], { seed: 3 });
    const next = numbers(1);
    const input = { steps: 40, rows: 1, inputs: Float32Array.from({ length: 40 * FEATURES }, () => 1 + next()) };
    const outputsOf = (...cuts: readonly number[]) => {
      const window = new Window(network, { steps: [40], rows: 1 }, { training: true });
      window.start();
      let from = 0;
      for (const to of cuts) {
        const at = window.append(input, from, to);
        window.draw(at, { seed: [1, 2], batch: 0, window: 0, step: from });
        window.forward(at, to);
        from = to;
      }
      const outputs = window.outputs(last(network), 0, 40);
      window.release();
      return outputs;
    };
    expect(outputsOf(40)).toEqual(outputsOf(13, 40));
  });
});
