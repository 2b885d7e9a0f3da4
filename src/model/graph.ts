// What a graph is: which node reads which, on which clock, and what each needs of the others.
//
// An entry of a description is one node, but for a layer with `returns: 'last'`, which is the layer and a node that takes its last
// state, and for a dense layer with an `activation`, which is a node too. Nodes stand in the order of the entries, so whoever reads one stands after it, and backward is the list in reverse.
import { BpttError } from '../base/errors.ts';
import type { Clock, Signal } from '../base/signal.ts';
import type { Readings } from '../data/batch.ts';
import type { Layer } from '../layers/contract.ts';
import type { ModelDescription } from '../layers/registry.ts';

/** What all nodes have. */
interface AnyNode {
  /** Its place among the nodes. */
  readonly index: number;
  /** The place of its entry in the description. */
  readonly entry: number;
  readonly kind: string;
  /** The name that people gave it. */
  readonly name: string | undefined;
  /** How errors call it: `model[2]`, or `model[2] 'decoder'`. */
  readonly where: string;
  readonly output: Signal;
  readonly clock: Clock;
  /** Whether it depends on where sequences end, so that it can only be computed when they are there to their ends. */
  readonly complete: boolean;
}

/** What is given from outside. */
export interface InputNode extends AnyNode {
  readonly layer?: undefined;
  /** What marks steps that are none. */
  readonly skip?: number | undefined;
}

/** What is computed. */
export interface LayerNode extends AnyNode {
  readonly layer: Layer;
  /** How its buffers are called in checkpoints: its place among the layers. */
  readonly owner: string;
  /** The nodes that it reads, in the order of its ports. */
  readonly inputs: readonly number[];
  /** The node whose last states are its first. */
  readonly start: number | undefined;
  /** Whether all steps are wanted of it, or those alone from which losses count. */
  readonly wanted: 'all' | 'counted';
}

export type GraphNode = InputNode | LayerNode;

/** A graph in which each layer reads the one before, from one input to one output. */
export interface Stack {
  readonly description: ModelDescription;
  readonly input: Signal;
  /** One for each entry but the first. */
  readonly layers: readonly Layer[];
  readonly nodes: readonly LayerNode[];
  /** Whether outputs are one for each row, not one for each step. */
  readonly last: boolean;
}

export interface Graph {
  readonly description: ModelDescription;
  readonly nodes: readonly GraphNode[];
  readonly inputs: readonly InputNode[];
  readonly layers: readonly LayerNode[];
  /** Those that nobody reads. */
  readonly outputs: readonly LayerNode[];
  /** The time axes with steps, each after the one that it follows; batches are cut into windows on the first. */
  readonly clocks: readonly Clock[];
  /** Why sequences must be there as a whole, where they must: no truncation, no carried state, no memory budget. */
  readonly whole: string | undefined;
  /** The same as a stack, where it is one. */
  readonly stack: Stack | undefined;
}

/** A layer before it is known who reads it. */
export type PlannedNode = Omit<LayerNode, 'wanted'>;

/** The nodes that others read or start from. */
export function readIn(nodes: readonly (InputNode | PlannedNode)[]): ReadonlySet<number> {
  return new Set(nodes.flatMap((node) => (node.layer === undefined ? [] : [...node.inputs, node.start ?? []].flat())));
}

/** The graph as a stack, where it is one. */
export function stackOf(
  description: ModelDescription,
  inputs: readonly InputNode[],
  layers: readonly LayerNode[],
): Stack | undefined {
  const chain = layers.every(({ index, inputs: sources, start }) => {
    return start === undefined && sources.length === 1 && sources[0] === index - 1;
  });
  if (!chain || inputs.length !== 1) return undefined;
  const nodes = layers.filter(({ owner }) => !owner.includes('.'));
  return {
    description,
    input: inputs[0]!.output,
    layers: nodes.map(({ layer }) => layer),
    nodes,
    last: layers.at(-1)!.clock.kind === 'row',
  };
}

/** What batches hold for a graph. */
export function readingsOf({ inputs, clocks }: Graph): Readings {
  return {
    clocks: clocks.filter(({ follows }) => !follows),
    inputs: inputs.map(({ name, output: signal, clock }) => ({ name, signal, clock })),
  };
}

/** @throws BpttError for a graph that is no stack, which `what` does not work on. */
export function stackIn(graph: Graph, what: string): Stack {
  if (graph.stack !== undefined) return graph.stack;
  throw new BpttError(
    'invalid-argument',
    `${what}: expected a model in which each layer reads the one before, from one input to one output, got one in which ${branchIn(graph)}`,
  );
}

/** What makes a graph no stack. */
function branchIn({ nodes, layers, inputs }: Graph): string {
  const where = (all: readonly number[]) => all.map((index) => nodes[index]!.where).join(' and ');
  if (inputs.length > 1) return `${where(inputs.map(({ index }) => index))} are inputs`;
  const node = layers.find(({ index, inputs, start }) => start !== undefined || inputs.join() !== String(index - 1))!;
  if (node.start !== undefined) return `${node.where} starts from ${where([node.start])}`;
  return `${node.where} reads ${where(node.inputs)}`;
}
