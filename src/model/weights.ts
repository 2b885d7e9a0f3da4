// Matrices as products see them: where they lie, whether they are packed, and what becomes of their gradients.
import type { BufferSpec, Layer, ParameterSpec, ParameterUse, Weight } from '../layers/contract.ts';
import type { Pointer } from '../wasm/kernels.ts';
import { rowLength } from '../wasm/layout.ts';
import type { Network } from './network.ts';
import { isOverwritten } from './parameter-uses.ts';

interface Factor {
  readonly spec: ParameterSpec;
  readonly use: ParameterUse;
  /** A tied matrix may lie the other way round. */
  readonly turned: boolean;
}

/** The matrices that a layer reads. */
function factorsOf({ parameters, tied = [] }: Layer): readonly Factor[] {
  return [...parameters.map((spec) => ({ spec, use: spec.use, turned: false })), ...tied];
}

export function packedName(parameter: string): string {
  return `packed ${parameter}`;
}

/** Room for the matrices of a layer in the order in which products read them. */
export function packedBuffers(layer: Layer): readonly BufferSpec[] {
  const products = factorsOf(layer).filter(({ use }) => use === 'product' || use === 'products');
  return products.map(({ spec: { name, rows, columns, gates }, turned }) => ({
    name: packedName(name),
    extent: 'fixed',
    rows: turned ? columns : rows,
    columns: turned ? rows : columns,
    gates: gates?.length ?? 1,
    type: 'real',
    kept: false,
  }));
}

/** Where a window has room for a matrix of a layer; 0 for nowhere. */
export interface WeightPlaces {
  /** In the order in which products read it. */
  readonly packed: Pointer;
  /** For what a layer that does not own it makes of its gradient. */
  readonly tied: Pointer;
  /** The block of gradients. */
  readonly gradients: Pointer;
}

/** A matrix of a layer in a window. */
export function bindWeight(
  network: Network,
  layer: Layer,
  name: string,
  { packed, tied, gradients }: WeightPlaces,
): Weight {
  const { kernels, parameters, uses } = network;
  const { spec, turned } = factorsOf(layer).find((factor) => factor.spec.name === name)!;
  const pointer = parameters + network.offset(name);
  if (packed !== 0) {
    const gates = spec.gates?.length ?? 1;
    const width = rowLength(kernels, spec.columns, gates);
    // All gates side by side are one matrix, each padded on its own.
    const columns = gates === 1 ? spec.columns : width;
    if (turned) kernels.packB(packed, pointer, columns, spec.rows, width, true);
    else kernels.packB(packed, pointer, spec.rows, columns, width, false);
  }
  return {
    pointer,
    packed,
    gradient: network.isFrozen(name) || gradients === 0 ? 0 : tied || gradients + network.offset(name),
    shared: !isOverwritten(uses.get(name)!),
    turned,
  };
}
