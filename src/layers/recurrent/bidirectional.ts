// A recurrent layer in both directions.

import { BpttError } from '../../base/errors.ts';
import { type Checked, checkFields, type Options, oneOf, withDefault } from '../../base/fields.ts';
import type { BufferSpec, Layer, LayerKind } from '../contract.ts';
import { checkDescription, describe, type EntryOptions, entryFields } from '../describe.ts';
import type { Cell } from './cell.ts';
import { cellOf, cells, type DirectedDescription } from './cells.ts';
import { type Merge, merges, returns } from './options.ts';
import { recurrentLayer } from './recurrent.ts';

const fields = {
  /** How the outputs of both directions become one: side by side, forward first, [T,B,2H] (default), or their sum, mean or product [T,B,H]. */
  merge: withDefault(oneOf(...merges), 'concat'),
  /** As of one direction; the last of the backward direction is its state after the first step. Default `all`. */
  returns,
};

/** How `bidirectional` joins its two directions, and whether it gives all steps or the last. */
export interface BidirectionalOptions extends EntryOptions, Options<typeof fields> {}

/** What `bidirectional` returns: the entry of a model, with that of the layer that runs both ways. */
export interface BidirectionalDescription extends EntryOptions, Checked<typeof fields> {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'bidirectional';
  /** The recurrent layer that runs in both directions. */
  readonly layer: DirectedDescription;
}

/**
 * A recurrent layer run in both directions (Schuster and Paliwal 1997), each with parameters of its own: those of the backward
 * direction have `_reverse` at the end, as PyTorch's. It begins at the last valid step of each row (`lengths`), with the zero
 * state. What it computes of a step depends on later steps, so such a model reads whole sequences: truncated BPTT, batches that
 * carry on, and generation are refused.
 *
 * @param layer What `elman`, `lstm` and their like return.
 * @throws BpttError for another layer and for unknown options.
 *
 * @example
 * [tokens(100), embedding({ units: 32 }), bidirectional(lstm({ units: 64 })), dense({ units: 5 })] // reads 128 features: both directions
 */
export function bidirectional(
  layer: DirectedDescription,
  options: BidirectionalOptions = {},
): BidirectionalDescription {
  return describe(bidirectionalLayer, {
    layer,
    ...checkFields('bidirectional', options, { ...fields, ...entryFields }),
  });
}

export const bidirectionalLayer: LayerKind<BidirectionalDescription> = {
  kind: 'bidirectional',
  fields: {
    layer: { check: (where, value) => checkDescription(where, value, cells) },
    ...fields,
  },

  refuse({ layer }, where) {
    if (layer.returns === 'last') {
      throw new BpttError(
        'invalid-argument',
        `${where}.layer.returns: expected 'all' in one direction, got 'last'; bidirectional(layer, { returns: 'last' }) does it for both`,
      );
    }
    if ('vanishingRegularization' in layer && layer.vanishingRegularization > 0) {
      throw new BpttError(
        'invalid-argument',
        `${where}.layer.vanishingRegularization: expected 0 in one direction of two, got ${layer.vanishingRegularization}`,
      );
    }
  },

  create({ layer, merge }, place) {
    const cell = cellOf(layer);
    const directions = [false, true].map((reverse) => recurrentLayer(cell, layer, place, reverse));
    const columns = merge === 'concat' ? 2 * layer.units : layer.units;
    let both: typeof import('./both-directions.ts');
    return {
      output: { kind: 'features', size: columns },
      parameters: directions.flatMap(({ parameters }) => parameters),
      buffers: buffersOf(directions, cell, merge, layer.units),
      result: 'y',
      keepsResult: false,
      // Those of both directions, merged as the outputs are.
      states: cell.states.map((name) => ({ name, columns, value: name, gradient: `d${name}`, carried: false })),
      adds: true,
      reads: 'both',
      scratch: (kernels, T, B, stepsOf) =>
        Math.max(...directions.map((direction) => direction.scratch(kernels, T, B, stepsOf))),
      async load() {
        for (const direction of directions) await direction.load?.();
        both = await import('./both-directions.ts');
      },
      bind: (binding) =>
        both.bindDirections(binding, { directions, prefixes, states: cell.states, merge, units: layer.units }),
    };
  },
};

/** The directions in front of the names of their buffers. */
const prefixes = ['forward.', 'reverse.'] as const;

function buffersOf(directions: readonly Layer[], { states }: Cell, merge: Merge, H: number): readonly BufferSpec[] {
  const columns = merge === 'concat' ? 2 * H : H;
  return [
    { name: 'y', extent: 'step', columns, type: 'real', kept: true },
    ...directions.flatMap(({ buffers }, index) => buffers.map((buffer) => prefixed(buffer, prefixes[index]!))),
    // What reaches each direction of the gradient of y: of a sum all of it.
    ...(merge === 'sum' ? [] : prefixes).map(
      (prefix): BufferSpec => ({ name: `${prefix}dy`, extent: 'step', columns: H, type: 'real', kept: false }),
    ),
    // The states in which both end, and their gradients.
    ...states.flatMap((name) =>
      [name, `d${name}`].map((own): BufferSpec => ({ name: own, extent: 'batch', columns, type: 'real', kept: false })),
    ),
  ];
}

function prefixed(buffer: BufferSpec, prefix: string): BufferSpec {
  const { inPlaceOf } = buffer;
  return {
    ...buffer,
    name: `${prefix}${buffer.name}`,
    ...(inPlaceOf !== undefined && { inPlaceOf: `${prefix}${inPlaceOf}` }),
  };
}
