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

/**
 * A matrix of a layer in a window.
 *
 * @param packed Where it is to be packed, 0 for nowhere.
 * @param gradients The block of gradients, 0 where there is none.
 */
export function bindWeight(network: Network, layer: Layer, name: string, packed: Pointer, gradients: Pointer): Weight {
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
    gradient: network.isFrozen(name) || gradients === 0 ? 0 : gradients + network.offset(name),
    shared: !isOverwritten(uses.get(name)!),
    turned,
  };
}
