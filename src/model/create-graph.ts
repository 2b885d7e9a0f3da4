// From a description to a graph. Pure: it computes nothing.
import { checkObject, checkString, nearest, readable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { type Clock, ROW } from '../base/signal.ts';
import type { Layer, LayerKind, ParameterSpec, Place, Port, StateSpec } from '../layers/contract.ts';
import { describe, type StartOptions } from '../layers/describe.ts';
import { checkInputDescription, type FeaturesDescription, isInput } from '../layers/inputs.ts';
import { lastLayer } from '../layers/last.ts';
import { kindOf, type ModelDescription } from '../layers/registry.ts';
import {
  type Graph,
  type GraphNode,
  type InputNode,
  type LayerNode,
  type PlannedNode,
  readIn,
  type Stack,
  stackIn,
  stackOf,
} from './graph.ts';

/**
 * Checks a description, which may come from JavaScript or from a file, and builds its layers.
 *
 * @param kinds Kinds of layers beside those of the registry.
 * @throws BpttError that names the entry: an unknown kind, name or option, an input in the wrong place, no layer.
 */
export function createGraph(description: readonly unknown[], kinds: readonly LayerKind<never>[] = []): Graph {
  if (!readable('model', () => Array.isArray(description)) || description.length < 2) {
    throw new BpttError(
      'invalid-argument',
      'model: expected [input, layer, ...] with at least one layer, such as [tokens(65), elman({ units: 128 }), dense({ units: 65 })]',
    );
  }
  const copies = Array.from(description, (entry, index) => checkObject(`model[${index}]`, entry));
  const builder = new GraphBuilder(kinds, new Set(copies.map(({ name }) => name)));
  // The entries themselves, not the copies: they may have brought their kinds along.
  for (const [index, entry] of description.entries()) builder.add(entry as (typeof copies)[number], index);
  return builder.finish();
}

/** The stack that a description is. @throws BpttError where it is none, which `what` does not work on. */
export function createStack(description: readonly unknown[], what: string): Stack {
  return stackIn(createGraph(description), what);
}

/** What every description may say of where it stands, and what some say of what they return. */
type Words = StartOptions & { readonly returns?: 'all' | 'last'; readonly activation?: string };

class GraphBuilder {
  readonly #kinds: readonly LayerKind<never>[];
  readonly #names: ReadonlySet<unknown>;
  readonly #description: object[] = [];
  readonly #nodes: (InputNode | PlannedNode)[] = [];
  readonly #clocks: Clock[] = [];
  /** By name: the node that others read, and the one that has the states. */
  readonly #named = new Map<string, { readonly output: number; readonly layer: number }>();
  readonly #ordinals = new Map<string, number>();
  readonly #parameters = new Map<string, ParameterSpec>();
  #layers = 0;

  /** `names`: those of all entries. */
  constructor(kinds: readonly LayerKind<never>[], names: ReadonlySet<unknown>) {
    this.#kinds = kinds;
    this.#names = names;
  }

  add(entry: Readonly<Record<string, unknown>>, index: number): void {
    const name = entry.name === undefined ? undefined : checkName(`model[${index}].name`, entry.name);
    const where = name === undefined ? `model[${index}]` : `model[${index}] '${name}'`;
    if (name !== undefined && this.#named.has(name)) {
      throw new BpttError('invalid-argument', `${where}.name: expected a name that no other entry has, got '${name}'`);
    }
    if (isInput(entry)) this.#addInput(entry, index, where);
    else this.#addLayer(entry, index, where);
    if (name === undefined) return;
    const ofEntry = this.#nodes.filter((node) => node.entry === index);
    const output = ofEntry.at(-1)!;
    this.#named.set(name, {
      layer: (ofEntry.find(({ layer }) => layer?.states.length) ?? output).index,
      output: output.index,
    });
  }

  #addInput(given: object, entry: number, where: string): void {
    const description = checkInputDescription(where, given);
    const { kind, size, name, skip } = description;
    const { height } = description as Partial<FeaturesDescription>;
    const clock = this.#clockOf(description.clock, name ?? kind, where);
    const output = { kind, size, ...(height && { height }) };
    this.#description.push(description);
    const index = this.#nodes.length;
    this.#nodes.push({ index, entry, kind, name, where, output, clock, complete: false, skip });
  }

  /** The time axis of an input: its own unless it says otherwise. */
  #clockOf(given: string | undefined, name: string, where: string): Clock {
    if (given === 'row') return ROW;
    if (given !== undefined) return this.#clockNamed(given, `${where}.clock`);
    const clock: Clock = { kind: 'steps', name };
    this.#clocks.push(clock);
    return clock;
  }

  #clockNamed(name: string, where: string): Clock {
    return this.#nodes[this.#find(name, where).output]!.clock;
  }

  #addLayer(given: Readonly<Record<string, unknown>>, entry: number, where: string): void {
    const kind = kindOf(given, where, this.#kinds);
    const { kind: _, ...options } = given;
    const description = describe(kind as LayerKind<never>, options, where) as Words;
    const inputs = this.#sources(description, where, kind.ports === 'several');
    const start = description.start === undefined ? undefined : this.#find(description.start, `${where}.start`);
    const layer = kind.create(description as never, this.#place(description.name, where, inputs));
    for (const spec of layer.parameters) this.#own(spec, where);
    const ports = inputs.map((input) => this.#nodes[input]!);
    const clock = layer.clock ?? ports[0]!.clock;
    if (clock.follows && !this.#clocks.includes(clock)) this.#clocks.push(clock);
    const node: PlannedNode = {
      index: this.#nodes.length,
      entry,
      kind: kind.kind,
      name: description.name,
      where,
      layer,
      owner: String(this.#layers++),
      inputs,
      start: start?.layer,
      output: layer.output,
      clock,
      complete:
        layer.reads === 'both' ||
        layer.takes !== undefined ||
        start !== undefined ||
        ports.some(({ complete }) => complete) ||
        (clock.kind === 'row' && ports.some((port) => port.clock.kind === 'steps')),
    };
    if (layer.reads !== 'step' && ports.every((port) => port.clock.kind === 'row') && clock.kind === 'row') {
      throw new BpttError(
        'invalid-shape',
        `${where}: expected something with steps to read, got ${ports[0]!.where} (${ports[0]!.kind}), which gives one output a row (returns: 'last', or last()); a ${kind.kind} layer reads other steps too`,
      );
    }
    if (start !== undefined) this.#checkStart(node, this.#nodes[start.layer]!, description.start!);
    this.#nodes.push(node);
    this.#description.push(description);
    if (description.returns === 'last') this.#follow(node, lastLayer as LayerKind<never>, {}, where);
    if (node.kind === 'dense' && description.activation !== undefined) {
      const act = { kind: 'activation', function: description.activation };
      this.#follow(node, kindOf(act, where, this.#kinds), act, `${where}.activation`);
    }
  }

  /** A node of the same entry: what takes the last state of a layer that returns no more, and activations. */
  #follow(
    of: PlannedNode,
    kind: LayerKind<never>,
    { kind: _, ...options }: { readonly kind?: string },
    where: string,
  ): void {
    const layer = kind.create(describe(kind, options, where), this.#place(undefined, of.where, [of.index]));
    const clock = layer.clock ?? of.clock;
    this.#nodes.push({
      ...of,
      kind: kind.kind,
      index: this.#nodes.length,
      layer,
      owner: `${of.owner}.${kind.kind}`,
      inputs: [of.index],
      start: undefined,
      output: layer.output,
      clock,
      complete: of.complete || clock !== of.clock,
    });
  }

  /** The nodes that an entry reads. */
  #sources({ from: given }: Words, where: string, several: boolean): readonly number[] {
    const from = typeof given === 'string' ? [given] : given;
    if (from?.length === 0) {
      throw new BpttError(
        'invalid-argument',
        `${where}.from: expected the name of an entry or several, got an empty list`,
      );
    }
    if (from === undefined) {
      const before = this.#nodes.at(-1);
      if (before === undefined) {
        throw new BpttError(
          'invalid-argument',
          `${where}.kind: expected 'tokens' or 'features' first, which say what the model reads`,
        );
      }
      return [before.index];
    }
    if (!several && from.length > 1) {
      throw new BpttError(
        'invalid-argument',
        `${where}.from: expected one entry, got ${from.length} (${from.join(', ')}); concat or add makes one of them`,
      );
    }
    const sources = from.map((name) => this.#find(name, `${where}.from`).output);
    if (new Set(sources).size < sources.length) {
      throw new BpttError('invalid-argument', `${where}.from: expected each entry once, got ${from.join(', ')}`);
    }
    return sources;
  }

  #find(name: string, where: string) {
    const found = this.#named.get(name);
    if (found !== undefined) return found;
    if (this.#names.has(name)) {
      throw new BpttError(
        'invalid-argument',
        `${where}: expected the name of an entry before it, got '${name}', which is itself or stands after it; no entry can read itself, nor in a circle`,
      );
    }
    const known = [...this.#named.keys()];
    const close = nearest(name, known);
    const hint = close === undefined ? '' : `; is it '${close}'?`;
    const names =
      known.length === 0 ? 'no entry before it has a name' : `known are ${known.map((one) => `'${one}'`).join(', ')}`;
    throw new BpttError(
      'invalid-argument',
      `${where}: expected the name of an entry before it, got '${name}': ${names}${hint}`,
    );
  }

  #place(given: string | undefined, where: string, inputs: readonly number[]): Place {
    const ports = inputs.map((input): Port => {
      const { output, clock, where: source, layer } = this.#nodes[input]!;
      return { signal: output, clock, where: source, last: lastStateOf(layer) };
    });
    // Counted once an entry, however many parameters it names.
    const numbers = new Map<string, number>();
    const number = (family: string) => {
      if (!numbers.has(family)) {
        numbers.set(family, this.#ordinals.get(family) ?? 0);
        this.#ordinals.set(family, numbers.get(family)! + 1);
      }
      return numbers.get(family)!;
    };
    return {
      where,
      ports,
      name: (family, part) => {
        if (family === 'recurrent') return `${given ?? 'rnn'}.${part}_l${given === undefined ? number(family) : 0}`;
        if (given !== undefined) return `${given}.${part}`;
        const ordinal = number(family);
        return `${family}${ordinal === 0 ? '' : ordinal}.${part}`;
      },
      parameter: (name) => {
        const spec = this.#parameters.get(name);
        if (spec !== undefined) return spec;
        const known = [...this.#parameters.keys()];
        throw new BpttError(
          'invalid-argument',
          `${where}.tied: expected a parameter of an entry before it (${known.join(', ') || 'there is none'}), got '${name}'`,
        );
      },
      clock: (name) => this.#clockNamed(name, `${where}.clock`),
    };
  }

  #own(spec: ParameterSpec, where: string): void {
    if (this.#parameters.has(spec.name)) {
      throw new BpttError(
        'invalid-argument',
        `${where}: expected a name with which its parameters are told from others, got ${spec.name} twice`,
      );
    }
    this.#parameters.set(spec.name, spec);
  }

  /** Whether the states of one can be the first of the other. */
  #checkStart({ where, layer, kind }: PlannedNode, source: InputNode | PlannedNode, name: string): void {
    const shapes = (states: readonly { readonly name: string; readonly columns: number }[]) =>
      states.map((state) => `${state.name} [B,${state.columns}]`).join(', ') || 'none';
    const wanted = layer.states.filter(({ carried }) => carried);
    if (wanted.length === 0) {
      throw new BpttError(
        'invalid-argument',
        `${where}.start: expected none of a ${kind} layer, which has no state to start from, got '${name}'`,
      );
    }
    const given =
      source.clock.kind === 'row' && source.output.kind === 'features'
        ? [{ name: 'h', columns: source.output.size }]
        : (source.layer?.states ?? []);
    const rows = source.clock.kind === 'row';
    const fits = rows
      ? given[0]!.name === wanted[0]!.name && given[0]!.columns === wanted[0]!.columns
      : given.length === wanted.length && wanted.every(({ columns }, index) => given[index]!.columns === columns);
    if (fits) return;
    throw new BpttError(
      'invalid-shape',
      `${where}.start: expected an entry with the states ${shapes(wanted)}, got '${name}' with ${shapes(given)}`,
    );
  }

  finish(): Graph {
    const nodes = this.#withWants();
    const inputs = nodes.filter((node): node is InputNode => node.layer === undefined);
    const layers = nodes.filter((node): node is LayerNode => node.layer !== undefined);
    const read = readIn(layers);
    const idle = inputs.find(({ index }) => !read.has(index));
    if (idle !== undefined) {
      throw new BpttError('invalid-argument', `${idle.where}: expected a layer that reads this input, got none`);
    }
    if (this.#clocks.length === 0) {
      throw new BpttError(
        'invalid-argument',
        "model: expected an input with steps, got inputs with clock: 'row' alone",
      );
    }
    const outputs = layers.filter(({ index }) => !read.has(index));
    const description = this.#description as unknown as ModelDescription;
    const graph = { description, nodes, inputs, layers, outputs, clocks: this.#clocks };
    nameless('input', inputs);
    nameless('output', outputs);
    return { ...graph, whole: this.#whole(layers), stack: stackOf(description, inputs, layers) };
  }

  /**
   * Which nodes are wanted at all steps: those that read other steps, and whatever such a node reads. Of an output with one row the loss
   * is taken where sequences end.
   */
  #withWants(): readonly GraphNode[] {
    const all = new Set<number>();
    for (const node of this.#nodes.toReversed()) {
      if (node.layer === undefined) continue;
      if (node.layer.reads !== 'step' || node.layer.states.length > 0) all.add(node.index);
      for (const input of node.inputs) {
        if (all.has(node.index) || this.#nodes[input]!.clock !== node.clock) all.add(input);
      }
    }
    const read = readIn(this.#nodes);
    return this.#nodes.map((node): GraphNode => {
      if (node.layer === undefined) return node;
      const complete = node.complete || (node.clock.kind === 'row' && !read.has(node.index));
      return { ...node, complete, wanted: all.has(node.index) ? ('all' as const) : ('counted' as const) };
    });
  }

  #whole(layers: readonly LayerNode[]): string | undefined {
    const both = layers.find(({ layer }) => layer.reads === 'both');
    if (both !== undefined) return `${both.where} (${both.kind}) reads later steps too`;
    const started = layers.find(({ start }) => start !== undefined);
    if (started !== undefined)
      return `${started.where} (${started.kind}) starts from ${this.#nodes[started.start!]!.where}`;
    const ended = layers.find(({ complete, clock }) => complete && clock.kind === 'steps');
    if (ended !== undefined) return `${ended.where} (${ended.kind}) reads what is known at the end of sequences alone`;
    const taken = layers.find(({ layer: { takes } }) => takes && takes !== 'last-state');
    if (taken !== undefined) {
      const source = this.#nodes[taken.inputs[0]!]!;
      return `${taken.where} (${taken.kind}) takes steps of ${source.where} (${source.kind}), which are no state`;
    }
    const other = layers.find(({ clock }) => clock.kind === 'steps' && clock !== this.#clocks[0]);
    if (other !== undefined)
      return `${other.where} (${other.kind}) has the steps of '${other.clock.name}', not of '${this.#clocks[0]!.name}'`;
    return undefined;
  }
}

/** The state that is the last output of a layer. */
function lastStateOf(layer: Layer | undefined): StateSpec | undefined {
  return layer?.endsInState === false ? undefined : layer?.states.find(({ name }) => name === 'h');
}

function checkName(where: string, value: unknown): string {
  const name = checkString(where, value);
  if (/^[A-Za-z_][\w-]*$/.test(name)) return name;
  throw new BpttError(
    'invalid-argument',
    `${where}: expected a name of letters, digits, - and _ that begins with a letter, got ${show(value)}`,
  );
}

/** Several of what batches give by name need names. */
function nameless(what: string, nodes: readonly GraphNode[]): void {
  const without = nodes.find(({ name }) => name === undefined);
  if (nodes.length < 2 || without === undefined) return;
  throw new BpttError(
    'invalid-argument',
    `${without.where}: expected a name, since the model has ${nodes.length} ${what}s, got none`,
  );
}
