// The parameters of a layer by what they are in it, whatever its entry is called.
import type { Layer } from '../layers/contract.ts';

/** Parameters by `weight`, `bias`, `weight_ih` and the like; those of the other direction with `_reverse` at the end. */
export type ParameterParts<P> = ReadonlyMap<string, P>;

/** The parameters of a layer, and those of other entries that it uses as its own, such as a tied `weight`. */
export function partsOf<P>({ parameters, tied = [] }: Layer, all: ReadonlyMap<string, P>): ParameterParts<P> {
  const uses = [
    ...tied.map(({ name, spec }) => ({ name, of: spec.name })),
    ...parameters.map(({ name }) => ({ name, of: name })),
  ];
  // `rnn.weight_ih_l0_reverse` is weight_ih_reverse: an entry's name has no dot, and its layers are one.
  return new Map(uses.map(({ name, of }) => [name.replace(/^[^.]*\./, '').replace(/_l\d+/, ''), all.get(of)!]));
}
