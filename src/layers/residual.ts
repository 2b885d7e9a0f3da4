// A recurrent layer with its input added to its output.
import { BpttError } from '../base/errors.ts';
import { checkFields } from '../base/fields.ts';
import type { LayerKind } from './contract.ts';
import { checkDescription, describe, type StartOptions, startFields } from './describe.ts';
import { type BidirectionalDescription, bidirectionalLayer } from './recurrent/bidirectional.ts';
import { cells, type DirectedDescription } from './recurrent/cells.ts';

type InnerDescription = DirectedDescription | BidirectionalDescription;

const kinds: readonly LayerKind<InnerDescription>[] = [...cells, bidirectionalLayer] as never;

const fields = {
  layer: { check: (where: string, value: unknown) => checkDescription(where, value, kinds) },
};

/** What `residual` returns: the entry of a model, with that of the layer whose input is added to its output. */
export interface ResidualDescription extends StartOptions {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'residual';
  /** The recurrent layer whose input is added to its output. */
  readonly layer: InnerDescription;
}

/**
 * A recurrent layer with a residual connection (He et al. 2016; between recurrent layers: Wu et al. 2016): `y_t = layer(x)_t + x_t`.
 * The layer must give as many features as it reads.
 *
 * @param layer What `bidirectional` returns, or `elman`, `lstm` and their like.
 * @param options Where the entry stands: `name`, `from`, `start`.
 * @throws BpttError for another layer; when the model is created, for one whose input and output differ in size.
 *
 * @example
 * [tokens(65), embedding({ units: 64 }), residual(gru({ units: 64 })), residual(gru({ units: 64 })), dense({ units: 65 })]
 */
export function residual(layer: InnerDescription, options: StartOptions = {}): ResidualDescription {
  return describe(residualLayer, { layer, ...checkFields('residual', options, startFields) });
}

export const residualLayer: LayerKind<ResidualDescription> = {
  kind: 'residual',
  fields,

  create(description, place) {
    const { layer } = description;
    const { where } = place;
    const input = place.ports[0]!.signal;
    const inner = kinds.find(({ kind }) => kind === layer.kind)!.create(layer, { ...place, where: `${where}.layer` });
    if (input.kind !== 'features' || input.size !== inner.output.size) {
      throw new BpttError(
        'invalid-shape',
        `${where}: expected a layer with as many outputs as inputs, got ${input.size} ${input.kind} in and ${inner.output.size} features out`,
      );
    }
    if (layer.returns === 'last') {
      throw new BpttError(
        'invalid-argument',
        `${where}.layer.returns: expected 'all', since the input has all steps, got 'last'`,
      );
    }
    const columns = inner.output.size;
    let sum: typeof import('./parts/residual-sum.ts');
    return {
      ...inner,
      buffers: [{ name: 'sum', extent: 'step', columns, type: 'real', kept: true }, ...inner.buffers],
      result: 'sum',
      keepsResult: false,
      endsInState: false,

      async load() {
        await inner.load?.();
        sum = await import('./parts/residual-sum.ts');
      },
      bind: (binding) => sum.bindSum(binding, inner),
    };
  },
};
