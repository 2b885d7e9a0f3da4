// Rows of tokens that a model reads one step at a time, each step's logits in memory for whoever chooses what comes next.

import { BpttError } from '../base/errors.ts';
import type { BoundNode } from '../model/bound-nodes.ts';
import { checkModel } from '../model/check-model.ts';
import { stackIn } from '../model/graph.ts';
import type { Model } from '../model/model.ts';
import { type Network, refuseWhole } from '../model/network.ts';
import type { State } from '../model/state.ts';
import { Window } from '../model/window.ts';
import type { Pointer } from '../wasm/kernels.ts';

/** Prompts are read this many steps at a time. */
const CHUNK = 32;

/**
 * How many tokens a model reads and speaks.
 *
 * @throws BpttError when it does not map tokens to logits over the same tokens, or reads steps on both sides.
 */
export function vocabularySize(where: string, model: Model): number {
  checkModel(where, model);
  const { network } = model;
  const { input, layers } = stackIn(network.graph, where);
  const { size } = layers.at(-1)!.output;
  if (input.kind !== 'tokens' || input.size !== size) {
    const reads = `${input.size} ${input.kind}`;
    throw new BpttError(
      'invalid-shape',
      `${where}: expected a model with as many outputs as tokens, got one that reads ${reads} and gives ${size} outputs`,
    );
  }
  refuseWhole(network, where, 'it cannot give one token at a time');
  return size;
}

export class TokenWindow {
  readonly rows: number;
  readonly #window: Window;
  readonly #output: BoundNode['result'];
  readonly #bytesPerRow: number;
  readonly #next: { readonly steps: 1; readonly rows: number; readonly inputs: Int32Array };

  /** Starts at `state`, which was checked, by default zero. `longest`: the most steps that are ever read at once. */
  constructor(network: Network, rows: number, longest: number, state: State | undefined) {
    this.rows = rows;
    this.#window = new Window(network, { steps: [Math.min(CHUNK, longest)], rows }, { fixed: true });
    this.#output = this.#window.node(network.graph.outputs[0]!).result;
    this.#bytesPerRow = this.#output.ld * network.kernels.realBytes();
    this.#next = { steps: 1, rows, inputs: new Int32Array(rows) };
    this.#window.restore(state);
  }

  /** The tokens that `step` reads, one a row. */
  get next(): Int32Array {
    return this.#next.inputs;
  }

  /** Reads `next`. */
  step(): void {
    const at = this.#window.append(this.#next, 0, 1);
    this.#window.forward(at, at + 1);
  }

  /** Reads tokens [steps,B]. */
  read(inputs: Int32Array, steps: number): void {
    const input = { steps, rows: this.rows, inputs };
    for (let from = 0; from < steps; from += CHUNK) {
      const at = this.#window.append(input, from, Math.min(from + CHUNK, steps));
      this.#window.forward(at, this.#window.filled);
    }
  }

  /** Where the logits of a row after the last step are. */
  logits(row: number): Pointer {
    const { pointer, stride } = this.#output;
    return pointer + (this.#window.filled - 1) * stride + row * this.#bytesPerRow;
  }

  /** A copy of the state that the next step would start from. */
  state(): State {
    return this.#window.state();
  }

  /** Goes on from another state. */
  restore(state: State): void {
    this.#window.restore(state);
  }

  /** Gives the memory back. */
  release(): void {
    this.#window.release();
  }
}
