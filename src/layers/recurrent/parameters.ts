// The parameters of a recurrent layer of any cell: names, shapes and initialisers.

import type { Signal } from '../../base/signal.ts';
import type { ParameterSpec } from '../contract.ts';
import { constant, zeros } from '../initializers.ts';
import type { Cell } from './cell.ts';
import type { RecurrentDescription } from './options.ts';

/** How the parameters of a layer in one direction are called, in PyTorch's way. */
export function recurrentName(layer: number, reverse: boolean): (part: string) => string {
  return (part) => `rnn.${part}_l${layer}${reverse ? '_reverse' : ''}`;
}

/** The full names of a layer's parameters, whether it has them or not: V, W, b and b_hn, peepholes, and those of normalisation. */
export type ParameterNames = ReturnType<typeof namesOf>;

function namesOf(name: (part: string) => string) {
  return {
    V: name('weight_ih'),
    W: name('weight_hh'),
    b: name('bias_ih'),
    bn: name('bias_hn'),
    p: name('peephole'),
    gainX: name('gain_ih'),
    gainH: name('gain_hh'),
    gainC: name('gain_c'),
    biasC: name('bias_c'),
  };
}

/** The parameters of a layer in one direction. `name` gives the full name of a part such as `weight_ih`. */
export function recurrentParameters(
  cell: Cell,
  description: RecurrentDescription,
  input: Signal,
  name: (part: string) => string,
): { readonly names: ParameterNames; readonly parameters: readonly ParameterSpec[] } {
  const names = namesOf(name);
  const own = [...weights(cell, description, input, names), ...biases(cell, description, names)];
  const more = [...peepholes(cell, description, names), ...norms(cell, description, names)];
  return { names, parameters: [...own, ...more] };
}

/** Blocks of columns side by side, where there are several. */
const gatesOf = ({ gates }: Cell) => (gates.length > 1 ? { gates } : {});
const vector = { rows: 1, transposed: false, kind: 'bias', role: 'bias' } as const;

/** V and W. */
function weights(
  cell: Cell,
  { units: H, inputInitializer, recurrentInitializer, weightDropout }: RecurrentDescription,
  input: Signal,
  names: ParameterNames,
): readonly ParameterSpec[] {
  const columns = cell.gates.length * H;
  const matrix = { columns, transposed: true, kind: 'weight', fan: H, ...gatesOf(cell) } as const;
  return [
    {
      ...matrix,
      name: names.V,
      rows: input.size,
      shape: [columns, input.size],
      role: 'kernel',
      initializer: inputInitializer,
      lookedUp: input.kind === 'tokens',
      overwritten: input.kind === 'features',
    },
    {
      ...matrix,
      ...(cell.diagonal ? { rows: 1, shape: [H], transposed: false } : { rows: H, shape: [columns, H] }),
      name: names.W,
      role: 'recurrent',
      initializer: recurrentInitializer,
      // With some weights dropped the product goes elsewhere first.
      overwritten: weightDropout === 0,
    },
  ];
}

/** b, and b_hn. */
function biases(
  cell: Cell,
  { units: H, biasInitializer }: RecurrentDescription,
  names: ParameterNames,
): readonly ParameterSpec[] {
  const after = cell.reset === 'after';
  const columns = cell.gates.length * H;
  const b: ParameterSpec = {
    ...vector,
    name: names.b,
    columns,
    shape: [columns],
    fan: H,
    initializer: biasInitializer,
    // Of PyTorch's two, that of the candidate stands apart.
    biasCounts: cell.gates.map((_, gate) => (after && gate === cell.gates.length - 1 ? 1 : 2)),
    ...gatesOf(cell),
    ...(cell.biasOffsets && { offsets: cell.biasOffsets }),
  };
  if (!after) return [b];
  // The candidate has a bias of its own beside: here is PyTorch's second, or nothing.
  const initializer = biasInitializer.kind === 'pytorch' ? biasInitializer : zeros();
  return [b, { ...vector, name: names.bn, columns: H, shape: [H], fan: H, initializer }];
}

function peepholes(
  cell: Cell,
  { units: H }: RecurrentDescription,
  { p: name }: ParameterNames,
): readonly ParameterSpec[] {
  if (!cell.peepholes) return [];
  const shape = { rows: 3, columns: H, shape: [3, H], transposed: false } as const;
  return [{ ...shape, name, kind: 'weight', role: 'recurrent', fan: H, initializer: zeros() }];
}

/** Gains and biases of layer normalisation. */
function norms(
  cell: Cell,
  { units: H, layerNorm }: RecurrentDescription,
  names: ParameterNames,
): readonly ParameterSpec[] {
  if (!layerNorm) return [];
  const columns = cell.gates.length * H;
  const gain = { ...vector, columns, shape: [columns], fan: H, initializer: constant(1), ...gatesOf(cell) };
  const ofGates = [
    { ...gain, name: names.gainX },
    { ...gain, name: names.gainH },
  ];
  if (cell.states.length === 1) return ofGates;
  const ofCell = { ...vector, columns: H, shape: [H], fan: H };
  return [
    ...ofGates,
    { ...ofCell, name: names.gainC, initializer: constant(1) },
    { ...ofCell, name: names.biasC, initializer: zeros() },
  ];
}
