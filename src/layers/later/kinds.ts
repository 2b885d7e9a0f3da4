// Kinds of layers whose code a page loads with the models that have some. Their functions only describe; what they say is checked here,
// when a model is created.
import { readable } from '../../base/check.ts';
import type { LayerKind } from '../contract.ts';
import { isInput } from '../inputs.ts';
import { knownKind } from '../registry.ts';

/** The kinds that a description names, loaded: those of its entries, and of the activations of dense layers. */
export async function kindsNamed(description: unknown): Promise<readonly LayerKind<never>[]> {
  // Of whatever else comes from a file the graph will say that it is no description.
  const names = readable('model', () =>
    [description].flat().flatMap((given) => {
      const entry = Object(given);
      if (entry.kind === 'dense' && entry.activation !== undefined) return 'activation';
      return isInput(entry) || knownKind(entry, []) ? [] : entry.kind;
    }),
  );
  return names.length === 0 ? [] : (await import('./table.ts')).load(names);
}
