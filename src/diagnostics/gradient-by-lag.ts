// How much of a loss's gradient arrives so many steps before it.

import { checkInteger, checkLegible } from '../base/check.ts';
import { checkFields, integer, type Options, omit, optional } from '../base/fields.ts';
import { type Batch, checkBatch } from '../data/batch.ts';
import { lossName } from '../loss/losses.ts';
import { outputLosses, slotsOf } from '../loss/output-losses.ts';
import { stackIn } from '../model/graph.ts';
import type { Model } from '../model/model.ts';
import { checkState } from '../model/state.ts';
import { copyOf, recurrentLayer, refuseMixedSlopes } from './copy.ts';
import { type LayerOptions, layerFields } from './jacobians.ts';
import { norm } from './matrix.ts';
import { Probe } from './probe.ts';

const fields = {
  /** The loss whose gradient goes back, by its name. */
  loss: lossName,
  /** t: the step whose loss goes back. Default: the last. */
  at: optional(integer()),
};

/** Which loss goes back in `gradientByLag`, from which step and through which layer. */
export interface GradientByLagOptions extends Omit<LayerOptions, 'row'>, Options<typeof fields> {}

/**
 * `‖∂L_t/∂h_{t-k}‖` for the lags k = 0, 1, …: the gradient of one step's loss with respect to the hidden states at and before it, its
 * Euclidean norm for each row, the mean over the rows (Pascanu, Mikolov and Bengio 2013, eqs. 4 and 5). The loss is the row's own, not
 * divided by how many there are. Through all layers: what a layer above carries back arrives too.
 *
 * @returns a norm for each lag, t + 1 in all.
 * @throws BpttError for wrong batches and options, and for models that read both directions.
 *
 * @example
 * const norms = await gradientByLag(model, batch, { loss: 'cross-entropy' });
 * console.log(norms[10] / norms[0]); // how much of the gradient is left ten steps back
 */
export async function gradientByLag(
  model: Model,
  reading: Batch,
  options: GradientByLagOptions,
): Promise<Float64Array> {
  const {
    loss,
    layer: number,
    state: start,
    ...given
  } = checkFields('gradientByLag', options, { ...fields, ...omit(layerFields, 'row') });
  const { index } = recurrentLayer('gradientByLag', model, number);
  refuseMixedSlopes('gradientByLag', model);
  const { graph, dtype } = model.network;
  const stack = stackIn(graph, 'gradientByLag');
  checkLegible('gradientByLag(batch)', reading, 'an object of steps, rows, inputs and targets');
  const batch = checkBatch(
    'gradientByLag',
    reading,
    slotsOf(graph, outputLosses('gradientByLag.loss', graph, loss)),
    dtype,
  );
  const state = checkState(model.network, start, batch.rows);
  const T = batch.steps;
  // A model with one output a row has the loss of the last step.
  const at = checkInteger('gradientByLag.at', given.at ?? T - 1, stack.last ? T - 1 : 0, T - 1);

  const network = await copyOf(model);
  const probe = new Probe(network, at + 1, batch.rows, loss);
  probe.restore(state);
  probe.appendBatch(stack.last ? batch : { ...batch, steps: at + 1 }, 0, at + 1);
  probe.forward(0, at + 1);
  probe.takeLoss(at, at + 1, [1]);
  const own = network.graph.stack!.nodes[index]!;
  const lastOf = network.graph.layers.find(
    ({ layer, inputs }) => layer.takes === 'last-state' && inputs[0] === own.index,
  );
  const norms = new Float64Array(at + 1);
  let carried: Float64Array | undefined;
  for (let step = at; step >= 0; step--) {
    // One step at a time: what arrives is what came through the states, and from the layers above.
    probe.backward(step, step + 1, {
      headFrom: step === at ? step : step + 1,
      continuesFromLater: step < at,
      continuesToEarlier: true,
    });
    const arrived = Float64Array.from(probe.outputGradientAt(index, step));
    // Where the last state alone is read, its gradient is that of what took it.
    if (step === at && lastOf !== undefined) arrived.set(probe.gradientAt(lastOf, 0));
    if (carried !== undefined) for (let i = 0; i < arrived.length; i++) arrived[i]! += carried[i]!;
    norms[at - step] = meanNorm(arrived, batch.rows);
    carried = Float64Array.from(probe.stateGradients(index)[0]!);
  }
  probe.release();
  return norms;
}

function meanNorm(values: Float64Array, rows: number): number {
  const width = values.length / rows;
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += norm(values.subarray(row * width, (row + 1) * width));
  return sum / rows;
}
