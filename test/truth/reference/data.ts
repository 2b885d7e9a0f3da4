// Seeded numbers for the tests and benches of the reference: nothing here is part of the mathematics.

import type { Description, Network, Stream } from './network.ts';
import { type DType, type Real, zeros } from './real.ts';

/** Uniform numbers in [0, 1) from a 32-bit seed: mulberry32 (Tommy Ettinger, public domain). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}

/** Uniform in [-limit, limit). */
export function randomReals(dtype: DType, length: number, limit: number, next: () => number): Real {
  const x = zeros(dtype, length);
  for (let i = 0; i < length; i++) x[i] = (2 * next() - 1) * limit;
  return x;
}

/** Uniform in [0, size). */
export function randomTokens(length: number, size: number, next: () => number): Int32Array {
  return Int32Array.from({ length }, () => Math.floor(next() * size));
}

/** 1 with the given probability. */
export function randomFlags(length: number, probability: number, next: () => number): Uint8Array {
  return Uint8Array.from({ length }, () => (next() < probability ? 1 : 0));
}

/** A stream that fits the description; a mask counts about two steps in three, resets come at about one step in five. */
export function randomStream(
  { input, loss, outputs }: Description,
  dtype: DType,
  steps: number,
  batch: number,
  next: () => number,
  { mask = false, resets = false } = {},
): Stream {
  const rows = steps * batch;
  const targets =
    loss === 'cross-entropy'
      ? randomTokens(rows, outputs, next)
      : randomReals(dtype, rows * outputs, 0.5, next).map((x) => x + 0.5);
  return {
    inputs:
      input.kind === 'features' ? randomReals(dtype, rows * input.size, 1, next) : randomTokens(rows, input.size, next),
    targets,
    mask: mask ? randomFlags(rows, 0.67, next) : null,
    resets: resets ? randomFlags(rows, 0.2, next) : null,
  };
}

/** Parameters uniform in [-limit, limit), and with `states` the carried states too. */
export function randomize(network: Network, limit: number, next: () => number, states = false): void {
  const { parameters, layers, batch } = network;
  for (let i = 0; i < parameters.length; i++) parameters[i] = (2 * next() - 1) * limit;
  if (!states) return;
  for (const { h, units } of layers) {
    for (let i = 0; i < batch * units; i++) h[i] = (2 * next() - 1) * 0.5;
  }
}
