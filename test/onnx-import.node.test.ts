// ONNX import: what this package wrote comes back, what PyTorch and Keras wrote computes what they compute, the rest is refused.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { importOnnx } from '../src/onnx/index.ts';

const TOLERANCE = 1e-5;

/** A model of another framework, and what it computes. */
interface Case {
  readonly name: string;
  readonly onnx: string;
  readonly steps: number;
  readonly rows: number;
  readonly batchFirst: boolean;
  readonly tokens: boolean;
  readonly inputs: readonly number[];
  readonly states: readonly (readonly number[])[];
  readonly shape: readonly number[];
  readonly outputs: readonly number[];
}

const read = (file: string): readonly Case[] =>
  JSON.parse(readFileSync(new URL(`fixtures/${file}`, import.meta.url), 'utf8'));
const bytesOf = ({ onnx }: Case) => Uint8Array.from(Buffer.from(onnx, 'base64'));

/** [B,T,...] as [T,B,...] and back, `width` numbers for each place. */
function swap(values: readonly number[], outer: number, inner: number, width: number): number[] {
  return Array.from({ length: values.length }, (_, i) => {
    const [place, rest] = [Math.floor(i / width), i % width];
    const [a, b] = [Math.floor(place / outer), place % outer];
    return values[(b * inner + a) * width + rest]!;
  });
}

function worst(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[i]!)), 0);
}

const softmax = (row: readonly number[]) => {
  const exponentials = row.map((value) => Math.exp(value - Math.max(...row)));
  return exponentials.map((value) => value / exponentials.reduce((a, b) => a + b, 0));
};
const heads = {
  logits: (row: readonly number[]) => row,
  softmax,
  'log-softmax': (row: readonly number[]) => softmax(row).map(Math.log),
  sigmoid: (row: readonly number[]) => row.map((value) => 1 / (1 + Math.exp(-value))),
};

describe.each([['PyTorch', 'onnx-pytorch.json']] as const)('models of %s give its outputs to 1e-5', (_, file) => {
  it.each(read(file).map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    const { model, output, batchFirst } = await importOnnx(bytesOf(one));
    const { steps, rows, tokens } = one;
    const width = one.inputs.length / steps / rows;
    const ordered = one.batchFirst ? swap(one.inputs, rows, steps, width) : one.inputs;
    const inputs = tokens ? Int32Array.from(ordered) : Float32Array.from(ordered);
    // PyTorch keeps h of all layers in one array, then c.
    const H = model.zeroState(1).layers[0]?.length ?? 1;
    const layers = (one.states[0]?.length ?? 0) / rows / H;
    const state = Array.from({ length: layers }, (__, layer) =>
      one.states.map((values) => Float32Array.from(values.slice(layer * rows * H, (layer + 1) * rows * H))),
    ).flat();
    const result = model.forward({ steps, rows, inputs }, layers > 0 ? { rows, layers: state } : undefined);
    const O = one.shape.at(-1)!;
    const shown = Array.from({ length: result.outputs.length / O }, (__, row) =>
      heads[output](Array.from(result.outputs.slice(row * O, (row + 1) * O))),
    ).flat();
    const expected = one.batchFirst && one.shape.length === 3 ? swap(one.outputs, rows, steps, O) : one.outputs;
    expect(worst(shown, expected)).toBeLessThan(TOLERANCE);
    if (steps > 1) expect(batchFirst).toBe(one.batchFirst);
  });
});
