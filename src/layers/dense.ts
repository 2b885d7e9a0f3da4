// The dense layer: y_t = U x_t + b, the same at every step.
import { BpttError } from '../base/errors.ts';
import { type Checked, type Field, integer, type Options, optional, string, withDefault } from '../base/fields.ts';
import type { Signal } from '../base/signal.ts';
import type { LayerKind, ParameterSpec } from './contract.ts';
import { describe, type EntryOptions } from './describe.ts';
import { glorotUniform, type Initializer, initializer, zeros } from './initializers.ts';
import type { ActivationFunction } from './later/activation.ts';
import { bindProjection, projectionScratch } from './parts/projection.ts';
import { tiedWeight } from './parts/tied.ts';

const fields = {
  /** O, the number of outputs. */
  units: integer({ min: 1 }),
  /**
   * The name of another entry's weight of shape [O, I] that is U as well: `words.weight` of an embedding of O tokens as I features, or
   * a dense layer's. It is learned once, from both uses. Default: a weight of its own.
   */
  tied: optional(string),
  /** What is made of each output, as a layer `activation` would. Default: nothing. */
  activation: optional(string as Field<ActivationFunction>),
  /** Of U [O, I]. Default Glorot uniform; not with `tied`. */
  weightInitializer: withDefault<Field<Initializer | undefined>, { readonly tied?: string }>(initializer, ({ tied }) =>
    tied === undefined ? glorotUniform() : undefined,
  ),
  /** Of b [O]. Default zeros. */
  biasInitializer: withDefault(initializer, () => zeros()),
};

/** How many outputs `dense` has, what is made of each, and how its weights begin or whose they are. */
export interface DenseOptions extends EntryOptions, Options<typeof fields> {}

/** What `dense` returns: the entry of a model, plain data with all defaults. */
export interface DenseDescription extends EntryOptions, Checked<typeof fields> {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'dense';
}

/**
 * A dense layer: `y_t = U x_t + b`, input [T,B,I] or tokens [T,B], output [T,B,O]. As the last layer it gives logits
 * or estimates: softmax and sigmoid belong to the loss. With `activation` `y_t = f(U x_t + b)`.
 * Parameters: `dense.weight` [O,I] is U, `dense.bias` [O]; a second dense layer's are `dense1.weight` and so on. A tied layer has the
 * bias alone.
 *
 * @throws BpttError for units that are not an integer ≥ 1, for unknown options, and for an initializer of a tied weight.
 *
 * @example
 * [tokens(65), embedding({ units: 32, name: 'letters' }), gru({ units: 32 }), dense({ units: 65, tied: 'letters.weight' })]
 */
export function dense(options: DenseOptions): DenseDescription {
  return describe(denseLayer, options);
}

export const denseLayer: LayerKind<DenseDescription> = {
  kind: 'dense',
  fields,

  refuse({ tied, weightInitializer }, where) {
    if (tied === undefined || weightInitializer === undefined) return;
    throw new BpttError(
      'invalid-argument',
      `${where}.weightInitializer: expected none with tied, whose values are those of ${tied}, got ${weightInitializer.kind}`,
    );
  },

  create(description, place) {
    const input = place.ports[0]!.signal;
    const O = description.units;
    const own = { U: place.name('dense', 'weight'), b: place.name('dense', 'bias') };
    const use = input.kind === 'tokens' ? 'look-up' : 'product';
    const tied =
      description.tied === undefined
        ? undefined
        : tiedWeight(place, description.tied, { name: own.U, shape: [O, input.size], use, transposed: true });
    const names = { ...own, U: tied?.spec.name ?? own.U };
    const [weight, bias] = parametersOf(description, input, names);
    return {
      output: { kind: 'features', size: O },
      parameters: tied === undefined ? [weight, bias] : [bias],
      ...(tied && { tied: [tied] }),
      // Kept: as the last layer's, these hold the gradient of losses already taken, which a longer window may need.
      buffers: [{ name: 'y', extent: 'step', columns: O, type: 'real', kept: true }],
      result: 'y',
      keepsResult: false,
      states: [],
      adds: true,
      reads: 'step',

      scratch(kernels, T, B) {
        return projectionScratch(kernels, input, O, T * B, tied?.turned);
      },

      bind(binding) {
        const y = binding.buffer('y');
        const projection = bindProjection(
          {
            ...binding,
            input: binding.inputs[0]!,
            weight: binding.weight(names.U),
            bias: binding.parameter(names.b),
            dBias: binding.gradient(names.b),
          },
          input,
          O,
          binding.scratch,
        );
        return {
          forward: (from, to) => projection.forward(y, from, to),
          backward: (from, to, pass) => projection.backward(binding.dOutput, from, to, pass),
        };
      },
    };
  },
};

/** U and b. */
function parametersOf(
  { units, weightInitializer, biasInitializer }: DenseDescription,
  input: Signal,
  names: { readonly U: string; readonly b: string },
): readonly [weight: ParameterSpec, bias: ParameterSpec] {
  return [
    {
      name: names.U,
      rows: input.size,
      columns: units,
      shape: [units, input.size],
      transposed: true,
      kind: 'weight',
      role: 'kernel',
      fan: input.size,
      initializer: weightInitializer ?? glorotUniform(),
      use: input.kind === 'tokens' ? 'look-up' : 'product',
    },
    {
      name: names.b,
      rows: 1,
      columns: units,
      shape: [units],
      transposed: false,
      kind: 'bias',
      role: 'bias',
      fan: input.size,
      initializer: biasInitializer,
      use: 'sum',
    },
  ];
}
