// Class weights by how often each class is a target of the data of a training.
import { BpttError } from '../base/errors.ts';
import { lengthsOf, stepsOf, valuesOf } from '../data/batch.ts';
import { batchesOf, type Data } from '../data/dataset.ts';
import type { LayerNode } from '../model/graph.ts';

/**
 * n / (C n_c) for each class, as scikit-learn's: n targets that count, n_c of class c, C classes.
 *
 * @throws BpttError for a class that is no target.
 */
export async function balancedWeights(
  node: LayerNode,
  data: Data,
  ignore: number | undefined,
): Promise<readonly number[]> {
  const counts = new Float64Array(node.output.size);
  const row = node.clock.kind === 'row';
  for await (const batch of batchesOf(data, 0, 0)) {
    const { rows } = batch;
    const targets = valuesOf<ArrayLike<number>>(batch.targets, node.name);
    const mask = batch.mask && valuesOf<ArrayLike<number>>(batch.mask, node.name);
    const lengths = row ? undefined : lengthsOf(batch, node.clock);
    const steps = row ? 1 : stepsOf(batch, node.clock);
    for (let i = 0; i < steps * rows; i++) {
      if (Math.floor(i / rows) >= (lengths?.[i % rows] ?? steps)) continue;
      const target = targets[i]!;
      // What is no class the training refuses, and says where it is.
      if (target !== ignore && counts[target] !== undefined) counts[target] += mask?.[i] ?? 1;
    }
  }
  const none = counts.indexOf(0);
  if (none >= 0) {
    throw new BpttError(
      'invalid-argument',
      `fit.loss.classWeights: expected targets of all ${counts.length} classes with 'balanced', got none of class ${none}; give the weights as numbers`,
    );
  }
  const all = counts.reduce((sum, n) => sum + n, 0);
  return [...counts].map((n) => all / (counts.length * n));
}
