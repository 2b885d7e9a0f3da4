// What is seen inside of a network: activations, weights, how far gradients reach, where the Jacobian's eigenvalues lie.
import { createModel, dense, elman, features, type Model } from 'bptt';
import { eigenvalues, gradientByLag, hiddenStates, jacobians, type Matrix, recurrentWeights } from 'bptt/diagnostics';
import type { Task } from '../tasks/task.ts';
import type { Grid, Inside } from './messages.ts';

/** Looks at recurrent layer `layer` (0 is the first) while the network reads the task's probe. */
export async function lookInside(
  model: Model,
  { probe, loss, labels }: Task,
  layer: number,
  step: number,
): Promise<Inside> {
  const { targets: _, mask: __, carry: ___, ...input } = probe;
  const hidden = await hiddenStates(model, input, { layer });
  const gradient = await gradientByLag(model, probe, { loss, layer, at: probe.steps - 1 });
  const jacobian = await lastJacobian(model, probe, layer);
  const { real, imaginary } = eigenvalues(jacobian);
  return {
    step,
    hidden: grid('h', hidden),
    labels,
    weights: Object.entries(recurrentWeights(model, { layer })).map(([gate, matrix]) =>
      grid(gate === 'h' ? 'W' : `W_${gate}`, matrix),
    ),
    gradient: [...gradient],
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

function grid(name: string, { rows, columns, data }: Matrix): Grid {
  return { name, rows, columns, values: Float32Array.from(data) };
}

/** Has all code loaded that looking inside needs, so that nothing is loaded later. */
export async function warmUp(): Promise<void> {
  const model = await createModel([features(1), elman({ units: 1 }), dense({ units: 1 })]);
  await hiddenStates(model, { steps: 1, rows: 1, inputs: new Float32Array(1) });
}
