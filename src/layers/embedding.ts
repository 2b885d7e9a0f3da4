// The embedding layer: each token is a row of a table.
import { BpttError } from '../base/errors.ts';
import { type Checked, integer, type Options, withDefault } from '../base/fields.ts';
import type { LayerKind } from './contract.ts';
import { describe } from './describe.ts';
import { initializer, uniform } from './initializers.ts';
import { bindProjection } from './parts/projection.ts';

const fields = {
  /** E, the features that stand for a token. */
  units: integer({ min: 1 }),
  /** Of the table [V, E]. Default uniform in ±0.05, Keras's. */
  initializer: withDefault(initializer, () => uniform({ low: -0.05, high: 0.05 })),
};

export interface EmbeddingOptions extends Options<typeof fields> {}

export interface EmbeddingDescription extends Checked<typeof fields> {
  readonly kind: 'embedding';
}

/**
 * An embedding: input tokens [T,B], output [T,B,E], row `token` of the table `embedding.weight` [V,E]. Stands right
 * after `tokens`.
 *
 * @throws BpttError for units that are not an integer ≥ 1 and for unknown options.
 */
export function embedding(options: EmbeddingOptions): EmbeddingDescription {
  return describe(embeddingLayer, options);
}

export const embeddingLayer: LayerKind<EmbeddingDescription> = {
  kind: 'embedding',
  fields,

  create(description, input, ordinal, where) {
    if (input.kind !== 'tokens') {
      throw new BpttError('invalid-shape', `${where}: expected tokens as input, got ${input.size} real features`);
    }
    const E = description.units;
    const number = ordinal('embedding');
    const name = `${number === 0 ? 'embedding' : `embedding${number}`}.weight`;
    return {
      output: { kind: 'features', size: E },
      parameters: [
        {
          name,
          rows: input.size,
          columns: E,
          shape: [input.size, E],
          transposed: false,
          kind: 'weight',
          role: 'table',
          fan: input.size,
          initializer: description.initializer,
          lookedUp: true,
        },
      ],
      buffers: [{ name: 'y', extent: 'step', columns: E, type: 'real', kept: true }],
      result: 'y',
      keepsResult: false,
      state: [],
      reads: 'step',
      scratch: () => 0,

      bind(binding) {
        const y = binding.buffer('y');
        const lookUp = bindProjection(
          {
            ...binding,
            weight: binding.parameter(name),
            dWeight: binding.gradient(name),
            bias: 0,
            dBias: 0,
            packed: 0,
          },
          input,
          E,
          binding.scratch,
        );
        return {
          forward: (from, to) => lookUp.forward(y, from, to),
          backward: (from, to, pass) => lookUp.backward(binding.dOutput, from, to, pass),
        };
      },
    };
  },
};
