// Which earlier inputs an output depends on.

import { checkInteger } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, integer, type Options, omit, optional } from '../base/fields.ts';
import type { Input } from '../data/batch.ts';
import { stackIn } from '../model/graph.ts';
import type { Model } from '../model/model.ts';
import type { Network } from '../model/network.ts';
import {
  checkReading,
  copyOf,
  type RecurrentLayer,
  recurrentLayer,
  refuseMixedSlopes,
  rowOf,
  rowOfState,
} from './copy.ts';
import { type LayerOptions, layerFields } from './jacobians.ts';
import { norm } from './matrix.ts';
import { Probe } from './probe.ts';

const fields = {
  /** t: the step whose output is asked about. Default: the last. */
  at: optional(integer()),
  /** Which output, before softmax or sigmoid. Default: the largest one. */
  output: optional(integer()),
};

/** Which output `connectivity` asks about, at which step and of which row. */
export interface ConnectivityOptions extends Omit<LayerOptions, 'layer'>, Options<typeof fields> {}

/**
 * The magnitude of the gradient of one output at step t with respect to the input of each step: `‖∂ŷ_t/∂x_s‖` for s = 0, …, t (Madsen 2019,
 * "Visualizing memorization in RNNs", Distill). Inputs are features; tokens are taken for the one-hot vectors that they stand for or, where an
 * embedding reads them, for their embeddings.
 *
 * @returns t + 1 norms, from the first step on.
 * @throws BpttError for wrong inputs and options, for models that read both directions, and where neither an embedding nor a recurrent
 * layer comes first.
 *
 * @example
 * const norms = await connectivity(model, batch, { at: 10 }); // ‖∂ŷ_10/∂x_s‖ for s = 0 to 10
 * console.log(norms);
 */
export async function connectivity(
  model: Model,
  input: Input,
  options: ConnectivityOptions = {},
): Promise<Float64Array> {
  const checked = checkFields('connectivity', options, { ...omit(layerFields, 'layer'), ...fields });
  const { row, state } = checked;
  const first = recurrentLayer('connectivity', model, 0);
  refuseMixedSlopes('connectivity', model);
  const stack = stackIn(model.network.graph, 'connectivity');
  const embedded = stack.description[1]!.kind === 'embedding';
  if (!embedded && first.index !== 0) {
    const { kind } = stack.description[1]!;
    throw new BpttError(
      'invalid-argument',
      `connectivity: expected an embedding or a recurrent layer first, got ${kind}`,
    );
  }
  const given = checkReading('connectivity', model, input, row, state);
  const sequence = rowOf(given.input, row);
  const at = checkInteger('connectivity.at', checked.at ?? sequence.steps - 1, 0, sequence.steps - 1);
  const outputs = stack.layers.at(-1)!.output.size;

  const network = await copyOf(model);
  const probe = new Probe(network, at + 1, 1);
  probe.restore(rowOfState(network, given.state, row));
  probe.append({ ...sequence, steps: at + 1 }, 0, at + 1);
  probe.forward(0, at + 1);
  const values = probe.outputs(network.graph.outputs[0]!, at, at + 1);
  const largest = values.indexOf(Math.max(...values));
  probe.putOutputGradient(at, checkInteger('connectivity.output', checked.output ?? largest, 0, outputs - 1));
  const norms = new Float64Array(at + 1);
  for (let step = at; step >= 0; step--) {
    probe.backward(step, step + 1, {
      headFrom: step === at ? step : step + 1,
      continuesFromLater: step < at,
      continuesToEarlier: true,
    });
    norms[step] = norm(embedded ? probe.outputGradientAt(0, step) : gradientOfInput(probe, network, first, step));
  }
  probe.release();
  return norms;
}

/** `dx = Vᵀ·da` of the first layer. */
function gradientOfInput(
  probe: Probe,
  { graph, arena, parameters, layout, kernels }: Network,
  layer: RecurrentLayer,
  step: number,
): Float64Array {
  const [spec] = graph.layers[0]!.layer.parameters;
  const entry = layout.entries.find((candidate) => candidate.spec === spec)!;
  const G = Math.max(1, spec!.gates?.length ?? 1);
  const { units: H } = layer;
  const da = probe.bufferAt(0, 'a', step, H, G);
  const padded = kernels.padded(H);
  const ld = G * padded;
  const V = arena.reals(parameters + entry.offset, spec!.rows * ld);
  return Float64Array.from({ length: spec!.rows }, (_, i) => {
    let sum = 0;
    for (let gate = 0; gate < G; gate++) {
      for (let j = 0; j < H; j++) sum += V[i * ld + gate * padded + j]! * da[gate * H + j]!;
    }
    return sum;
  });
}
