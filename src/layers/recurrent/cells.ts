// The one list of cells.
import type { Cell, RecurrentKind } from './cell.ts';
import { elmanLayer } from './elman.ts';
import { gruLayer } from './gru.ts';
import { indrnnLayer } from './indrnn.ts';
import { lstmLayer } from './lstm.ts';

const list = [elmanLayer, lstmLayer, gruLayer, indrnnLayer] as const;

type DescriptionOf<Kind> = Kind extends RecurrentKind<infer Description> ? Description : never;

/** A recurrent layer in one direction. */
export type DirectedDescription = DescriptionOf<(typeof list)[number]>;

export const cells = list as unknown as readonly RecurrentKind<DirectedDescription>[];

/** What the cell of a layer is; undefined for a layer of another kind. */
export function cellKindOf(layer: { readonly kind: string }): RecurrentKind<DirectedDescription> | undefined {
  return cells.find(({ kind }) => kind === layer.kind);
}

/** The cell of a layer. */
export function cellOf(layer: DirectedDescription): Cell {
  return cellKindOf(layer)!.cell(layer);
}

/** Whether a layer is recurrent and has one direction. */
export function isDirected(layer: { readonly kind: string }): layer is DirectedDescription {
  return cellKindOf(layer) !== undefined;
}
