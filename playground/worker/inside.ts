// What is seen inside of a network: activations, weights, how far gradients reach, what the Jacobian of a step does.
import { BpttError, createModel, dense, elman, features, type Model, sgd, train } from 'bptt';
import {
  eigenvalues,
  gradientByLag,
  hiddenStates,
  jacobians,
  type Matrix,
  recurrentWeights,
  singularValues,
} from 'bptt/diagnostics';
import type { Task } from '../tasks/task.ts';
import type { Grid, Inside } from './messages.ts';

/**
 * Looks at recurrent layer `layer` (0 is the first) while the network reads the task's probe. Each look is for itself: where the numbers
 * are no longer finite some can be taken and others cannot.
 */
export async function lookInside(model: Model, task: Task, layer: number): Promise<Partial<Inside>> {
  const { probe, loss, labels } = task;
  const { targets: _, mask: __, carry: ___, ...input } = probe;
  const [hidden, weights, gradient, spectrum] = [
    await ifFinite(async () => ({ grid: grid('h', await hiddenStates(model, input, { layer })), labels })),
    await ifFinite(async () =>
      Object.entries(recurrentWeights(model, { layer })).map(([gate, matrix]) =>
        grid(gate === 'h' ? 'W' : `W_${gate}`, matrix),
      ),
    ),
    await ifFinite(async () => [...(await gradientByLag(model, probe, { loss, layer, at: probe.steps - 1 }))]),
    await ifFinite(async () => spectrumOf(await lastJacobian(model, probe, layer))),
  ];
  return {
    ...(hidden && { hidden }),
    ...(weights && { weights }),
    ...(gradient && { gradient }),
    ...(spectrum && { spectrum }),
  };
}

/** What it gives, or nothing where it fails because numbers are not finite. */
export async function ifFinite<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BpttError && error.code === 'non-finite') return undefined;
    throw error;
  }
}

function spectrumOf(jacobian: Matrix): Inside['spectrum'] {
  const { real, imaginary } = eigenvalues(jacobian);
  const stretches = singularValues(jacobian);
  return { real: [...real], imaginary: [...imaginary], most: stretches[0]!, least: stretches.at(-1)! };
}

/** The Jacobian of the probe's last step. The steps before are only read, which is faster. */
async function lastJacobian(model: Model, { inputs, steps: T }: Task['probe'], layer: number): Promise<Matrix> {
  const width = inputs.length / T;
  const { state } = model.forward({ steps: T - 1, rows: 1, inputs: inputs.subarray(0, (T - 1) * width) });
  const last = { steps: 1, rows: 1, inputs: inputs.subarray((T - 1) * width) };
  const { steps } = await jacobians(model, last, { layer, state });
  return steps.at(-1)!;
}

/** @throws BpttError where a number is not finite: it has no colour. */
function grid(name: string, { rows, columns, data }: Matrix): Grid {
  const values = Float32Array.from(data);
  if (!values.every(Number.isFinite)) throw new BpttError('non-finite', `${name}: expected finite numbers`);
  return { name, rows, columns, values };
}

/** Has all code loaded that looking inside, and going on with other settings, need, so that nothing is loaded later. */
export async function warmUp(): Promise<void> {
  const model = await createModel([features(1), elman({ units: 1 }), dense({ units: 1 })]);
  const batch = { steps: 1, rows: 1, inputs: new Float32Array(1), targets: new Float32Array(1) };
  await hiddenStates(model, batch);
  const options = {
    data: [batch],
    loss: 'mean-squared-error',
    optimizer: sgd({ learningRate: 0 }),
    groups: [{ match: '*weight_hh*', frozen: true }],
  } as const;
  let resume: Uint8Array | undefined;
  for await (const event of train(model, { ...options, steps: 1, checkpoint: { every: 1 } })) {
    if (event.type === 'checkpoint') resume = event.bytes;
  }
  for await (const _ of train(model, { ...options, steps: 1, resume: resume! }));
}
