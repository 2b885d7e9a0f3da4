// A recurrent layer of any cell, in one direction: the products of all steps around the kernels' loop over time. What a cell is, is
// data: elman.ts, lstm.ts and gru.ts.
import type { Kernels } from '../../wasm/kernels.ts';
import type { Binding, BoundLayer, Layer, Place, Track } from '../contract.ts';
import { bindProjection, projectionScratch } from '../parts/projection.ts';
import { bindBuffers, type DirectedLayer, gradientTracks, recurrentBuffers } from './buffers.ts';
import type { Cell, RecurrentKind } from './cell.ts';
import type { Extras } from './extras.ts';
import type { RecurrentDescription } from './options.ts';
import { recurrentParameters } from './parameters.ts';
import { bindPlan } from './plan.ts';
import { bindStateWeights } from './state-weights.ts';

/** A kind of layer that runs its cell from the first step to the last. */
export function recurrentKind<Description extends RecurrentDescription & { readonly kind: string }>(
  said: Omit<RecurrentKind<Description>, 'create'>,
): RecurrentKind<Description> {
  return {
    ...said,
    create(description, place) {
      return recurrentLayer(said.cell(description), description, place, false);
    },
  };
}

/** A layer in one direction. */
export function recurrentLayer(cell: Cell, description: RecurrentDescription, place: Place, reverse: boolean): Layer {
  const { units: H } = description;
  const input = place.ports[0]!.signal;
  const { names, parameters } = recurrentParameters(cell, description, place, reverse);
  const layer: DirectedLayer = { cell, description, input, names, reverse };
  const extras: Extras = {};
  return {
    output: { kind: 'features', size: H },
    parameters,
    buffers: recurrentBuffers(layer),
    result: 'h',
    keepsResult: true,
    states: cell.states.map((name) => ({ name, columns: H, value: name, gradient: `d${name}`, carried: true })),
    adds: true,
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
    async load() {
      const { layerNorm, recurrentDropout, zoneout, weightDropout } = description;
      if (cell.vanishing) Object.assign(extras, await import('./vanishing.ts'));
      if (layerNorm) Object.assign(extras, await import('./input-norm.ts'));
      if (weightDropout > 0) Object.assign(extras, await import('./weight-dropout.ts'));
      if (recurrentDropout > 0 || zoneout.hidden || zoneout.cell) Object.assign(extras, await import('./masks.ts'));
    },
    bind: (binding) => bindRecurrent(layer, binding, extras),
  };
}

/** Columns of V x: with several gates each of them is padded. */
function projectedColumns({ cell, description }: DirectedLayer, kernels: Kernels): number {
  const G = cell.gates.length;
  return G === 1 ? description.units : G * kernels.padded(description.units);
}

function bindRecurrent(layer: DirectedLayer, binding: Binding, extras: Extras): BoundLayer {
  const { kernels, rows: B } = binding;
  const buffers = bindBuffers(layer, binding);
  const { h, c, a } = buffers;
  const projection = bindInput(layer, binding);
  const norm = extras.bindInputNorm?.(layer, binding, buffers);
  const masks = extras.bindMasks?.(binding, buffers, layer.description);
  const weights = bindStateWeights(layer, binding, buffers, extras);
  const plan = bindPlan(layer, binding, buffers, weights);
  /** No state, or no gradient of one. */
  const clear = (track: Track | undefined, step = 0) => {
    if (track !== undefined) kernels.clear(track.pointer + step * track.stride, B * track.ld);
  };
  return {
    ...(weights.penalty && { penalties: [weights.penalty] }),

    ...((masks || weights.draw) && {
      draw(from, to, draw) {
        masks?.draw(from, to, draw);
        weights.draw?.(draw);
      },
    }),

    forward(from, to, pass) {
      projection.forward(a, from, to);
      norm?.forward(from, to);
      if (layer.reverse) {
        clear(h, to);
        clear(c, to);
      }
      if (!pass.training) masks?.fill(from, to);
      weights.prepare(pass);
      kernels.recurrentForward(plan(from, to, pass));
    },

    backward(from, to, pass) {
      const gradients = gradientTracks(buffers, layer, pass);
      kernels.recurrentBackward(plan(from, to, pass));
      weights.backward(gradients, from, to, pass);
      norm?.backward(gradients.da, from, to);
      projection.backward(gradients.da, from, to, pass);
    },
  };
}

/** V x + b of all steps; a normalised product gets its bias after the norm. */
function bindInput(layer: DirectedLayer, binding: Binding) {
  const { description, input, names } = layer;
  const ends = !description.layerNorm;
  const parts = {
    ...binding,
    input: binding.inputs[0]!,
    weight: binding.weight(names.V),
    bias: ends ? binding.parameter(names.b) : 0,
    dBias: ends ? binding.gradient(names.b) : 0,
  };
  return bindProjection(parts, input, projectedColumns(layer, binding.kernels), binding.scratch);
}
