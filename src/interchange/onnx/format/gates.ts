// How ONNX orders gates and numbers its activations, next to how this package does.

import type { Gate } from '../../../layers/contract.ts';
import type { Cell, Elsewhere } from '../../../layers/recurrent/cell.ts';
import type { Activation, GateActivation } from '../../../layers/recurrent/options.ts';

/** For each gate of the operator, its number here. */
export function gateOrder({ gates }: Cell, operator: Elsewhere): readonly number[] {
  return Array.from(operator.gates, (gate) => gates.indexOf(gate as Gate));
}

/** For each peephole of the operator, its number here: those of all gates but the candidate, in the order of the gates. */
export function peepholeOrder({ gates, candidate }: Cell, operator: Elsewhere): readonly number[] {
  const own = gates.filter((gate) => gate !== candidate);
  return Array.from(operator.gates.replace(candidate, ''), (gate) => own.indexOf(gate as Gate));
}

/** An activation of the recurrent operators, with the parameters that its name has there. */
export interface OperatorActivation {
  readonly name: string;
  readonly alpha?: number;
  readonly beta?: number;
}

export const operatorActivations: Readonly<Record<Activation | GateActivation, OperatorActivation>> = {
  tanh: { name: 'Tanh' },
  relu: { name: 'Relu' },
  identity: { name: 'Affine', alpha: 1, beta: 0 },
  softsign: { name: 'Softsign' },
  sigmoid: { name: 'Sigmoid' },
  'hard-sigmoid': { name: 'HardSigmoid', alpha: 1 / 6, beta: 0.5 },
  'hard-sigmoid-fifth': { name: 'HardSigmoid', alpha: 0.2, beta: 0.5 },
};

/** Blocks of `size` numbers in another order: block k of the result is block `order[k]` of `data`. */
export function reorder(data: ArrayLike<number>, order: readonly number[], size: number): Float64Array {
  const result = new Float64Array(data.length);
  for (const [to, from] of order.entries()) {
    for (let i = 0; i < size; i++) result[to * size + i] = data[from * size + i]!;
  }
  return result;
}

/** [rows, columns] as [columns, rows]. */
export function transpose(data: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const result = new Float64Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) result[c * rows + r] = data[r * columns + c]!;
  return result;
}

/** Several arrays one after the other. */
export function join(...parts: readonly ArrayLike<number>[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => Array.from(part)));
}
