// Data-parallel training of graphs: the bits are those of the blocks, whatever number of threads.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { adam, createModel, train } from '../../../src/index.ts';
import { workers } from '../../../src/worker/index.ts';
import { randomGraph } from '../../support/graphs.ts';

it('has the same bits and losses with one, two and four threads', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(1_000_000), fc.boolean(), async (seed, whole) => {
      const { description, batch, loss } = randomGraph(seed, { whole });
      const trained = async (count: number) => {
        const model = await createModel(description, { seed: 1 });
        const losses: number[] = [];
        const options = { data: [batch, batch], steps: 3, loss, optimizer: adam({ learningRate: 0.01 }) };
        for await (const event of train(model, { ...options, parallel: workers({ count, blocks: 4 }) })) {
          if (event.type === 'step') losses.push(event.loss);
        }
        return { losses, parameters: model.parameters() };
      };
      const one = await trained(1);
      expect(one.losses).toHaveLength(3);
      for (const count of [2, 4]) expect(await trained(count)).toEqual(one);
    }),
    { numRuns: 6 },
  );
});

it('has the losses of one thread without blocks, but for rounding', async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    // Masks are drawn block by block.
    const { description, batch, loss } = randomGraph(seed, { whole: true, noise: false });
    const trained = async (blocks?: number) => {
      const model = await createModel(description, { seed: 1, dtype: 'f64' });
      const options = { data: [batch], steps: 2, loss, optimizer: adam({ learningRate: 0.01 }) };
      const parallel = blocks === undefined ? {} : { parallel: workers({ count: 1, blocks }) };
      const losses: number[] = [];
      for await (const event of train(model, { ...options, ...parallel })) {
        if (event.type === 'step') losses.push(event.loss);
      }
      return losses;
    };
    const [alone, inBlocks] = [await trained(), await trained(3)];
    for (const [index, value] of alone.entries()) expect(inBlocks[index]).toBeCloseTo(value, 9);
  }
});
