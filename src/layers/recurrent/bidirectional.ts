// A recurrent layer in both directions.

import { BpttError } from '../../base/errors.ts';
import { type Checked, checkFields, type Options, oneOf, withDefault } from '../../base/fields.ts';
import type { Kernels, Pointer } from '../../wasm/kernels.ts';
import type { Binding, BoundLayer, BoundPort, BufferSpec, Layer, LayerKind, Track } from '../contract.ts';
import { checkDescription, describe, type EntryOptions, entryFields } from '../describe.ts';
import { at } from '../parts/address.ts';
import type { Cell } from './cell.ts';
import { cellOf, cells, type DirectedDescription } from './cells.ts';
import { returns } from './options.ts';
import { recurrentLayer } from './recurrent.ts';

export const merges = ['concat', 'sum'] as const;

const fields = {
  /** How the outputs of both directions become one: side by side, forward first, [T,B,2H] (default), or their sum [T,B,H]. */
  merge: withDefault(oneOf(...merges), 'concat'),
  /** As of one direction; the last of the backward direction is its state after the first step. Default `all`. */
  returns,
};

export interface BidirectionalOptions extends EntryOptions, Options<typeof fields> {}

export interface BidirectionalDescription extends EntryOptions, Checked<typeof fields> {
  readonly kind: 'bidirectional';
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
      scratch: (kernels, T, B) => Math.max(...directions.map((direction) => direction.scratch(kernels, T, B))),
      bind: (binding) => bindDirections(binding, directions, cell, merge, layer.units),
    };
  },
};

type Merge = BidirectionalDescription['merge'];

const prefixes = ['forward.', 'reverse.'] as const;

function buffersOf(directions: readonly Layer[], { states }: Cell, merge: Merge, H: number): readonly BufferSpec[] {
  const columns = merge === 'concat' ? 2 * H : H;
  return [
    { name: 'y', extent: 'step', columns, type: 'real', kept: true },
    ...directions.flatMap(({ buffers }, index) => buffers.map((buffer) => prefixed(buffer, prefixes[index]!))),
    // What reaches each direction of the gradient of y.
    ...(merge === 'concat' ? prefixes : []).map(
      (prefix): BufferSpec => ({ name: `${prefix}dy`, extent: 'step', columns: H, type: 'real', kept: false }),
    ),
    // The states in which both end, and their gradients.
    ...states.flatMap((name) =>
      [name, `d${name}`].map((own): BufferSpec => ({ name: own, extent: 'batch', columns, type: 'real', kept: false })),
    ),
  ];
}

function bindDirections(
  binding: Binding,
  directions: readonly Layer[],
  { states }: Cell,
  merge: Merge,
  H: number,
): BoundLayer {
  const { kernels, rows: B, dOutput } = binding;
  const [input] = binding.inputs as [BoundPort];
  const dys = prefixes.map((prefix) => (merge === 'concat' ? binding.buffer(`${prefix}dy`) : dOutput));
  const bound = directions.map((direction, index) =>
    direction.bind({
      ...binding,
      inputs: [{ ...input, add: index === 1 || input.add }],
      dOutput: dys[index]!,
      buffer: (name) => binding.buffer(`${prefixes[index]}${name}`),
    }),
  );
  const y = binding.buffer('y');
  const forwardState = binding.buffer('forward.h');
  // Slot t + 1 is the output of step t forwards, slot t in reverse.
  const outputs: readonly Track[] = [
    { ...forwardState, pointer: forwardState.pointer + forwardState.stride },
    binding.buffer('reverse.h'),
  ];
  const { join, cut } = merger(kernels, merge, H);
  return {
    draw(from, to, draw) {
      for (const direction of bound) direction.draw?.(from, to, draw);
    },
    forward(from, to, pass) {
      for (const [index, direction] of bound.entries()) {
        direction.forward(from, to, pass);
        join(index, at(y, from), y.ld, at(outputs[index]!, from), outputs[index]!.ld, (to - from) * B);
        for (const name of states) {
          const state = binding.buffer(name);
          const own = binding.buffer(`${prefixes[index]}${name}`);
          join(index, state.pointer, state.ld, at(own, index === 0 ? to : from), own.ld, B);
        }
      }
    },
    backward(from, to, pass) {
      for (const [index, direction] of bound.entries()) {
        const dy = dys[index]!;
        if (merge === 'concat') cut(index, at(dy, from), dy.ld, at(dOutput, from), dOutput.ld, (to - from) * B);
        for (const name of states) {
          const state = binding.buffer(`d${name}`);
          const own = binding.buffer(`${prefixes[index]}d${name}`);
          cut(index, own.pointer, own.ld, state.pointer, state.ld, B);
        }
        direction.backward(from, to, pass);
      }
    },
  };
}

/** How rows of both directions become one, and the gradient of that becomes theirs. */
function merger(kernels: Kernels, merge: Merge, H: number) {
  const real = kernels.realBytes();
  return {
    join(index: number, both: Pointer, ldBoth: number, own: Pointer, ld: number, rows: number): void {
      if (merge === 'concat') kernels.copyColumns(both + index * H * real, own, rows, H, ldBoth, ld);
      else if (index === 0) kernels.copy(both, own, rows * ld);
      else kernels.add(both, own, rows * ld);
    },
    cut(index: number, own: Pointer, ld: number, both: Pointer, ldBoth: number, rows: number): void {
      if (merge === 'concat') kernels.copyColumns(own, both + index * H * real, rows, H, ld, ldBoth);
      else kernels.copy(own, both, rows * ld);
    },
  };
}

function prefixed(buffer: BufferSpec, prefix: string): BufferSpec {
  const { inPlaceOf } = buffer;
  return {
    ...buffer,
    name: `${prefix}${buffer.name}`,
    ...(inPlaceOf !== undefined && { inPlaceOf: `${prefix}${inPlaceOf}` }),
  };
}
