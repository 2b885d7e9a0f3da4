// What Keras 1 wrote otherwise: other names of options, and three arrays for each gate in place of three for all.
import type { RealArray } from './hdf5.ts';
import type { KerasLayer } from './layer-chain.ts';

/** Options of Keras 1 and what Keras 2 calls them. https://github.com/keras-team/keras/blob/2.2.4/keras/legacy/interfaces.py */
const renamed: Readonly<Record<string, string>> = {
  output_dim: 'units',
  inner_activation: 'recurrent_activation',
  bias: 'use_bias',
  init: 'kernel_initializer',
  inner_init: 'recurrent_initializer',
  forget_bias_init: 'unit_forget_bias',
  W_regularizer: 'kernel_regularizer',
  U_regularizer: 'recurrent_regularizer',
  b_regularizer: 'bias_regularizer',
  W_constraint: 'kernel_constraint',
  b_constraint: 'bias_constraint',
  dropout_W: 'dropout',
  dropout_U: 'recurrent_dropout',
  consume_less: 'implementation',
  p: 'rate',
};

/** A layer of Keras 1 in the words of Keras 2; others as they are. What it reads alone tells `input_dim`, which there was for all layers. */
export function modern(layer: KerasLayer, version: string): KerasLayer {
  if (Number.parseInt(version, 10) !== 1) return layer;
  const embedding = layer.className === 'Embedding';
  const entries = Object.entries(layer.config).flatMap(([option, value]) => {
    if (embedding)
      return option === 'dropout' && value === 0 ? [] : [[option === 'output_dim' ? option : nameOf(option), value]];
    return option === 'input_dim' ? [] : [[nameOf(option), value]];
  });
  return { ...layer, config: Object.fromEntries(entries) };
}

const nameOf = (option: string) => (Object.hasOwn(renamed, option) ? renamed[option]! : option);

/** Gates by the last letter of what Keras 1 calls their arrays. */
const letters: Readonly<Record<string, string>> = { g: 'c', n: 'h' };

/**
 * Kernel, recurrent kernel and bias of all gates in Keras 2's order, of the arrays of each: `lstm_1_W_i`, `lstm_1_U_i`, `lstm_1_b_i` and
 * so on. The arrays as they are where they are others.
 */
export function joinGates(arrays: readonly RealArray[], gates: string): readonly RealArray[] {
  if (arrays.length !== 3 * gates.length || gates.length === 1) return arrays;
  const joined = ['W', 'U', 'b'].map((part) => {
    const parts = [...gates].map((gate) => {
      const name = new RegExp(`_${part}_${letters[gate] ?? gate}(:\\d+)?$`);
      return arrays.find(({ path }) => name.test(path));
    });
    return parts.every((one) => one !== undefined) ? sideBySide(parts) : undefined;
  });
  return joined.every((one) => one !== undefined) ? joined : arrays;
}

/** The columns of matrices of one shape, or the numbers of vectors, one after the other; undefined where shapes differ. */
function sideBySide(parts: readonly RealArray[]): RealArray | undefined {
  const [{ path, shape }] = parts as [RealArray];
  if (parts.some((one) => one.shape.join() !== shape.join())) return undefined;
  const columns = shape.at(-1)!;
  const rows = shape.length === 1 ? 1 : shape[0]!;
  const width = parts.length * columns;
  const data = new Float64Array(rows * width);
  for (const [index, part] of parts.entries()) {
    for (let row = 0; row < rows; row++) {
      data.set(part.data.subarray(row * columns, (row + 1) * columns), row * width + index * columns);
    }
  }
  return { path, shape: [...shape.slice(0, -1), width], data };
}
