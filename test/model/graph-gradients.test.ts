// Gradients of random graphs against finite differences, and their bits.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backpropagation } from '../../src/bptt/backpropagation.ts';
import {
  backpropagate,
  checkGradients,
  createModel,
  type GradientError,
  type Model,
  type Objective,
} from '../../src/index.ts';
import { lossWindowBytes, sizeOf } from '../../src/loss/loss-window.ts';
import { outputLosses } from '../../src/loss/output-losses.ts';
import { type RandomGraph, randomGraph } from '../support/graphs.ts';
import { truncations } from '../support/models.ts';

const seeds = fc.nat(1_000_000);
const create = ({ description }: RandomGraph, dtype: 'f32' | 'f64') => createModel(description, { seed: 1, dtype });

function run(model: Model, { batch }: RandomGraph, objective: Objective) {
  return [...backpropagate(model, batch, objective)].map((window) => ({
    ...window,
    gradients: model.gradients().map(({ data }) => data),
  }));
}

/** A budget with which a batch is read in segments of so many steps, or a few more. */
function budgetFor({ network }: Model, { batch, loss }: RandomGraph, steps: number): number {
  const size = sizeOf(network, batch, steps);
  const losses = outputLosses('loss', network.graph, loss);
  const states =
    network.states.reduce((sum, { columns }) => sum + columns, 0) * batch.rows * network.kernels.realBytes();
  const segments = Math.ceil(sizeOf(network, batch).steps[0]! / steps);
  return lossWindowBytes(network, losses, size, { gradients: true, training: true }) + (segments - 1) * states;
}

/** Below 1e-10 it is the rounding of the differences. */
function expectExact(errors: readonly GradientError[]): void {
  expect(errors.filter((error) => error.relativeError >= 1e-7 && error.absoluteError >= 1e-10)).toEqual([]);
}

describe('any graph', () => {
  it('has the gradients of finite differences, to 1e-7', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const graph = randomGraph(seed, { whole: true });
        expectExact(checkGradients(await create(graph, 'f64'), graph.batch, { loss: graph.loss }));
      }),
      { numRuns: 40 },
    );
  });

  it('leaves nothing in a window that changes a bit of the next batch', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, seeds, async (seed, other) => {
        // Each batch draws masks of its own.
        const graph = randomGraph(seed, { whole: true, noise: false });
        const model = await create(graph, 'f32');
        const bptt = new Backpropagation(model.network, { loss: graph.loss, reduction: 'mean', seed: other });
        const once = () => {
          const [window] = [...bptt.windows(graph.batch)];
          return { window, gradients: model.gradients() };
        };
        const first = once();
        expect(once()).toEqual(first);
        expect(first.window!.loss).toBe(run(model, graph, { loss: graph.loss })[0]!.loss);
        bptt.release();
      }),
      { numRuns: 40 },
    );
  });
});

describe('a graph that need not be there as a whole', () => {
  it('has truncated gradients, to 1e-7', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.constantFrom(...truncations), async (seed, [, truncation]) => {
        const graph = randomGraph(seed, { whole: false });
        const model = await create(graph, 'f64');
        expect(model.network.graph.whole).toBeUndefined();
        const several = Object.keys(graph.loss).length > 1;
        fc.pre(!(several && truncation?.losses === 'window' && truncation.activations !== 'recomputed'));
        expectExact(checkGradients(model, graph.batch, { loss: graph.loss, ...(truncation && { truncation }) }));
      }),
      { numRuns: 40 },
    );
  });

  it('has the same bits within a memory budget', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: 1, max: 3 }), async (seed, steps) => {
        const graph = randomGraph(seed, { whole: false });
        const model = await create(graph, 'f32');
        const memoryBudget = budgetFor(model, graph, steps);
        expect(run(model, graph, { loss: graph.loss, memoryBudget })).toEqual(run(model, graph, { loss: graph.loss }));
      }),
      { numRuns: 40 },
    );
  });
});
