// What a state says of the model that it is of, so that it is not taken by another whose states have the same shape.
import type { Graph } from './graph.ts';

/** What a state says of what it is of. */
export interface StateNames {
  /** The model whose state it is: the kinds of its entries and their sizes. */
  readonly model: string;
  /** What each of `layers` is: the name of an entry or its place in the description, its kind, and `h` or `c`, as in `2.lstm.c`. */
  readonly names: readonly string[];
}

/** What the states of a graph say of it. */
export function stateNames({ nodes, layers, description }: Graph): StateNames {
  // Of an entry that stands around another one it is that which counts.
  const kindOf = (entry: number) => {
    const { kind, layer } = description[entry] as { readonly kind: string; readonly layer?: { readonly kind: string } };
    return layer?.kind ?? kind;
  };
  return {
    model: nodes.map(({ entry, output }) => `${kindOf(entry)} ${output.size}`).join(', '),
    names: layers.flatMap(({ name, entry, layer }) =>
      layer.states.flatMap((state) => (state.carried ? `${name ?? entry}.${kindOf(entry)}.${state.name}` : [])),
    ),
  };
}
