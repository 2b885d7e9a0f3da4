// The parameters of a recurrent layer of any cell: names, shapes and initialisers.

import type { Signal } from '../../base/signal.ts';
import type { Gate, ParameterSpec } from '../contract.ts';
import { constant, zeros } from '../initializers.ts';
import type { Activation, GateActivation, RecurrentDescription } from './options.ts';

/** What tells one cell from another. */
export interface Cell {
  /** A GRU resets `before` or after the product with W. */
  readonly kind: 'elman' | 'lstm' | 'gru' | 'gru-before';
  /** In PyTorch's order; none for a cell without gates. */
  readonly gates: readonly Gate[];
  readonly activation: Activation;
  readonly gateActivation: GateActivation;
  /** What is added to the initial biases of each gate. */
  readonly biasOffsets?: readonly number[];
  readonly peepholes?: boolean;
  /** The factor of Ω. */
  readonly vanishing?: number;
}

/** How the parameters of a layer in one direction are called, in PyTorch's way. */
export function recurrentName(layer: number, reverse: boolean): (part: string) => string {
  return (part) => `rnn.${part}_l${layer}${reverse ? '_reverse' : ''}`;
}

/** The parameters of a layer in one direction. `name` gives the full name of a part such as `weight_ih`. */
export function recurrentParameters(
  cell: Cell,
  description: RecurrentDescription,
  input: Signal,
  name: (part: string) => string,
) {
  const H = description.units;
  const lstm = cell.kind === 'lstm';
  const after = cell.kind === 'gru';
  const G = Math.max(1, cell.gates.length);
  const gates = cell.gates.length === 0 ? {} : { gates: cell.gates };
  const names = {
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

  const matrix = { columns: G * H, transposed: true, kind: 'weight', fan: H, ...gates } as const;
  const vector = { rows: 1, transposed: false, kind: 'bias', role: 'bias', fan: H } as const;
  const parameters: ParameterSpec[] = [
    {
      ...matrix,
      name: names.V,
      rows: input.size,
      shape: [G * H, input.size],
      role: 'kernel',
      initializer: description.inputInitializer,
      lookedUp: input.kind === 'tokens',
      overwritten: input.kind === 'features',
    },
    {
      ...matrix,
      name: names.W,
      rows: H,
      shape: [G * H, H],
      role: 'recurrent',
      initializer: description.recurrentInitializer,
      // With some weights dropped the product goes elsewhere first.
      overwritten: description.weightDropout === 0,
    },
    {
      ...vector,
      name: names.b,
      columns: G * H,
      shape: [G * H],
      initializer: description.biasInitializer,
      // Of PyTorch's two, one of a GRU's n stands apart.
      biasCounts: after ? [2, 2, 1] : Array.from({ length: G }, () => 2),
      ...gates,
      ...(cell.biasOffsets && { offsets: cell.biasOffsets }),
    },
  ];
  if (after) {
    // n has a bias of its own beside: here is PyTorch's second, or nothing.
    const initializer = description.biasInitializer.kind === 'pytorch' ? description.biasInitializer : zeros();
    parameters.push({ ...vector, name: names.bn, columns: H, shape: [H], initializer });
  }
  if (cell.peepholes) {
    parameters.push({
      name: names.p,
      rows: 3,
      columns: H,
      shape: [3, H],
      transposed: false,
      kind: 'weight',
      role: 'recurrent',
      fan: H,
      initializer: zeros(),
    });
  }

  if (description.layerNorm) {
    const gain = { ...vector, columns: G * H, shape: [G * H], initializer: constant(1), ...gates };
    const ofCell = { ...vector, columns: H, shape: [H] };
    parameters.push({ ...gain, name: names.gainX }, { ...gain, name: names.gainH });
    if (lstm) {
      parameters.push({ ...ofCell, name: names.gainC, initializer: constant(1) });
      parameters.push({ ...ofCell, name: names.biasC, initializer: zeros() });
    }
  }

  return { names, parameters: parameters as readonly ParameterSpec[] };
}
