// The dense layer: y_t = U x_t + b, the same at every step.
import { type Checked, integer, type Options, withDefault } from '../base/fields.ts';
import type { Signal } from '../base/signal.ts';
import type { LayerKind, ParameterSpec } from './contract.ts';
import { describe, type EntryOptions } from './describe.ts';
import { glorotUniform, initializer, zeros } from './initializers.ts';
import { bindProjection, projectionScratch } from './parts/projection.ts';

const fields = {
  /** O, the number of outputs. */
  units: integer({ min: 1 }),
  /** Of U [O, I]. Default Glorot uniform. */
  weightInitializer: withDefault(initializer, glorotUniform),
  /** Of b [O]. Default zeros. */
  biasInitializer: withDefault(initializer, zeros),
};

export interface DenseOptions extends EntryOptions, Options<typeof fields> {}

export interface DenseDescription extends EntryOptions, Checked<typeof fields> {
  readonly kind: 'dense';
}

/**
 * A dense layer: `y_t = U x_t + b`, input [T,B,I] or tokens [T,B], output [T,B,O]. As the last layer it gives logits
 * or estimates: softmax and sigmoid belong to the loss.
 * Parameters: `dense.weight` [O,I] is U, `dense.bias` [O]; a second dense layer's are `dense1.weight` and so on.
 *
 * @throws BpttError for units that are not an integer ≥ 1 and for unknown options.
 */
export function dense(options: DenseOptions): DenseDescription {
  return describe(denseLayer, options);
}

export const denseLayer: LayerKind<DenseDescription> = {
  kind: 'dense',
  fields,

  create(description, place) {
    const input = place.ports[0]!.signal;
    const O = description.units;
    const names = { U: place.name('dense', 'weight'), b: place.name('dense', 'bias') };
    return {
      output: { kind: 'features', size: O },
      parameters: parametersOf(description, input, names),
      // Kept: as the last layer's, these hold the gradient of losses already taken, which a longer window may need.
      buffers: [{ name: 'y', extent: 'step', columns: O, type: 'real', kept: true }],
      result: 'y',
      keepsResult: false,
      states: [],
      adds: true,
      reads: 'step',

      scratch(kernels, T, B) {
        return projectionScratch(kernels, input, O, T * B);
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
): readonly ParameterSpec[] {
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
      initializer: weightInitializer,
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
