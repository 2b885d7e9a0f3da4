// Rows of a batch, cut out into a batch of their own.
import type { Clock } from '../../base/signal.ts';
import { type ByName, type GraphBatch, stepsOf, type Values } from '../../data/batch.ts';
import type { Graph, GraphNode } from '../../model/graph.ts';

/** The rows of a block, of B rows in so many blocks: as even as can be. */
export function blockOfRows(rows: number, block: number, blocks: number): readonly [from: number, to: number] {
  return [Math.floor((block * rows) / blocks), Math.floor(((block + 1) * rows) / blocks)];
}

/** Rows `from` to `to` of a batch for a graph, as copies; undefined for none. */
export function takeRows(
  batch: GraphBatch,
  { inputs, outputs, clocks }: Pick<Graph, 'inputs' | 'outputs' | 'clocks'>,
  from: number,
  to: number,
): GraphBatch | undefined {
  if (from === to) return undefined;
  const { rows: B, inputs: read, targets, resets, mask, lengths, ...rest } = batch;
  const stepsIn = (clock: Clock) => (clock.kind === 'row' ? 1 : stepsOf(batch, clock));
  const cutEach = <A extends Values | Uint8Array>(all: A | ByName<A>, nodes: readonly GraphNode[]) =>
    each(all, (data, name) => {
      const node = nodes.find((one) => one.name === name) ?? nodes[0]!;
      return cut(data, stepsIn(node.clock), B, from, to);
    });
  return {
    ...rest,
    rows: to - from,
    // Checked: none is a plain array any more.
    inputs: cutEach(read as Values | ByName<Values>, inputs),
    targets: cutEach(targets as Values | ByName<Values>, outputs),
    ...(resets && { resets: cut(resets, stepsIn(clocks[0]!), B, from, to) }),
    ...(mask && { mask: cutEach(mask, outputs) }),
    ...(lengths && {
      lengths: isByName(lengths) ? each(lengths, (all) => all.slice(from, to)) : lengths.slice(from, to),
    }),
  };
}

function isByName<A>(all: A | ByName<A>): all is ByName<A> {
  return !ArrayBuffer.isView(all) && !Array.isArray(all);
}

/** The same of one thing, or of each by its name. */
function each<A>(all: A | ByName<A>, change: (one: A, name: string | undefined) => A): A | ByName<A> {
  if (!isByName(all)) return change(all as A, undefined);
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, change(one, name)]));
}

/** Of [T,B,F]. */
function cut<A extends Values | Uint8Array>(data: A, T: number, B: number, from: number, to: number): A {
  const width = data.length / (T * B);
  const count = (to - from) * width;
  const out = new (data.constructor as new (length: number) => A)(T * count);
  for (let t = 0; t < T; t++) {
    const start = (t * B + from) * width;
    out.set(data.subarray(start, start + count), t * count);
  }
  return out;
}
