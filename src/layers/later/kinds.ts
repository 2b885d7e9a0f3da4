// Kinds of layers whose code a page loads with the models that have some. Their functions only describe; what they say is checked here,
// when a model is created.
import { readable } from '../../base/check.ts';
import type { LayerKind } from '../contract.ts';

const later: Readonly<Record<string, () => Promise<object>>> = {
  activation: async () => (await import('./activation.ts')).activationLayer,
  attention: async () => (await import('./attention.ts')).attentionLayer,
};

/** The kinds that a description names, loaded: those of its entries, and of the activations of dense layers. */
export function kindsNamed(description: unknown): Promise<readonly LayerKind<never>[]> {
  // Of whatever else comes from a file the graph will say that it is no description.
  const names = readable('model', () =>
    [description].flat().map((entry) => {
      const { kind, activation } = Object(entry);
      return kind === 'dense' && activation !== undefined ? 'activation' : kind;
    }),
  );
  const kinds = Object.entries(later).flatMap(([name, load]) => (names.includes(name) ? load() : []));
  return Promise.all(kinds) as Promise<readonly LayerKind<never>[]>;
}
