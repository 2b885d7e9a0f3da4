// A model as people see it: a description, parameters by name, and outputs. Training is in train.ts.

import { areFinite, checkInteger, checkLegible, checkReals, show } from '../base/check.ts';
import type { Dtype } from '../base/dtype.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, integer, type Options, optional, signal, withDefault } from '../base/fields.ts';
import { TimeSlice } from '../base/time-slice.ts';
import { checkInput, type GraphInput, stepsOf } from '../data/batch.ts';
import type { LayerKind } from '../layers/contract.ts';
import { kindsFields, kindsOf } from '../layers/describe.ts';
import { kindsNamed } from '../layers/later/kinds.ts';
import type { ModelDescription } from '../layers/registry.ts';
import type { Reals } from '../wasm/arena.ts';
import { createGraph } from './create-graph.ts';
import { readingsOf } from './graph.ts';
import { initializeParameter } from './initialize-parameter.ts';
import { createNetwork, type Engine, type EngineOptions, engineFields, Network } from './network.ts';
import { nonFinite } from './non-finite.ts';
import { type Parameter, readBlock, writeEntry } from './parameters.ts';
import { type State, zeroState } from './state.ts';
import { summaryOf } from './summary.ts';
import { Window } from './window.ts';

const fields = {
  /** A whole number from 0 to 2^53 - 1 that fixes the initial parameters. Default 0, which is a seed like any other. */
  seed: withDefault(integer({ min: 0 }), 0),
  /** Gives it up: `createModel` rejects with the signal's reason. */
  signal: optional(signal),
  ...kindsFields,
};

/** What `createModel` computes in and with how many threads, the seed of the initial parameters, and layers of your own. */
export interface ModelOptions extends EngineOptions, Options<typeof kindsFields>, Options<typeof fields> {}

/** Outputs of `forward` and the state that the next steps start from. */
export interface ForwardResult {
  /** [T,B,O], or [1,B,O] with `returns: 'last'`: what the last layer gives, before softmax or sigmoid; of several outputs the first. */
  readonly outputs: Reals;
  /**
   * Every output by the name of its entry, in the order of the description: [T,B,O] with T of its own time axis, [B,O] of one output a row.
   * The only output of a model may have no name, and is called `output` then.
   */
  readonly named: Readonly<Record<string, Reals>>;
  /** The state after the last step, to be handed to the next call; of rows with `lengths` after their last valid step. */
  readonly state: State;
}

/**
 * Creates a model from its description: what it reads (`tokens` or `features`), then its layers. Awaits the kernels and the
 * initial parameters, which take seconds where there are many millions; others have their turns meanwhile. Everything after is synchronous.
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
  const { seed, signal, kinds, ...engine } = checkFields('createModel', options, { ...engineFields, ...fields });
  const network = await networkOf(description, kindsOf(kinds), engine);
  const { kernels, arena, layout, parameters } = network;
  const slice = new TimeSlice();
  const rest = () => {
    signal?.throwIfAborted();
    return slice.rest();
  };
  for (const [stream, { spec, offset }] of layout.entries.entries()) {
    await initializeParameter(spec, { kernels, arena, at: parameters + offset, seed, stream, rest });
  }
  return new Model(network);
}

async function networkOf(
  description: readonly unknown[],
  kinds: readonly LayerKind<never>[],
  engine: Engine,
): Promise<Network> {
  return createNetwork(createGraph(description, [...kinds, ...(await kindsNamed(description))]), engine);
}

/** A model of a description with given values of all its parameters, in any order. @internal */
export async function restoreModel(
  description: readonly unknown[],
  parameters: readonly Parameter[],
  engine: Engine,
  kinds: readonly LayerKind<never>[] = [],
): Promise<Model> {
  const model = new Model(await networkOf(description, kinds, engine));
  for (const { name, data } of parameters) model.setParameter(name, data);
  return model;
}

// Of a class that extends another Chromium's console shows the tag, and not the name that the bundle gives the class.
/**
 * A recurrent network. Made by `createModel` or `deserialize`; its memory goes when it is garbage-collected.
 *
 * @example
 * const model = await createModel([tokens(4), gru({ units: 8 }), dense({ units: 4 })]);
 * console.log(model.summary());
 * const { state } = model.forward({ steps: 2, rows: 1, inputs: Int32Array.of(0, 1) });
 * const { outputs } = model.forward({ steps: 1, rows: 1, inputs: Int32Array.of(2) }, state); // goes on
 */
export class Model extends Object {
  /** @internal The bundle renames classes; consoles ask for this. */
  static override readonly name: string = 'Model';

  /** @internal */
  readonly network: Network;

  /** @internal */
  constructor(network: Network) {
    super();
    this.network = network;
    Object.defineProperty(this, Symbol.toStringTag, { value: `Model (${this})` });
  }

  /** In a line: what stands in it, how many parameters it has, and in what precision. Consoles show it. */
  override toString(): string {
    const entries = this.description.map(({ kind, units, size }: { kind: string; units?: number; size?: number }) =>
      [kind, units ?? size].join(' ').trim(),
    );
    return `${entries.join(', ')}: ${this.parameterCount} parameters in ${this.dtype}`;
  }

  /** @internal For the consoles of Node, Bun and Deno. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Model (${this})`;
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
    return this.network.layout.entries.reduce(
      (sum, { spec }) => sum + (spec.kind === 'statistic' ? 0 : spec.rows * spec.columns),
      0,
    );
  }

  /** Bytes of Wasm memory that the model has now. */
  get memoryBytes(): number {
    return this.network.arena.bytes;
  }

  /** A model of its own that is the same: to train one and keep the other, or to train both at a time. */
  clone(): Model {
    const { graph, module, engine, arena, parameters, layout } = this.network;
    const network = new Network(graph, module, engine);
    network.arena.octets(network.parameters, layout.bytes).set(arena.octets(parameters, layout.bytes));
    return new Model(network);
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
    const { rows, columns, shape, range } = entry.spec;
    checkReals(`setParameter(${name})`, data, rows * columns, `[${shape.join(', ')}]`, this.dtype, range);
    writeEntry(this.network, parameters, entry, data);
    this.network.edits++;
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
   * @throws BpttError for wrong shapes, tokens out of range, numbers that are not finite and states of another model; `non-finite`, with
   * the layer, where the outputs are not finite.
   */
  forward(input: GraphInput, state?: State): ForwardResult {
    checkLegible('forward(input)', input, 'an object of steps, rows and inputs');
    const { graph } = this.network;
    const read = checkInput('forward', input, readingsOf(graph), this.dtype);
    const steps = graph.clocks.map((clock) => stepsOf(read, clock));
    const window = new Window(this.network, { steps, rows: input.rows }, { fixed: true });
    try {
      window.start(state);
      window.append(read, 0, steps[0]!);
      window.forward(0, steps[0]!);
      const outputs = graph.outputs.map((node) =>
        window.outputs(node, 0, steps[graph.clocks.indexOf(node.clock)] ?? 1),
      );
      for (const values of outputs) {
        if (areFinite(values)) continue;
        const wrong = values.find((value) => !Number.isFinite(value))!;
        throw nonFinite(window, 0, 'forward', 'finite outputs', wrong);
      }
      const named = graph.outputs.map(({ name }, index) => [name ?? 'output', outputs[index]!] as const);
      return { outputs: outputs[0]!, named: Object.fromEntries(named), state: window.state() };
    } finally {
      window.release();
    }
  }
}
