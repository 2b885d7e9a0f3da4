// A recurrent layer in both directions.

import { BpttError } from '../../base/errors.ts';
import { type Checked, checkFields, type Options, oneOf, withDefault } from '../../base/fields.ts';
import type { BoundLayer, BufferSpec, Layer, LayerKind, Track } from '../contract.ts';
import { checkDescription, describe } from '../describe.ts';
import { at } from '../parts/address.ts';
import { cellOf, cells, type DirectedDescription } from './cells.ts';
import { returns } from './options.ts';
import { recurrentName } from './parameters.ts';
import { recurrentLayer } from './recurrent.ts';

export const merges = ['concat', 'sum'] as const;

const fields = {
  /** How the outputs of both directions become one: side by side, forward first, [T,B,2H] (default), or their sum [T,B,H]. */
  merge: withDefault(oneOf(...merges), 'concat'),
  /** As of one direction; the last of the backward direction is its state after the first step. Default `all`. */
  returns,
};

export interface BidirectionalOptions extends Options<typeof fields> {}

export interface BidirectionalDescription extends Checked<typeof fields> {
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
  return describe(bidirectionalLayer, { layer, ...checkFields('bidirectional', options, fields) });
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

  create({ layer, merge, returns }, input, ordinal) {
    const H = layer.units;
    const columns = merge === 'concat' ? 2 * H : H;
    const number = ordinal('recurrent');
    const cell = cellOf(layer);
    const directions: readonly Layer[] = [false, true].map((reverse) =>
      recurrentLayer(cell, layer, input, recurrentName(number, reverse), reverse),
    );
    const prefixes = ['forward.', 'reverse.'];
    const last = returns === 'last';
    const split = merge === 'concat' || last;
    return {
      output: { kind: 'features', size: columns },
      parameters: directions.flatMap(({ parameters }) => parameters),
      buffers: [
        { name: 'y', extent: 'step', columns, type: 'real', kept: true },
        ...directions.flatMap(({ buffers }, index) => buffers.map((buffer) => prefixed(buffer, prefixes[index]!))),
        // What reaches each direction of the gradient of y.
        ...(split ? prefixes : []).map(
          (prefix): BufferSpec => ({ name: `${prefix}dy`, extent: 'step', columns: H, type: 'real', kept: false }),
        ),
      ],
      result: 'y',
      returns,
      keepsResult: false,
      state: [],
      reads: 'both',

      scratch: (kernels, T, B) => Math.max(...directions.map((direction) => direction.scratch(kernels, T, B))),

      bind(binding) {
        const { kernels, rows: B, dOutput } = binding;
        const real = kernels.realBytes();
        const y = binding.buffer('y');
        const dys = prefixes.map((prefix) => (split ? binding.buffer(`${prefix}dy`) : dOutput));
        const bound: readonly BoundLayer[] = directions.map((direction, index) =>
          direction.bind({
            ...binding,
            addToInput: index === 1 || binding.addToInput === true,
            dOutput: dys[index]!,
            buffer: (name) => binding.buffer(`${prefixes[index]}${name}`),
          }),
        );
        const forwardState = binding.buffer('forward.h');
        // Slot t + 1 is the output of step t forwards, slot t in reverse.
        const outputs: readonly Track[] = [
          { ...forwardState, pointer: forwardState.pointer + forwardState.stride },
          binding.buffer('reverse.h'),
        ];
        return {
          draw(from, to, draw) {
            for (const direction of bound) direction.draw?.(from, to, draw);
          },
          forward(from, to, pass) {
            for (const [index, direction] of bound.entries()) {
              direction.forward(from, to, pass);
              // The steps of y that this direction gives, and where they come from.
              const first = last ? to - 1 : from;
              const h = at(outputs[index]!, last && index === 1 ? from : first);
              const n = (to - first) * B;
              if (merge === 'concat') {
                kernels.copyColumns(at(y, first) + index * H * real, h, n, H, y.ld, outputs[index]!.ld);
              } else if (index === 0) kernels.copy(at(y, first), h, n * y.ld);
              else kernels.add(at(y, first), h, n * y.ld);
            }
          },
          backward(from, to, pass) {
            for (const [index, direction] of bound.entries()) {
              const dy = dys[index]!;
              if (split) {
                const first = last ? to - 1 : from;
                if (last) kernels.clear(at(dy, from), (to - from) * B * dy.ld);
                const half = merge === 'concat' ? index * H * real : 0;
                const target = at(dy, last && index === 1 ? from : first);
                kernels.copyColumns(target, at(dOutput, first) + half, (to - first) * B, H, dy.ld, dOutput.ld);
              }
              direction.backward(from, to, pass);
            }
          },
        };
      },
    };
  },
};

function prefixed(buffer: BufferSpec, prefix: string): BufferSpec {
  const { inPlaceOf } = buffer;
  return {
    ...buffer,
    name: `${prefix}${buffer.name}`,
    ...(inPlaceOf !== undefined && { inPlaceOf: `${prefix}${inPlaceOf}` }),
  };
}
