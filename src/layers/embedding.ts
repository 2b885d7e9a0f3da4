// The embedding layer: each token is a row of a table.
import { BpttError } from '../base/errors.ts';
import { type Checked, type Field, integer, type Options, optional, string, withDefault } from '../base/fields.ts';
import type { LayerKind, ParameterSpec } from './contract.ts';
import { describe, type EntryOptions } from './describe.ts';
import { type Initializer, initializer, uniform } from './initializers.ts';
import { bindProjection } from './parts/projection.ts';
import { tiedWeight } from './parts/tied.ts';

const fields = {
  /** E, the features that stand for a token. */
  units: integer({ min: 1 }),
  /** The name of another embedding's table of shape [V, E] that is this one's as well. It is learned once, from both uses. Default: a table of its own. */
  tied: optional(string),
  /** Of the table [V, E]. Default uniform in ±0.05, Keras's; not with `tied`. */
  initializer: withDefault<Field<Initializer | undefined>, { readonly tied?: string }>(initializer, ({ tied }) =>
    tied === undefined ? uniform({ low: -0.05, high: 0.05 }) : undefined,
  ),
};

/** How many features stand for a token in `embedding`, and how its table begins or whose it is. */
export interface EmbeddingOptions extends EntryOptions, Options<typeof fields> {}

/** What `embedding` returns: the entry of a model, plain data with all defaults. */
export interface EmbeddingDescription extends EntryOptions, Checked<typeof fields> {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'embedding';
}

/**
 * An embedding: input tokens [T,B], output [T,B,E], row `token` of the table `embedding.weight` [V,E]. Stands right
 * after `tokens`.
 *
 * @throws BpttError for units that are not an integer ≥ 1, for unknown options, and for an initializer of a tied table.
 *
 * @example
 * [tokens(8000), embedding({ units: 64 }), lstm({ units: 128 }), dense({ units: 8000 })]
 */
export function embedding(options: EmbeddingOptions): EmbeddingDescription {
  return describe(embeddingLayer, options);
}

export const embeddingLayer: LayerKind<EmbeddingDescription> = {
  kind: 'embedding',
  fields,

  refuse({ tied, initializer: given }, where) {
    if (tied === undefined || given === undefined) return;
    throw new BpttError(
      'invalid-argument',
      `${where}.initializer: expected none with tied, whose values are those of ${tied}, got ${given.kind}`,
    );
  },

  create(description, place) {
    const { where } = place;
    const input = place.ports[0]!.signal;
    if (input.kind !== 'tokens') {
      throw new BpttError('invalid-shape', `${where}: expected tokens as input, got ${input.size} real features`);
    }
    const E = description.units;
    const own = place.name('embedding', 'weight');
    const shape = [input.size, E] as const;
    const tied =
      description.tied === undefined
        ? undefined
        : tiedWeight(place, description.tied, { name: own, shape, use: 'look-up', transposed: false });
    const name = tied?.spec.name ?? own;
    return {
      output: { kind: 'features', size: E },
      ...(tied === undefined
        ? { parameters: [tableOf(name, shape, description.initializer!)] }
        : { parameters: [], tied: [tied] }),
      buffers: [{ name: 'y', extent: 'step', columns: E, type: 'real', kept: true }],
      result: 'y',
      keepsResult: false,
      states: [],
      reads: 'step',
      scratch: () => 0,

      bind(binding) {
        const y = binding.buffer('y');
        const lookUp = bindProjection(
          {
            ...binding,
            input: binding.inputs[0]!,
            weight: binding.weight(name),
            bias: 0,
            dBias: 0,
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

function tableOf(name: string, shape: readonly [number, number], initializer: Initializer): ParameterSpec {
  const [rows, columns] = shape;
  return {
    name,
    rows,
    columns,
    shape,
    transposed: false,
    kind: 'weight',
    role: 'table',
    fan: rows,
    initializer,
    use: 'look-up',
  };
}
