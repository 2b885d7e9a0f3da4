// A graph as text for people: a table of its nodes, its outputs, and why it is whole.
import type { Graph, GraphNode } from './graph.ts';

/** The shape of what a node gives: `[T,B,64]`, or `[B,64]` on the clock of rows. */
export function shapeOf({ clock, output }: GraphNode): string {
  return `[${clock.kind === 'row' ? '' : 'T,'}B${output.kind === 'tokens' ? '' : `,${output.size}`}]`;
}

/** What people call a node: its entry's name or place; with `.last` the second node of an entry with `returns: 'last'`. */
export function titleOf({ nodes }: Graph, index: number): string {
  const { name, entry } = nodes[index]!;
  return `${name ?? `[${entry}]`}${nodes[index - 1]?.entry === entry ? '.last' : ''}`;
}

/** What each node gives on which clock, how many parameters it has and what it reads, as aligned columns. */
export function summaryOf(graph: Graph): string {
  const title = (index: number) => titleOf(graph, index);
  let total = 0;
  const rows = graph.nodes.map((node) => {
    const { layer, index, kind, clock } = node;
    const row = [title(index), kind, clock.name, shapeOf(node)];
    if (layer === undefined) return [...row, '', `${node.output.size} ${kind}`];
    const count = layer.parameters.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
    total += count;
    const others = [
      node.start === undefined ? '' : `; starts from ${title(node.start)}`,
      ...(layer.tied ?? []).map(({ spec }) => `; tied to ${spec.name}`),
    ];
    return [...row, `${count}`, node.inputs.map(title).join(', ') + others.join('')];
  });
  rows.unshift(['name', 'kind', 'clock', 'shape', 'parameters', 'reads']);
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  lines.push(`${total} parameters; outputs: ${graph.outputs.map(({ index }) => title(index)).join(', ')}`);
  if (graph.whole !== undefined) lines.push(`reads whole sequences: ${graph.whole}`);
  return lines.join('\n');
}
