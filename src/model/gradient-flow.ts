// Which layers gradients go back through: what is frozen costs none, and nothing below it is gone back through.
import type { Graph } from './graph.ts';

/** The layers that have something to learn, or read from one that has. */
export function gradientFlow({ layers }: Graph, frozen: ReadonlySet<string>): ReadonlySet<number> {
  const flow = new Set<number>();
  for (const { index, inputs, start, layer } of layers) {
    const specs = [...layer.parameters, ...(layer.tied ?? []).map(({ spec }) => spec)];
    const learns = specs.some(({ name }) => !frozen.has(name));
    if (learns || inputs.some((input) => flow.has(input)) || (start !== undefined && flow.has(start))) flow.add(index);
  }
  return flow;
}
