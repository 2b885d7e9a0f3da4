// What a task is: data without end, and a look at what a network has learned of it.
import type { Batch, InputDescription, LossName, Model } from 'bptt';

/** A text that the network wrote. */
export interface WrittenText {
  readonly kind: 'text';
  /** What it was given to begin with. */
  readonly prompt: string;
  readonly text: string;
}

/** Sequences with what was expected and what the network answered. */
export interface Answers {
  readonly kind: 'answers';
  readonly rows: readonly {
    readonly sequence: string;
    readonly expected: string;
    readonly answer: string;
    readonly right: boolean;
  }[];
  /** Share of all test sequences that are right. */
  readonly right: number;
}

/** A curve that the network goes on drawing from its own predictions. */
export interface Curve {
  readonly kind: 'curve';
  /** What the curve is. */
  readonly truth: readonly number[];
  /** What the network says, as long as `truth`; undefined where it only reads. */
  readonly prediction: readonly (number | undefined)[];
}

/** What a network makes of a task, to show. */
export type Outcome = WrittenText | Answers | Curve;

export interface Task {
  readonly input: InputDescription;
  /** O. */
  readonly outputs: number;
  readonly loss: LossName;
  /** The test loss of the best answer that looks at no input. */
  readonly baseline: number;
  /** Data to learn from, each time the same: without end, or of one epoch. */
  readonly data: Iterable<Batch>;
  /** What is never learned from. */
  readonly test: Batch;
  /** One sequence of the test, of B = 1: what the views look into. */
  readonly probe: Batch;
  /** What each step of the probe reads, to write beside it. */
  readonly labels: readonly string[];
  /** What the network makes of it now. The temperature matters where it writes; default: that of the settings. */
  outcome(model: Model, temperature?: number): Outcome;
}
