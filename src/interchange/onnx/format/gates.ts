// How ONNX orders gates and numbers its activations, next to how this package does.

import type { Cell } from '../../../layers/recurrent/cell.ts';
import type { Activation, GateActivation } from '../../../layers/recurrent/options.ts';

/** The operator of a cell. */
export const operators = { elman: 'RNN', lstm: 'LSTM', gru: 'GRU', 'gru-before': 'GRU' } as const;

/** For each gate of the operator, its number here: LSTM has i, o, f, c there and i, f, g, o here, GRU z, r, h and r, z, n. */
export const gateOrders: Readonly<Record<Cell['kernel'], readonly number[]>> = {
  elman: [0],
  lstm: [0, 3, 1, 2],
  gru: [1, 0, 2],
  'gru-before': [1, 0, 2],
};

/** Peepholes: i, o, f there and i, f, o here. */
export const peepholeOrder: readonly number[] = [0, 2, 1];

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
