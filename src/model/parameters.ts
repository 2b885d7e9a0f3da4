// Blocks of memory that hold one number for each parameter, as people and files see them: by name, in PyTorch's orientation.

import type { StateWriter } from '../formats/record.ts';
import type { StateReader } from '../formats/state-reader.ts';
import type { Reals } from '../wasm/arena.ts';
import type { Pointer } from '../wasm/kernels.ts';
import type { Network } from './network.ts';
import { eachElement, type ParameterLayout } from './parameter-layout.ts';

/** A parameter as it is seen from outside: a copy, in PyTorch's name and orientation. */
export interface Parameter {
  /** As PyTorch calls it, such as `rnn.weight_hh_l0`; of an entry with a name that comes first. */
  readonly name: string;
  /** As PyTorch has it: [outputs, inputs] of a dense layer, [gates · H, I] of a recurrent one. */
  readonly shape: readonly number[];
  /** A copy of the numbers, row by row: changing it changes no model; `setParameter` does. */
  readonly data: Reals;
}

type Entry = ParameterLayout['entries'][number];

/** Copies of all that a block holds: parameters, gradients, or what an optimizer knows of each. */
export function readBlock(network: Network, block: Pointer): readonly Parameter[] {
  return network.layout.entries.map((entry) => readEntry(network, block, entry));
}

function readEntry({ kernels, arena, dtype }: Network, block: Pointer, { spec, offset, bytes }: Entry): Parameter {
  const { name, rows, columns, shape } = spec;
  const view = arena.reals(block + offset, bytes / kernels.realBytes());
  const data = dtype === 'f32' ? new Float32Array(rows * columns) : new Float64Array(rows * columns);
  eachElement(spec, kernels, (inside, outside) => {
    data[outside] = view[inside]!;
  });
  return { name, shape, data };
}

/** Writes one parameter's numbers into a block. Does not check them. */
export function writeEntry(
  { kernels, arena }: Network,
  block: Pointer,
  { spec, offset, bytes }: Entry,
  data: ArrayLike<number>,
): void {
  const view = arena.reals(block + offset, bytes / kernels.realBytes());
  eachElement(spec, kernels, (inside, outside) => {
    view[inside] = data[outside]!;
  });
}

/** Writes what a block holds, by name. */
export function saveBlock(network: Network, block: Pointer, out: StateWriter): void {
  for (const { name, data, shape } of readBlock(network, block)) out.tensor(name, data, shape);
}

/** The inverse of `saveBlock`. */
export function loadBlock(network: Network, block: Pointer, saved: StateReader): void {
  for (const [index, { name, data }] of readBlock(network, block).entries()) {
    saved.tensor(name, data);
    writeEntry(network, block, network.layout.entries[index]!, data);
  }
}
