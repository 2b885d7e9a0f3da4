// A window that can be looked into: what flows through each layer, forward and back.
import { LossWindow } from '../loss/loss-window.ts';
import type { LossName } from '../loss/losses.ts';
import { outputLosses } from '../loss/output-losses.ts';
import { type LayerNode, stackIn } from '../model/graph.ts';
import type { Network } from '../model/network.ts';
import type { Reals } from '../wasm/arena.ts';

export class Probe extends LossWindow {
  readonly #network: Network;
  /** The layers of the stack. */
  readonly #nodes: readonly LayerNode[];

  constructor(network: Network, steps: number, rows: number, loss: LossName = 'mean-squared-error') {
    const { graph } = network;
    // Overlapping: nothing that forward left is overwritten on the way back.
    const options = { gradients: true, overlapping: true };
    super(network, outputLosses('loss', graph, loss), { steps: [steps], rows }, options);
    this.#network = network;
    this.#nodes = stackIn(graph, 'diagnostics').nodes;
  }

  /** The outputs of a layer at a step, [B, size]. */
  outputAt(layer: number, step: number): Reals {
    const node = this.#nodes[layer]!;
    return this.#rows(this.node(node).result, step, node.output.size);
  }

  /** The gradients of the outputs of a layer at a step, as the last `backward` read them. */
  outputGradientAt(layer: number, step: number): Reals {
    return this.gradientAt(this.#nodes[layer]!, step);
  }

  /** The same of any layer of the graph. */
  gradientAt(node: LayerNode, step: number): Reals {
    return this.#rows(this.node(node).gradient, step, node.output.size);
  }

  /** A buffer of a layer at a step: of `blocks` blocks of `width` columns each, [B, blocks·width]. */
  bufferAt(layer: number, name: string, step: number, width: number, blocks = 1): Reals {
    const { arena, kernels, dtype } = this.#network;
    const { pointer, stride, ld } = this.bufferOf(this.#nodes[layer]!, name)!;
    const view = arena.reals(pointer + step * stride, this.rows * ld);
    const data =
      dtype === 'f32' ? new Float32Array(this.rows * blocks * width) : new Float64Array(this.rows * blocks * width);
    const padded = kernels.padded(width);
    for (let row = 0; row < this.rows; row++) {
      for (let block = 0; block < blocks; block++) {
        const start = row * ld + block * padded;
        data.set(view.subarray(start, start + width), (row * blocks + block) * width);
      }
    }
    return data;
  }

  /** Makes the gradient of the outputs at a step that of one output alone. */
  putOutputGradient(step: number, output: number): void {
    const { gradient, axis } = this.node(this.#network.graph.outputs[0]!);
    const { pointer, stride, ld } = gradient;
    const view = this.#network.arena.reals(pointer + (axis === undefined ? 0 : step * stride), this.rows * ld);
    view.fill(0);
    for (let row = 0; row < this.rows; row++) view[row * ld + output] = 1;
  }

  /** The state of a layer that a step starts from, for each of its parts, [B, H]. */
  stateAt(layer: number, step: number): readonly Reals[] {
    const { states } = this.node(this.#nodes[layer]!);
    return states.map(({ values, columns }) => this.#rows(values, step, columns));
  }

  /** The gradients of the states before the steps that `backward` went through last. */
  stateGradients(layer: number): readonly Reals[] {
    const { states } = this.node(this.#nodes[layer]!);
    return states.map(({ gradients, columns }) => this.#rows(gradients!, 0, columns));
  }

  /** Lets the next `backward` with `continuesFromLater` begin with these gradients of the states after its steps. */
  putStateGradients(layer: number, all: readonly Float64Array[]): void {
    const { states } = this.node(this.#nodes[layer]!);
    for (const [index, { gradients, columns }] of states.entries()) {
      const { pointer, ld } = gradients!;
      const view = this.#network.arena.reals(pointer, this.rows * ld);
      view.fill(0);
      for (let row = 0; row < this.rows; row++) {
        view.set(all[index]!.subarray(row * columns, (row + 1) * columns), row * ld);
      }
    }
  }

  #rows({ pointer, stride, ld }: { pointer: number; stride: number; ld: number }, step: number, width: number): Reals {
    const { arena, dtype } = this.#network;
    const view = arena.reals(pointer + step * stride, this.rows * ld);
    const data = dtype === 'f32' ? new Float32Array(this.rows * width) : new Float64Array(this.rows * width);
    for (let row = 0; row < this.rows; row++) data.set(view.subarray(row * ld, row * ld + width), row * width);
    return data;
  }
}
