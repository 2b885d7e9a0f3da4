// The kinds of layers whose code is loaded with the models that have some.
import type { LayerKind } from '../contract.ts';

const later: Readonly<Record<string, () => Promise<object>>> = {
  activation: async () => (await import('./activation.ts')).activationLayer,
  averagePool: async () => (await import('./pooling.ts')).averagePoolLayer,
  attention: async () => (await import('./attention.ts')).attentionLayer,
  batchNormalization: async () => (await import('./batch-normalization.ts')).batchNormalizationLayer,
  conv1d: async () => (await import('./convolution.ts')).conv1dLayer,
  conv2d: async () => (await import('./convolution.ts')).conv2dLayer,
  flatten: async () => (await import('./flatten.ts')).flattenLayer,
  groupNormalization: async () => (await import('./group-normalization.ts')).groupNormalizationLayer,
  maxPool: async () => (await import('./pooling.ts')).maxPoolLayer,
};

/** Those of them that have these names. */
export function load(names: readonly unknown[]): Promise<readonly LayerKind<never>[]> {
  const kinds = Object.entries(later).flatMap(([name, kind]) => (names.includes(name) ? kind() : []));
  return Promise.all(kinds) as Promise<readonly LayerKind<never>[]>;
}
