// Who reads what a node gives, which decides how its gradient comes together: of all readers the last in the graph is the first to go
// back; it writes the gradient, and the others add to it.
import type { Graph, GraphNode, LayerNode } from './graph.ts';

/** The readers of one node, in the order of the graph. */
export interface Readers {
  /** Of the outputs at its steps, or of its one output a row. */
  readonly outputs: readonly LayerNode[];
  /** Of a state in which it ends. */
  state(name: string): readonly LayerNode[];
  /** Of its one output a row: whether some go back only where sequences end, and others in every window. */
  readonly mixed: boolean;
}

export function readersOf({ layers }: Graph, node: GraphNode): Readers {
  const ended = ({ layer }: LayerNode) => layer.takes === 'last-state';
  const readers = layers.filter(({ inputs }) => inputs.includes(node.index));
  const started = layers.filter(({ start }) => start === node.index);
  // What has one output a row starts others with that.
  const rows = node.clock.kind === 'row' ? started : [];
  const outputs = layers.filter((reader) => (readers.includes(reader) && !ended(reader)) || rows.includes(reader));
  const [complete, others] = [true, false].map((is) => outputs.some((reader) => reader.complete === is));
  return {
    outputs,
    mixed: node.clock.kind === 'row' && complete! && others!,
    state: (name) =>
      layers.filter(
        (reader) =>
          (name === 'h' && readers.includes(reader) && ended(reader)) ||
          (rows.length === 0 && started.includes(reader) && reader.layer.states.some((state) => state.name === name)),
      ),
  };
}

/** Whether a reader of outputs adds to their gradient, which the first to go back has written, or nobody where that may not go back. */
export function addsTo({ outputs, mixed }: Readers, reader: LayerNode): boolean {
  return mixed || outputs.at(-1)?.index !== reader.index;
}

/** What the gradient of an input is added from, where a layer can only write it. */
export function addendName({ owner }: LayerNode, port: number): string {
  return `dInput${owner}.${port}`;
}
