// A window that can be looked into: what flows through each layer, forward and back.
import { LossWindow } from '../loss/loss-window.ts';
import { type LossName, losses } from '../loss/losses.ts';
import type { Network } from '../model/network.ts';
import type { Reals } from '../wasm/arena.ts';

export class Probe extends LossWindow {
  readonly #network: Network;

  constructor(network: Network, steps: number, rows: number, loss: LossName = 'mean-squared-error') {
    // Overlapping: nothing that forward left is overwritten on the way back.
    super(network, losses[loss], steps, rows, { gradients: true, overlapping: true });
    this.#network = network;
  }

  /** The outputs of a layer at a step, [B, size]. */
  outputAt(layer: number, step: number): Reals {
    return this.#rows(this.resultOf(layer), step, this.#network.stack.layers[layer]!.output.size);
  }

  /** The gradients of the outputs of a layer at a step, as the last `backward` read them. */
  outputGradientAt(layer: number, step: number): Reals {
    return this.#rows(this.gradientOf(layer), step, this.#network.stack.layers[layer]!.output.size);
  }

  /** A buffer of a layer at a step: of `blocks` blocks of `width` columns each, [B, blocks·width]. */
  bufferAt(layer: number, name: string, step: number, width: number, blocks = 1): Reals {
    const { arena, kernels, dtype } = this.#network;
    const { pointer, stride, ld } = this.bufferOf(layer, name)!;
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
    const { pointer, stride, ld } = this.dOutput;
    const view = this.#network.arena.reals(pointer + step * stride, this.rows * ld);
    view.fill(0);
    for (let row = 0; row < this.rows; row++) view[row * ld + output] = 1;
  }

  /** The state of a layer that a step starts from, for each of its parts, [B, H]. */
  stateAt(layer: number, step: number): readonly Reals[] {
    const { layers } = this.#network.stack;
    return layers[layer]!.state.map((name) => this.bufferAt(layer, name, step, layers[layer]!.output.size));
  }

  /** The gradients of the states before the steps that `backward` went through last. */
  stateGradients(layer: number): readonly Reals[] {
    const { layers } = this.#network.stack;
    return layers[layer]!.state.map((name) => this.bufferAt(layer, `d${name}`, 0, layers[layer]!.output.size));
  }

  /** Lets the next `backward` that continues from later steps begin with these gradients of the states after its steps. */
  putStateGradients(layer: number, gradients: readonly Float64Array[]): void {
    const { layers } = this.#network.stack;
    const width = layers[layer]!.output.size;
    for (const [index, name] of layers[layer]!.state.entries()) {
      const { pointer, ld } = this.bufferOf(layer, `d${name}`)!;
      const view = this.#network.arena.reals(pointer, this.rows * ld);
      view.fill(0);
      for (let row = 0; row < this.rows; row++) {
        view.set(gradients[index]!.subarray(row * width, (row + 1) * width), row * ld);
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
