// The kinds of layers whose code is loaded with the models that have some.
import type { LayerKind } from '../contract.ts';

const later: Readonly<Record<string, () => Promise<object>>> = {
  activation: async () => (await import('./activation.ts')).activationLayer,
  batchNormalization: async () => (await import('./batch-normalization.ts')).batchNormalizationLayer,
  flatten: async () => (await import('./flatten.ts')).flattenLayer,
};

/** Those of them that have these names. */
export function load(names: readonly unknown[]): Promise<readonly LayerKind<never>[]> {
  const kinds = Object.entries(later).flatMap(([name, kind]) => (names.includes(name) ? kind() : []));
  return Promise.all(kinds) as Promise<readonly LayerKind<never>[]>;
}
