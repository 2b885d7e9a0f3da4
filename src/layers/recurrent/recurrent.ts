// A recurrent layer of any cell, in one direction: the products of all steps around the kernels' loop over time. What a cell is, is
// data: elman.ts, lstm.ts and gru.ts.
import type { Signal } from '../../base/signal.ts';
import type { Kernels } from '../../wasm/kernels.ts';
import type { Binding, BoundLayer, Layer, Track } from '../contract.ts';
import { bindProjection, projectionScratch } from '../parts/projection.ts';
import { type Buffers, bindBuffers, type DirectedLayer, gradientTracks, recurrentBuffers } from './buffers.ts';
import type { Cell, RecurrentKind } from './cell.ts';
import { bindInputNorm } from './input-norm.ts';
import { bindMasks } from './masks.ts';
import type { RecurrentDescription } from './options.ts';
import { recurrentName, recurrentParameters } from './parameters.ts';
import { bindPlan } from './plan.ts';
import { bindStateWeights } from './state-weights.ts';

/** A kind of layer that runs its cell from the first step to the last. */
export function recurrentKind<Description extends RecurrentDescription & { readonly kind: string }>(
  said: Omit<RecurrentKind<Description>, 'create'>,
): RecurrentKind<Description> {
  return {
    ...said,
    create(description, input, ordinal) {
      const name = recurrentName(ordinal('recurrent'), false);
      return recurrentLayer(said.cell(description), description, input, name, false);
    },
  };
}

/** A layer in one direction. `name` gives the full name of `weight_ih`, `weight_hh`, `bias_ih`, `bias_hn` and `peephole`. */
export function recurrentLayer(
  cell: Cell,
  description: RecurrentDescription,
  input: Signal,
  name: (part: string) => string,
  reverse: boolean,
): Layer {
  const { units: H, returns } = description;
  const { names, parameters } = recurrentParameters(cell, description, input, name);
  const layer: DirectedLayer = { cell, description, input, names, reverse };
  return {
    output: { kind: 'features', size: H },
    parameters,
    buffers: recurrentBuffers(layer),
    result: 'h',
    returns,
    keepsResult: true,
    state: cell.states,
    reads: reverse ? 'both' : 'past',
    scratch(kernels: Kernels, T: number, B: number) {
      const width = projectedColumns(layer, kernels);
      return Math.max(
        projectionScratch(kernels, input, width, T * B),
        kernels.recurrentScratch(B, H, cell.gates.length),
        kernels.gemmScratch(H, width, T * B),
        cell.vanishing ? kernels.gemmScratch(T * B, H, H) : 0,
      );
    },
    bind: (binding) => bindRecurrent(layer, binding),
  };
}

/** Columns of V x: with several gates each of them is padded. */
function projectedColumns({ cell, description }: DirectedLayer, kernels: Kernels): number {
  const G = cell.gates.length;
  return G === 1 ? description.units : G * kernels.padded(description.units);
}

function bindRecurrent(layer: DirectedLayer, binding: Binding): BoundLayer {
  const { kernels, rows: B } = binding;
  const buffers = bindBuffers(layer, binding);
  const { h, c, a, dh, dc } = buffers;
  const projection = bindInput(layer, binding, buffers);
  const norm = bindInputNorm(layer, binding, buffers);
  const masks = bindMasks(binding, buffers, layer.description);
  const weights = bindStateWeights(layer, binding, buffers);
  const plan = bindPlan(layer, binding, buffers, weights);
  /** No state, or no gradient of one. */
  const clear = (track: Track | undefined, step = 0) => {
    if (track !== undefined) kernels.clear(track.pointer + step * track.stride, B * track.ld);
  };
  return {
    ...(weights.penalty && { penalties: [weights.penalty] }),

    draw(from, to, draw) {
      masks.draw(from, to, draw);
      weights.draw(draw);
    },

    forward(from, to, pass) {
      projection.forward(a, from, to);
      norm?.forward(from, to);
      if (layer.reverse) {
        clear(h, to);
        clear(c, to);
      }
      if (!pass.training) masks.fill(from, to);
      weights.prepare(pass);
      kernels.recurrentForward(plan(from, to, pass));
    },

    backward(from, to, pass) {
      const gradients = gradientTracks(buffers, layer, pass);
      if (!pass.continuesFromLater) {
        clear(dh);
        clear(dc);
      }
      kernels.recurrentBackward(plan(from, to, pass));
      weights.backward(gradients, from, to, pass);
      norm?.backward(gradients.da, from, to);
      projection.backward(gradients.da, from, to, pass);
    },
  };
}

/** V x + b of all steps; a normalised product gets its bias after the norm. */
function bindInput(layer: DirectedLayer, binding: Binding, { packedV }: Buffers) {
  const { description, input, names } = layer;
  const ends = !description.layerNorm;
  const parts = {
    ...binding,
    weight: binding.parameter(names.V),
    dWeight: binding.gradient(names.V),
    bias: ends ? binding.parameter(names.b) : 0,
    dBias: ends ? binding.gradient(names.b) : 0,
    packed: packedV?.pointer ?? 0,
  };
  return bindProjection(parts, input, projectedColumns(layer, binding.kernels), binding.scratch);
}
