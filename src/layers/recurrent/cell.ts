// What a cell is to everything around it. Each says it once, in its own file: elman.ts, lstm.ts, gru.ts.
import type { numberedCells } from '../../wasm/recurrent-plan.ts';
import type { Gate, LayerKind } from '../contract.ts';
import type { Activation, GateActivation, RecurrentDescription } from './options.ts';

/** What tells one cell from another. */
export interface Cell {
  /** As the kernels call it. */
  readonly kernel: (typeof numberedCells)[number];
  /** The blocks of columns of V, W and b, in PyTorch's order; a cell without gates has one, `h`. */
  readonly gates: readonly Gate[];
  /** What it carries from step to step; h, which comes first, is its output. */
  readonly states: readonly ['h'] | readonly ['h', 'c'];
  readonly activation: Activation;
  readonly gateActivation: GateActivation;
  /**
   * Where a reset gate stands, in cells that have one: `after` the product of W and state in the candidate, the last gate, and then
   * that product has a bias of its own, b_hn; or `before` it.
   */
  readonly reset?: 'after' | 'before';
  /** What is added to the initial biases of each gate. */
  readonly biasOffsets?: readonly number[];
  readonly peepholes?: boolean;
  /** The factor of Ω. */
  readonly vanishing?: number;
}

/** A kind of recurrent layer, which can also run from the last step to the first. */
export interface RecurrentKind<Description extends RecurrentDescription & { readonly kind: string }>
  extends LayerKind<Description> {
  cell(description: Description): Cell;
}
