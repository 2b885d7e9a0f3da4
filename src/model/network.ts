// A network in memory: its layers, a kernel instance of its own, and the blocks of parameters and gradients.
// Everything that computes works on this; the public face is model.ts.

import { Dropped } from '../base/dropped.ts';
import type { Dtype } from '../base/dtype.ts';
import { BpttError } from '../base/errors.ts';
import { boolean, type Checked, type Options, oneOf, optional, such, withDefault } from '../base/fields.ts';
import type { StateSpec } from '../layers/contract.ts';
import { Arena } from '../wasm/arena.ts';
import type { Kernels, Pointer, Variant, WasmModule } from '../wasm/kernels.ts';
import { instantiate, isKernelSource, type KernelSource, loadModule } from '../wasm/load.ts';
import type { Team } from '../wasm/threads/team.ts';
import { gradientFlow } from './gradient-flow.ts';
import { GradientParts, type Part } from './gradient-parts.ts';
import type { Graph, LayerNode } from './graph.ts';
import { type ParameterLayout, planParameters } from './parameter-layout.ts';
import { isOverwritten, type ParameterUses, usesOf } from './parameter-uses.ts';
import { loadSkipping } from './skipping.ts';
import { type StateNames, stateNames } from './state-names.ts';

export const engineFields = {
  /** What the model computes in. Default `f32`; `f64` is for checks. */
  dtype: withDefault(oneOf<Dtype>('f32', 'f64'), 'f32'),
  /** Fused multiply-add where the engine has it (relaxed SIMD, f32 only): faster, not the same bits everywhere. Default false. */
  relaxed: withDefault(boolean, false),
  /**
   * How many threads compute together: this one and others that are started with the model, or `auto`: as many as the machine has cores.
   * The bits are those of one thread. Default 1.
   */
  threads: withDefault(
    such<number | 'auto'>(
      "a whole number from 1 to 13, or 'auto'",
      // As many as a team has room for: assembly/threads/team.ts.
      (value) => value === 'auto' || (Number.isInteger(value) && value > 0 && value < 14),
    ),
    1,
  ),
  /** Kernels to use instead of those inside the package. They must be of the same version and dtype. */
  kernels: optional(
    such<KernelSource>(
      '{ module: WebAssembly.Module }, { bytes: BufferSource } or { url: string | URL }',
      isKernelSource,
    ),
  ),
};

/** What a model computes in: precision, fused multiply-add, threads, and where its kernels come from. */
export interface EngineOptions extends Options<typeof engineFields> {}

/** What a network computes with. */
export interface Engine extends Checked<typeof engineFields> {}

export class Network {
  readonly graph: Graph;
  readonly engine: Engine;
  readonly module: WasmModule;
  readonly kernels: Kernels;
  readonly dtype: Dtype;
  readonly arena: Arena;
  /** Where each parameter lies in a block; gradients and optimizer slots are blocks of the same layout. */
  readonly layout: ParameterLayout;
  readonly parameters: Pointer;
  /** Where gradients may be other than zero since the last `clearGradients`. */
  readonly gradientParts: GradientParts;
  readonly uses: ParameterUses;
  /** The states that go from step to step and from window to window, from the input on. */
  readonly states: readonly (StateSpec & { readonly owner: string })[];
  readonly stateNames: StateNames;
  /** How often parameters were set from outside. */
  edits = 0;
  /** Whether a training has begun and not ended. */
  beingTrained = false;
  /** What iterators that nobody reads any more have taken. */
  readonly dropped = new Dropped();
  #gradients: Pointer | undefined;
  #frozen: ReadonlySet<string> = new Set();
  #flow!: ReadonlySet<number>;

  constructor(graph: Graph, module: WasmModule, engine: Engine, kernels: Kernels = instantiate(module)) {
    this.graph = graph;
    this.module = module;
    this.kernels = kernels;
    this.engine = engine;
    this.dtype = engine.dtype;
    this.arena = new Arena(kernels);
    this.layout = planParameters(
      kernels,
      graph.layers.map(({ layer }) => layer),
    );
    this.parameters = this.arena.allocate(this.layout.bytes);
    this.uses = usesOf(graph);
    this.gradientParts = new GradientParts(this.layout, this.uses, kernels.realBytes());
    this.states = graph.layers.flatMap(({ owner, layer: { states } }) =>
      states.filter(({ carried }) => carried).map((state) => ({ ...state, owner })),
    );
    this.stateNames = stateNames(graph);
    this.freeze([]);
  }

  /** The layers that gradients go back through: those with something to learn, and those after them. */
  get flow(): ReadonlySet<number> {
    return this.#flow;
  }

  /** The parameters that have no gradient. */
  get frozen(): ReadonlySet<string> {
    return this.#frozen;
  }

  isFrozen(parameter: string): boolean {
    return this.#frozen.has(parameter);
  }

  /** From now on these parameters, and statistics, alone have no gradient. Windows that are there already must not be used after. */
  freeze(parameters: readonly string[]): void {
    const before = this.#frozen;
    const statistics = this.layout.entries.flatMap(({ spec }) => (spec.kind === 'statistic' ? spec.name : []));
    this.#frozen = new Set([...parameters, ...statistics]);
    this.#flow = gradientFlow(this.graph, this.#frozen);
    // What is left there is nobody's gradient, and what layers add to that of a frozen bias nobody reads.
    for (const name of [...before, ...this.#frozen]) this.#clear(name);
    const entries = this.layout.entries.filter(({ spec }) => this.#frozen.has(spec.name));
    this.gradientParts.freeze(entries.map(({ spec }) => this.part(spec.name)));
  }

  #clear(parameter: string): void {
    if (this.#gradients === undefined) return;
    const { offset, bytes } = this.#entry(parameter);
    this.arena.octets(this.#gradients + offset, bytes).fill(0);
  }

  /** Where a parameter is in each block, counted in reals. */
  part(name: string): Part {
    const { offset, bytes } = this.#entry(name);
    const real = this.kernels.realBytes();
    return { offset: offset / real, count: bytes / real };
  }

  /** The block of gradients; allocated when it is first asked for, so that a network that only runs has none. */
  get gradients(): Pointer {
    this.#gradients ??= this.arena.allocate(this.layout.bytes);
    return this.#gradients;
  }

  /** Sets gradients to zero: all of them, or those that backward adds to and does not overwrite. Frozen vectors have some that nobody reads. */
  clearGradients(which: 'all' | 'added'): void {
    const real = this.kernels.realBytes();
    for (const { offset, count } of which === 'all' ? this.gradientParts.list : this.gradientParts.added) {
      this.kernels.clear(this.gradients + offset * real, count);
    }
  }

  /** Sets to zero those that the backward of a layer overwrites. */
  clearOverwritten({ layer: { parameters } }: LayerNode): void {
    for (const { spec, offset, bytes } of this.layout.entries) {
      if (!parameters.includes(spec) || !isOverwritten(this.uses.get(spec.name)!)) continue;
      this.arena.octets(this.gradients + offset, bytes).fill(0);
    }
  }

  /** The offset of a parameter in each block. */
  offset(name: string): number {
    return this.#entry(name).offset;
  }

  #entry(name: string): ParameterLayout['entries'][number] {
    const entry = this.layout.entries.find(({ spec }) => spec.name === name);
    if (entry === undefined) throw new Error(`no parameter ${name}`);
    return entry;
  }
}

/** A network of a description with all parameters zero. */
export async function createNetwork(graph: Graph, engine: Engine): Promise<Network> {
  const { dtype, relaxed } = engine;
  if (relaxed && dtype !== 'f32') {
    throw new BpttError('invalid-argument', `createModel.relaxed: expected dtype 'f32' with it, got '${dtype}'`);
  }
  const [module, team] = await Promise.all([
    loadModule(variantOf(engine), engine.kernels),
    startTeam(engine, graph),
    loadSkipping(graph),
    ...graph.layers.flatMap(({ layer }) => [layer.load?.(), layer.companion?.load(dtype)]),
  ]);
  const network = new Network(graph, module, engine, team?.kernels);
  team?.attach(network.arena);
  if (network.kernels.realBytes() === (dtype === 'f32' ? 4 : 8)) return network;
  throw new BpttError('invalid-argument', `createModel.kernels: expected kernels of ${dtype}, got another precision`);
}

/** The threads that compute together, where several are asked for. */
async function startTeam(engine: Engine, { layers }: Graph): Promise<Team | undefined> {
  if (engine.threads === 1) return undefined;
  const { chooseTeam } = await import('../wasm/threads/choose-team.ts');
  const parameters = layers.flatMap(({ layer }) => layer.parameters);
  return chooseTeam(variantOf(engine), engine, parameters);
}

/** Which kernels these are. */
export function variantOf({ dtype, relaxed }: Pick<Engine, 'dtype' | 'relaxed'>): Variant {
  return relaxed ? 'f32-relaxed' : dtype;
}

/** @throws BpttError where the network is read in whole sequences, and `whole` says why, which `what` does not allow. */
export function refuseWhole({ graph }: Network, what: string, advice: string, whole = graph.whole): void {
  if (whole === undefined) return;
  throw new BpttError(
    'invalid-argument',
    `${what}: expected a model whose outputs depend on earlier steps alone, got one in which ${whole}; ${advice}`,
  );
}
