// A network in memory: its layers, a kernel instance of its own, and the blocks of parameters and gradients.
// Everything that computes works on this; the public face is model.ts.
import type { Dtype } from '../base/dtype.ts';
import { BpttError } from '../base/errors.ts';
import { boolean, type Checked, type Options, oneOf, optional, such, withDefault } from '../base/fields.ts';
import type { Layer } from '../layers/contract.ts';
import type { Stack } from '../layers/registry.ts';
import { Arena } from '../wasm/arena.ts';
import type { Kernels, Pointer, Variant } from '../wasm/kernels.ts';
import { instantiate, type KernelSource, loadModule } from '../wasm/load.ts';
import { GradientParts } from './gradient-parts.ts';
import { type ParameterLayout, planParameters } from './parameter-layout.ts';

export const engineFields = {
  /** What the model computes in. Default `f32`; `f64` is for checks. */
  dtype: withDefault(oneOf<Dtype>('f32', 'f64'), 'f32'),
  /** Fused multiply-add where the engine has it (relaxed SIMD, f32 only): faster, not the same bits everywhere. Default false. */
  relaxed: withDefault(boolean, false),
  /** Kernels to use instead of those inside the package. They must be of the same version and dtype. */
  kernels: optional(
    such<KernelSource>('an object with module, bytes or url', (value) =>
      ['module', 'bytes', 'url'].some((name) => Object.hasOwn(Object(value), name)),
    ),
  ),
};

export interface EngineOptions extends Options<typeof engineFields> {}

/** What a network computes with. */
export interface Engine extends Checked<typeof engineFields> {}

export class Network {
  readonly stack: Stack;
  readonly engine: Engine;
  readonly kernels: Kernels;
  readonly dtype: Dtype;
  readonly arena: Arena;
  /** Where each parameter lies in a block; gradients and optimizer slots are blocks of the same layout. */
  readonly layout: ParameterLayout;
  readonly parameters: Pointer;
  /** Where gradients may be other than zero since the last `clearGradients`. */
  readonly gradientParts: GradientParts;
  /** The widths of the states between steps, one per recurrent layer. */
  readonly stateWidths: readonly number[];
  #gradients: Pointer | undefined;

  constructor(stack: Stack, kernels: Kernels, engine: Engine) {
    this.stack = stack;
    this.kernels = kernels;
    this.engine = engine;
    this.dtype = engine.dtype;
    this.arena = new Arena(kernels);
    this.layout = planParameters(kernels, stack.layers);
    this.parameters = this.arena.allocate(this.layout.bytes);
    this.gradientParts = new GradientParts(this.layout, this.layout.count, kernels.realBytes());
    this.stateWidths = stack.layers.flatMap((layer) =>
      layer.state.map((name) => layer.buffers.find((buffer) => buffer.name === name)!.columns),
    );
  }

  /** The block of gradients; allocated when it is first asked for, so that a network that only runs has none. */
  get gradients(): Pointer {
    this.#gradients ??= this.arena.allocate(this.layout.bytes);
    return this.#gradients;
  }

  /** Sets gradients to zero: all of them, or those that backward adds to and does not overwrite. */
  clearGradients(which: 'all' | 'added'): void {
    const real = this.kernels.realBytes();
    for (const { offset, count } of which === 'all' ? this.gradientParts.list : this.gradientParts.added) {
      this.arena.octets(this.gradients + offset * real, count * real).fill(0);
    }
  }

  /** Sets those of a layer to zero. */
  clearGradientsOf({ parameters }: Layer): void {
    for (const { offset, bytes } of this.layout.entries.filter(({ spec }) => parameters.includes(spec))) {
      this.arena.octets(this.gradients + offset, bytes).fill(0);
    }
  }

  /** The offset of a parameter in each block. */
  offset(name: string): number {
    const entry = this.layout.entries.find(({ spec }) => spec.name === name);
    if (entry === undefined) throw new Error(`no parameter ${name}`);
    return entry.offset;
  }
}

/** A network of a description with all parameters zero. */
export async function createNetwork(stack: Stack, engine: Engine): Promise<Network> {
  const { dtype, relaxed } = engine;
  if (relaxed && dtype !== 'f32') {
    throw new BpttError('invalid-argument', `createModel.relaxed: expected dtype 'f32' with it, got '${dtype}'`);
  }
  const kernels = instantiate(await loadModule(variantOf(engine), engine.kernels));
  if (kernels.realBytes() !== (dtype === 'f32' ? 4 : 8)) {
    throw new BpttError('invalid-argument', `createModel.kernels: expected kernels of ${dtype}, got another precision`);
  }
  return new Network(stack, kernels, engine);
}

/** Which kernels these are. */
export function variantOf({ dtype, relaxed }: Pick<Engine, 'dtype' | 'relaxed'>): Variant {
  return relaxed ? 'f32-relaxed' : dtype;
}

/** @throws BpttError when a layer of the network reads steps on both sides, which `what` does not allow. */
export function refuseBothDirections(network: Network, what: string, advice: string): void {
  const index = network.stack.layers.findIndex(({ reads }) => reads === 'both');
  if (index < 0) return;
  const { kind } = network.stack.description[index + 1]!;
  throw new BpttError(
    'invalid-argument',
    `${what}: expected a model whose outputs depend on earlier steps alone, got layer ${index} (${kind}), which also reads later ones; ${advice}`,
  );
}
