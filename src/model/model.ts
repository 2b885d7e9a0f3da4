// A model as people see it: a description, parameters by name, and outputs. Training is in train.ts.

import { checkArray, checkInteger, checkLegible, show } from '../base/check.ts';
import type { Dtype } from '../base/dtype.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, integer, type Options, withDefault } from '../base/fields.ts';
import { checkInput, type GraphInput, stepsOf } from '../data/batch.ts';
import type { LayerKind } from '../layers/contract.ts';
import { kindsFields, kindsOf } from '../layers/describe.ts';
import type { ModelDescription } from '../layers/registry.ts';
import type { Reals } from '../wasm/arena.ts';
import { createGraph } from './create-graph.ts';
import { readingsOf } from './graph.ts';
import { initializeParameter } from './initialize-parameter.ts';
import { createNetwork, type Engine, type EngineOptions, engineFields, type Network } from './network.ts';
import { type Parameter, readBlock, writeEntry } from './parameters.ts';
import { type State, zeroState } from './state.ts';
import { summaryOf } from './summary.ts';
import { Window } from './window.ts';

const fields = {
  /** A whole number from 0 to 2^53 - 1 that fixes the initial parameters. Default 0, which is a seed like any other. */
  seed: withDefault(integer({ min: 0 }), 0),
  ...kindsFields,
};

export interface ModelOptions extends EngineOptions, Options<typeof fields> {}

/** Outputs of `forward` and the state that the next steps start from. */
export interface ForwardResult {
  /** [T,B,O], or [1,B,O] with `returns: 'last'`: what the last layer gives, before softmax or sigmoid; of several outputs the first. */
  readonly outputs: Reals;
  /**
   * Every output by the name of its entry, in the order of the description: [T,B,O] with T of its own time axis, [B,O] of one output a row.
   * The only output of a model may have no name, and is called `output` then.
   */
  readonly named: Readonly<Record<string, Reals>>;
  readonly state: State;
}

/**
 * Creates a model from its description: what it reads (`tokens` or `features`), then its layers. Awaits the kernels once;
 * everything after is synchronous.
 *
 * A layer reads the entry before it, unless its `from` names another; a recurrent one starts from zero, unless its `start` names an entry
 * whose last states, or one output a row, are its first. Further inputs may stand anywhere among the layers. What nobody reads is an output;
 * of several inputs and outputs each needs a `name`, by which batches, losses and results have it.
 *
 * @example
 * const model = await createModel([tokens(65), elman({ units: 128 }), dense({ units: 65 })], { seed: 1 });
 *
 * @example
 * const translator = await createModel([
 *   tokens(800, { name: 'source' }), lstm({ units: 64, name: 'encoder' }),
 *   tokens(600, { name: 'target' }), lstm({ units: 64, start: 'encoder' }), dense({ units: 600, name: 'next' }),
 * ]);
 *
 * @throws BpttError for a wrong description or option, and `unsupported-engine` without WebAssembly SIMD.
 */
export async function createModel(description: ModelDescription, options: ModelOptions = {}): Promise<Model> {
  const { seed, kinds, ...engine } = checkFields('createModel', options, { ...engineFields, ...fields });
  const network = await createNetwork(createGraph(description, kindsOf(kinds)), engine);
  const { kernels, arena, layout, parameters } = network;
  for (const [stream, { spec, offset }] of layout.entries.entries()) {
    initializeParameter(spec, kernels, arena, parameters + offset, seed, stream);
  }
  return new Model(network);
}

/** A model of a description with given values of all its parameters, in any order. @internal */
export async function restoreModel(
  description: readonly unknown[],
  parameters: readonly Parameter[],
  engine: Engine,
  kinds: readonly LayerKind<never>[] = [],
): Promise<Model> {
  const model = new Model(await createNetwork(createGraph(description, kinds), engine));
  for (const { name, data } of parameters) model.setParameter(name, data);
  return model;
}

/** A recurrent network. Made by `createModel` or `deserialize`; its memory goes when it is garbage-collected. */
export class Model {
  /** @internal */
  readonly network: Network;

  /** @internal */
  constructor(network: Network) {
    this.network = network;
  }

  /** What the model is, as plain data with all defaults filled in. */
  get description(): ModelDescription {
    return this.network.graph.description;
  }

  /** What the model computes in. */
  get dtype(): Dtype {
    return this.network.dtype;
  }

  /**
   * What the model is, as text: its nodes with their clocks, shapes and sources, its parameters and outputs, and what makes it read whole
   * sequences, if anything does.
   */
  summary(): string {
    return summaryOf(this.network.graph);
  }

  /** How many numbers are learned. */
  get parameterCount(): number {
    return this.network.layout.entries.reduce((sum, { spec }) => sum + spec.rows * spec.columns, 0);
  }

  /** Bytes of Wasm memory that the model has now. */
  get memoryBytes(): number {
    return this.network.arena.bytes;
  }

  /** Copies of all parameters. */
  parameters(): readonly Parameter[] {
    return readBlock(this.network, this.network.parameters);
  }

  /** Copies of the gradients that the last backward pass left, in the order and shapes of `parameters`; zero of what is frozen. */
  gradients(): readonly Parameter[] {
    const gradients = readBlock(this.network, this.network.gradients);
    // What a layer adds for a bias that is frozen is nobody's gradient.
    for (const { name, data } of gradients) if (this.network.isFrozen(name)) data.fill(0);
    return gradients;
  }

  /**
   * Replaces one parameter.
   *
   * @param name A name that `parameters` gives.
   * @param data As many finite numbers as its shape holds, in PyTorch's orientation.
   * @throws BpttError for an unknown name, a wrong length or a number that is not finite; the parameter is then as before.
   */
  setParameter(name: string, data: ArrayLike<number>): void {
    const { layout, parameters } = this.network;
    const entry = layout.entries.find(({ spec }) => spec.name === name);
    if (entry === undefined) {
      const known = layout.entries.map(({ spec }) => spec.name).join(', ');
      throw new BpttError('invalid-argument', `setParameter(name): expected one of ${known}, got ${show(name)}`);
    }
    const { rows, columns, shape } = entry.spec;
    checkArray(`setParameter(${name})`, data, rows * columns, `[${shape.join(', ')}]`);
    const wide =
      this.dtype === 'f64' ? -1 : Array.from(data).findIndex((value) => !Number.isFinite(Math.fround(value)));
    if (wide >= 0) {
      throw new BpttError(
        'non-finite',
        `setParameter(${name})[${wide}]: expected a number that is finite in f32, got ${data[wide]}`,
      );
    }
    writeEntry(this.network, parameters, entry, data);
  }

  /** The zero state of `rows` sequences. */
  zeroState(rows: number): State {
    return zeroState(this.network, checkInteger('zeroState(rows)', rows, 1));
  }

  /**
   * Runs the network. Nothing is remembered between calls: what the next call should start from is in the result.
   *
   * @param input Tokens [T,B] or features [T,B,F]; of a model with several inputs each by the name of its entry.
   * @param state Where the rows start. Default zero.
   * @throws BpttError for wrong shapes, tokens out of range, numbers that are not finite and states of another model.
   */
  forward(input: GraphInput, state?: State): ForwardResult {
    checkLegible('forward(input)', input, 'an object of steps, rows and inputs');
    const { graph } = this.network;
    checkInput('forward', input, readingsOf(graph), this.dtype);
    const steps = graph.clocks.map((clock) => stepsOf(input, clock));
    const window = new Window(this.network, { steps, rows: input.rows }, { fixed: true });
    try {
      window.start(state);
      window.append(input, 0, steps[0]!);
      window.forward(0, steps[0]!);
      const outputs = graph.outputs.map((node) =>
        window.outputs(node, 0, steps[graph.clocks.indexOf(node.clock)] ?? 1),
      );
      const named = graph.outputs.map(({ name }, index) => [name ?? 'output', outputs[index]!] as const);
      return { outputs: outputs[0]!, named: Object.fromEntries(named), state: window.state() };
    } finally {
      window.release();
    }
  }
}
