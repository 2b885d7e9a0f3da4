// Activations as operators.
import { describe } from '../../../layers/describe.ts';
import { type ActivationDescription, activationLayer } from '../../../layers/later/activation.ts';
import type { ModelDescription } from '../../../layers/registry.ts';
import type { GraphBuilder, Value } from './builder.ts';

/** The operators of those that ONNX has; the others are made of several. */
const operators: Readonly<Record<string, string>> = {
  relu: 'Relu',
  'leaky-relu': 'LeakyRelu',
  elu: 'Elu',
  softplus: 'Softplus',
  tanh: 'Tanh',
  sigmoid: 'Sigmoid',
  'hard-sigmoid': 'HardSigmoid',
};

/** f(x), f as an entry says: an activation, or a dense layer with one. */
export function activationNodes(builder: GraphBuilder, x: Value, entry: ModelDescription[number]): Value {
  const { function: name, alpha } =
    entry.kind === 'dense'
      ? describe(activationLayer, { function: entry.activation })
      : (entry as ActivationDescription);
  if (name === 'silu') return builder.add('Mul', [x, builder.add('Sigmoid', [x])]);
  if (name === 'gelu') {
    // x/2 (1 + erf(x/√2)): the operator Gelu is not in the opset of these files.
    const erf = builder.add('Erf', [builder.add('Mul', [x, builder.reals([], [Math.SQRT1_2])])]);
    const half = builder.add('Mul', [x, builder.reals([], [0.5])]);
    return builder.add('Mul', [half, builder.add('Add', [erf, builder.reals([], [1])])]);
  }
  return builder.add(operators[name]!, [x], alpha === undefined ? {} : { alpha: { float: alpha } });
}
