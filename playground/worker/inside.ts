// What is seen inside of a network: activations, weights, how far gradients reach, where the Jacobian's eigenvalues lie.
import { createModel, dense, elman, features, type Model } from 'bptt';
import { eigenvalues, gradientByLag, hiddenStates, jacobians, type Matrix } from 'bptt/diagnostics';
import type { Task } from '../tasks/task.ts';
import type { Grid, Inside } from './messages.ts';

/** The names of the gates as their rows lie in a recurrent weight matrix, PyTorch's order. */
const gates: Readonly<Record<string, readonly string[]>> = {
  elman: ['W'],
  lstm: ['W_i', 'W_f', 'W_g', 'W_o'],
  gru: ['W_r', 'W_z', 'W_n'],
};

/** Looks at recurrent layer `layer` (0 is the first) while the network reads the task's probe. */
export async function lookInside(
  model: Model,
  { probe, loss, labels }: Task,
  layer: number,
  step: number,
): Promise<Inside> {
  const { targets: _, mask: __, carry: ___, ...input } = probe;
  const hidden = await hiddenStates(model, input, { layer });
  const { norms } = await gradientByLag(model, probe, { loss, layer, at: probe.steps - 1 });
  const jacobian = await lastJacobian(model, probe, layer);
  const { real, imaginary } = eigenvalues(jacobian);
  return {
    step,
    hidden: grid('h', hidden),
    labels,
    weights: recurrentWeights(model, layer),
    gradient: [...norms],
    spectrum: { real: [...real], imaginary: [...imaginary] },
  };
}

/** The Jacobian of the probe's last step. The steps before are only read, which is faster. */
async function lastJacobian(model: Model, { inputs, steps: T }: Task['probe'], layer: number): Promise<Matrix> {
  const width = inputs.length / T;
  const { state } = model.forward({ steps: T - 1, rows: 1, inputs: inputs.subarray(0, (T - 1) * width) });
  const last = { steps: 1, rows: 1, inputs: inputs.subarray((T - 1) * width) };
  const { steps } = await jacobians(model, last, { layer, state });
  return steps.at(-1)!;
}

/** W of a layer, a grid a gate. */
function recurrentWeights(model: Model, layer: number): readonly Grid[] {
  const parameter = model.parameters().find(({ name }) => name === `rnn.weight_hh_l${layer}`)!;
  const kind = model.description.slice(1).find((description) => description.kind in gates)!.kind;
  const H = parameter.shape[1]!;
  return gates[kind]!.map((name, gate) => ({
    name,
    rows: H,
    columns: H,
    values: Float32Array.from(parameter.data.subarray(gate * H * H, (gate + 1) * H * H)),
  }));
}

function grid(name: string, { rows, columns, data }: Matrix): Grid {
  return { name, rows, columns, values: Float32Array.from(data) };
}

/** Has all code loaded that looking inside needs, so that nothing is loaded later. */
export async function warmUp(): Promise<void> {
  const model = await createModel([features(1), elman({ units: 1 }), dense({ units: 1 })]);
  await hiddenStates(model, { steps: 1, rows: 1, inputs: new Float32Array(1) });
}
