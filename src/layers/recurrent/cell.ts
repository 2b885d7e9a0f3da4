// What a cell is to everything around it. Each says it once, in its own file (elman.ts, lstm.ts, gru.ts, indrnn.ts); cells.ts lists them.
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
  /** Of the candidate, and of what leaves the cell. */
  readonly activation: Activation;
  readonly gateActivation: GateActivation;
  /** The gate that is no gate: what could be written. */
  readonly candidate: Gate;
  /**
   * Where a reset gate stands, in cells that have one: `after` the product of W and state in the candidate, the last gate, and then
   * that product has a bias of its own, b_hn; or `before` it.
   */
  readonly reset?: 'after' | 'before';
  /** What is added to the initial biases of each gate. */
  readonly biasOffsets?: readonly number[];
  /** W is a diagonal matrix, of which there is the diagonal alone, [H]. */
  readonly diagonal?: boolean;
  readonly peepholes?: boolean;
  /** The factor of Ω. */
  readonly vanishing?: number;
}

/** The values that options of a cell have in another library, where there is no choice or less. */
export type Only = Readonly<Record<string, readonly unknown[]>>;

/** The cell in another library. */
export interface Elsewhere {
  /** What it is called there: Keras's class, ONNX's operator. */
  readonly name: string;
  /** The gates in the order of that library. */
  readonly gates: string;
  readonly only?: Only;
  /** Its flags: the option that each stands for, and the option's values where the flag is off and on. */
  readonly flags?: Readonly<Record<string, readonly [option: string, off: unknown, on: unknown]>>;
}

/** A kind of recurrent layer, which can also run from the last step to the first. */
export interface RecurrentKind<Description extends RecurrentDescription & { readonly kind: string }>
  extends LayerKind<Description> {
  cell(description: Description): Cell;
  /** Backward takes slopes from this state as it is after the step: where zoneout mixes it outside of training they are lost. */
  readonly slopesFrom?: 'hidden' | 'cell';
  /** In PyTorch, whose order of gates is that of this package; a cell that is not there says nothing, here and below. */
  readonly pytorch?: Only;
  readonly keras?: Elsewhere;
  /** In ONNX, with the options that its activations f, g and h are. */
  readonly onnx?: Elsewhere & { readonly functions: readonly ('activation' | 'gateActivation')[] };
}
