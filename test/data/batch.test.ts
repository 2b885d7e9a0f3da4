// What a batch must be, against what a model reads and a loss compares with.
import { describe, expect, test } from 'vitest';
import { type Batch, checkBatch } from '../../src/data/batch.ts';
import { codeOf } from '../support/error-code.ts';

const tokens = { kind: 'tokens', size: 5 } as const;
const features = { kind: 'features', size: 3 } as const;

/** T = 2, B = 2. */
const ofTokens: Batch = {
  steps: 2,
  rows: 2,
  inputs: new Int32Array([0, 1, 2, 4]),
  targets: new Int32Array([4, 3, 2, 0]),
  resets: new Uint8Array([0, 1, 0, 1]),
  lengths: [1, 2],
  mask: new Uint8Array([1, 1, 0, 1]),
  carry: true,
};
const ofFeatures: Batch = { steps: 2, rows: 2, inputs: new Float32Array(12), targets: new Float64Array(12) };

const check = (batch: unknown, kind: 'tokens' | 'features' = 'tokens', last = false, dtype: 'f32' | 'f64' = 'f32') => {
  const signal = kind === 'tokens' ? tokens : features;
  const clock = { kind: 'steps', name: kind } as const;
  const output = last ? ({ kind: 'row', name: 'row' } as const) : clock;
  const model = {
    clocks: [clock],
    inputs: [{ name: undefined, signal, clock }],
    outputs: [{ name: undefined, signal, clock: output }],
  };
  checkBatch('batch', batch as Batch, model, dtype);
};
const messageOf = (run: () => void) => {
  expect(codeOf(run)).toMatch(/^(invalid-argument|invalid-shape|token-out-of-range|non-finite|unknown-option)$/);
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing thrown';
};

describe('checkBatch', () => {
  test('takes whole batches, of tokens and of features', () => {
    check(ofTokens);
    check({ ...ofTokens, lengths: new Int32Array([2, 1]), carry: false });
    check(ofFeatures, 'features');
    check({ ...ofFeatures, resets: undefined, lengths: undefined, mask: undefined, carry: undefined }, 'features');
  });

  test('takes one target and one weight a row for a model with one output a row', () => {
    const { mask, ...rest } = ofTokens;
    check({ ...rest, targets: new Int32Array(2) }, 'tokens', true);
    check({ ...ofFeatures, targets: new Float32Array(6) }, 'features', true);
    check({ ...rest, targets: new Int32Array(2), mask: Float32Array.of(0, 2.5) }, 'tokens', true);
    expect(messageOf(() => check({ ...rest, targets: new Int32Array(2), mask }, 'tokens', true))).toBe(
      'batch.mask: expected 2 elements for [B=2], got 4',
    );
  });

  test.each<[string, object, string]>([
    ['an unknown field', { masks: 1 }, '"masks"'],
    ['no steps', { steps: 0 }, 'batch.steps: expected an integer >= 1, got 0'],
    ['no rows', { rows: 0 }, 'batch.rows: expected an integer >= 1, got 0'],
    ['a token too large', { inputs: new Int32Array([0, 1, 5, 0]) }, 'batch.inputs[2]: expected'],
    ['too few tokens', { inputs: new Int32Array(3) }, 'batch.inputs: expected'],
    ['too few tokens, by shape', { inputs: new Int32Array(3) }, '[T=2, B=2]'],
    ['a class too large', { targets: new Int32Array([0, 1, 0, 5]) }, 'batch.targets[3]: expected'],
    ['too few classes', { targets: new Int32Array(2) }, 'batch.targets: expected'],
    ['too few classes, by shape', { targets: new Int32Array(2) }, '[T=2, B=2]'],
    ['a reset that is no flag', { resets: new Uint8Array([0, 2, 0, 0]) }, 'batch.resets[1]: expected'],
    ['too few resets', { resets: new Uint8Array(3) }, 'batch.resets: expected'],
    ['too few resets, by shape', { resets: new Uint8Array(3) }, '[T=2, B=2]'],
    ['lengths that are no numbers', { lengths: 'ab' }, 'batch.lengths: expected'],
    ['too few lengths', { lengths: [1] }, 'batch.lengths: expected'],
    ['too few lengths, by shape', { lengths: [1] }, '[B=2]'],
    ['a length of 0', { lengths: [2, 0] }, 'batch.lengths[1]: expected an integer >= 1 and <= 2, got 0'],
    ['a length beyond T', { lengths: [3, 1] }, 'batch.lengths[0]: expected an integer >= 1 and <= 2, got 3'],
    ['a mask that is no flag', { mask: new Uint8Array([1, 1, 3, 1]) }, 'batch.mask[2]: expected'],
    ['too short a mask', { mask: new Uint8Array(3) }, 'batch.mask: expected'],
    ['too short a mask, by shape', { mask: new Uint8Array(3) }, '[T=2, B=2]'],
    ['a carry that is no boolean', { carry: 1 }, 'batch.carry: expected'],
  ])('refuses %s', (_, change, message) => {
    expect(messageOf(() => check({ ...ofTokens, ...change }))).toContain(message);
  });

  test.each<[string, object, string]>([
    ['too few features', { inputs: new Float32Array(11) }, 'batch.inputs: expected'],
    ['too few features, by shape', { inputs: new Float32Array(11) }, '[T=2, B=2, F=3]'],
    ['features that are no array', { inputs: 'abc' }, 'batch.inputs: expected'],
    ['too few reals', { targets: new Float32Array(11) }, 'batch.targets: expected'],
    ['too few reals, by shape', { targets: new Float32Array(11) }, '[T=2, B=2, O=3]'],
  ])('refuses %s', (_, change, message) => {
    expect(messageOf(() => check({ ...ofFeatures, ...change }, 'features'))).toContain(message);
  });

  test('refuses numbers that f32 cannot hold, and takes them in f64', () => {
    const inputs = new Float64Array(12);
    inputs[11] = 1e39;
    const large = { ...ofFeatures, inputs };
    check(large, 'features', false, 'f64');
    expect(codeOf(() => check(large, 'features'))).toBe('non-finite');
    expect(messageOf(() => check(large, 'features'))).toBe(
      'batch.inputs[11]: expected a number that is finite in f32, got 1e+39',
    );
    inputs[11] = 3e38;
    check(large, 'features');
  });

  test.each([Number.NaN, Infinity])('refuses %d in every dtype', (number) => {
    for (const Kind of [Float32Array, Float64Array]) {
      const targets = new Kind(12);
      targets[4] = number;
      for (const dtype of ['f32', 'f64'] as const) {
        expect(messageOf(() => check({ ...ofFeatures, targets }, 'features', false, dtype))).toContain(
          'batch.targets[4]: expected',
        );
      }
    }
  });
});
