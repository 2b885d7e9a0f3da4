// The embedding layer: each token is a row of a table.
import { checkInteger, checkOptions } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import type { LayerKind } from './contract.ts';
import { checkInitializer, type Initializer, uniform } from './initializers.ts';
import { bindProjection } from './parts/projection.ts';

export interface EmbeddingDescription {
  readonly kind: 'embedding';
  readonly units: number;
  readonly initializer: Initializer;
}

export interface EmbeddingOptions {
  /** E, the features that stand for a token. */
  readonly units: number;
  /** Of the table [V, E]. Default uniform in ±0.05, Keras's. */
  readonly initializer?: Initializer;
}

/**
 * An embedding: input tokens [T,B], output [T,B,E], row `token` of the table `embedding.weight` [V,E]. Stands right
 * after `tokens`.
 *
 * @throws BpttError for units that are not an integer ≥ 1 and for unknown options.
 */
export function embedding(options: EmbeddingOptions): EmbeddingDescription {
  return embeddingLayer.check({ kind: 'embedding', ...options }, 'embedding');
}

export const embeddingLayer: LayerKind<EmbeddingDescription> = {
  kind: 'embedding',

  check(description, where) {
    checkOptions(where, description, ['kind', 'units', 'initializer']);
    const { units, initializer = uniform({ low: -0.05, high: 0.05 }) } = description;
    return {
      kind: 'embedding',
      units: checkInteger(`${where}.units`, units, 1),
      initializer: checkInitializer(`${where}.initializer`, initializer),
    };
  },

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
