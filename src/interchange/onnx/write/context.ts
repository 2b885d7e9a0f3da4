// What the parts of an export share.
import type { GraphBuilder, Value } from './builder.ts';

/** A parameter in the name and orientation that `Model.parameters` gives it. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

export interface GraphContext {
  readonly builder: GraphBuilder;
  /** The graph's input of valid steps, int32 [B], where it has one. */
  readonly lengths: Value | undefined;
  /** Bools [T,B,1], whether a step is valid, where there are lengths. */
  valid(): Value | undefined;
  /** B, as int64 [1]. */
  batch(): Value;
  /** The shape [T,1,1], as int64: what one output a row is expanded to. */
  everyStep(): Value;
}

/** One direction of a recurrent layer. */
export interface Direction {
  readonly reverse: boolean;
  /** A parameter by its part of the name, such as `weight_ih`. */
  parameter(part: string): Parameter;
  /** The graph's inputs of h, and of c of an LSTM, [B,H]; undefined where the state starts at zero, and h alone where c does. */
  readonly initial: readonly Value[] | undefined;
}

/** What a recurrent operator gives. */
export interface RecurrentResult {
  /** The outputs of all steps. */
  readonly y: Value;
  /** h after the last valid step, and c of an LSTM. */
  readonly last: readonly Value[];
}
