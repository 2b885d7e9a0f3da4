// Operators that are layers, or parts of one: look-ups, products, sums, and what stands after the logits.
import type { ActivationFunction } from '../../../layers/later/activation.ts';
import { gather } from './cut-rules.ts';
import { meanOf, productOf, reductionRules } from './merge-rules.ts';
import { normalizationRules, scaledBy, shiftedBy } from './normalization-rules.ts';
import type { Operation, Rule } from './operation.ts';
import { sizesValue } from './shape-values.ts';
import { mergeHalves, settle, within } from './stages.ts';
import { type Tensor, tensorOf, transposed } from './tensor.ts';
import { axis, type Head, type Sequence, type Size, type Stage, type Value } from './values.ts';

/** A sequence of tokens: an input of the graph as it is. */
function tokensOf(operation: Operation, index: number): Sequence {
  const sequence = operation.sequence(index);
  return sequence.stage.kind === 'input' ? sequence : operation.unfit(index, 'an input of the graph, tokens');
}

const gatherRule: Rule = {
  attributes: ['axis'],
  run(operation) {
    const table = operation.input(0);
    const index = operation.input(1);
    if (table.kind !== 'constant' || index.kind !== 'sequence') return gather(operation);
    if (table.tensor.dims.length !== 2 || operation.int('axis', 0) !== 0) {
      operation.fail('rows of a table', `axis ${operation.int('axis', 0)} of [${table.tensor.dims.join(', ')}]`);
    }
    const tokens = tokensOf(operation, 1);
    const stage: Stage = { kind: 'embedding', previous: tokens.stage, table: table.tensor };
    return [{ kind: 'sequence', stage, axes: [...tokens.axes, axis('features', table.tensor.dims[1])] }];
  },
};

const oneHot: Rule = {
  attributes: ['axis'],
  run(operation) {
    const tokens = tokensOf(operation, 0);
    const [size] = operation.integers(1);
    const values = Array.from(operation.constant(2).data);
    if (values.join() !== '0,1') operation.fail('values 0 and 1', values.join(', '));
    const rank = tokens.axes.length + 1;
    if (operation.axis(operation.int('axis', -1), rank) !== rank - 1) operation.fail('the last axis', 'another');
    const stage: Stage = { kind: 'oneHot', previous: tokens.stage, size: size! };
    return [{ kind: 'sequence', stage, axes: [...tokens.axes, axis('features', size)] }];
  },
};

/** x·weightᵀ + bias, weight [O,I]. */
function dense(operation: Operation, weight: Tensor, bias: Tensor | undefined): readonly Value[] {
  const { stage, leading, size } = settle(operation, operation.sequence(0));
  const [O, I] = weight.dims as [number, number];
  if (size !== undefined && size !== I) operation.fail(`weights for ${size} features`, `for ${I}`);
  return [
    {
      kind: 'sequence',
      stage: { kind: 'dense', previous: within(operation, stage, 'a product'), weight, bias },
      axes: [...leading, axis('features', O)],
    },
  ];
}

/** A bias over O features; other axes must have size 1. */
function biasOf(operation: Operation, index: number, O: number): Tensor {
  const tensor = operation.constant(index);
  if (tensor.data.length !== O || (tensor.dims.at(-1) ?? 0) !== O) {
    operation.fail(`${O} biases`, `a constant of shape [${tensor.dims.join(', ')}]`);
  }
  return tensor;
}

const matMul: Rule = {
  attributes: [],
  run(operation) {
    const weight = operation.constant(1);
    if (weight.dims.length !== 2) operation.fail('a matrix', `a constant of shape [${weight.dims.join(', ')}]`);
    return dense(operation, transposed(weight, [1, 0]), undefined);
  },
};

const gemm: Rule = {
  attributes: ['alpha', 'beta', 'transA', 'transB'],
  run(operation) {
    for (const name of ['alpha', 'beta']) {
      if (operation.float(name, 1) !== 1) operation.fail(`${name} 1`, String(operation.float(name, 1)));
    }
    if (operation.int('transA', 0) !== 0) operation.fail('transA 0', String(operation.int('transA', 0)));
    if (operation.sequence(0).axes.length !== 2) operation.fail('two axes', `${operation.sequence(0).axes.length}`);
    const given = operation.constant(1);
    if (given.dims.length !== 2) operation.fail('a matrix', `a constant of shape [${given.dims.join(', ')}]`);
    const weight = operation.int('transB', 0) === 0 ? transposed(given, [1, 0]) : given;
    const bias = operation.optional(2) === undefined ? undefined : biasOf(operation, 2, weight.dims[0]!);
    return dense(operation, weight, bias);
  },
};

/** Element by element, of numbers that are known; others stay open. */
const integerSum = (a: Size, b: Size) => (typeof a === 'number' && typeof b === 'number' ? a + b : undefined);
const integerProduct = (a: Size, b: Size) => (typeof a === 'number' && typeof b === 'number' ? a * b : undefined);

function sizesOf(operation: Operation, compute: (a: Size, b: Size) => Size): readonly Value[] | undefined {
  const values = operation.inputs();
  if (values.length !== 2) return operation.fail('2 inputs', String(values.length));
  if (!values.every(({ kind }) => kind === 'constant' || kind === 'sizes')) return undefined;
  const [a, b] = [operation.sizes(0), operation.sizes(1)];
  const length = Math.max(a.length, b.length);
  if ((a.length !== length && a.length !== 1) || (b.length !== length && b.length !== 1)) {
    operation.fail('lists of one length', `${a.length} and ${b.length}`);
  }
  const scalar = values.every((value) =>
    value.kind === 'sizes' ? value.scalar : value.kind === 'constant' && value.tensor.dims.length === 0,
  );
  const at = (sizes: readonly Size[], index: number) => sizes[sizes.length === 1 ? 0 : index];
  return [
    sizesValue(
      Array.from({ length }, (_, index) => compute(at(a, index), at(b, index))),
      scalar,
    ),
  ];
}

const add: Rule = {
  attributes: [],
  run(operation) {
    const sizes = sizesOf(operation, integerSum);
    if (sizes !== undefined) return sizes;
    const [a, b] = operation.inputs() as [Value, Value];
    const constantAt = a.kind === 'constant' ? 0 : b.kind === 'constant' ? 1 : undefined;
    if (constantAt !== undefined) {
      const sequence = operation.sequence(1 - constantAt);
      const { stage } = sequence;
      const added = operation.constant(constantAt);
      if (stage.kind === 'input' && added.integers && added.data.length === 1)
        return [{ kind: 'shifted', tokens: sequence }];
      if (stage.kind === 'normalization') {
        return [{ ...sequence, stage: shiftedBy(operation, stage, constantAt) }];
      }
      if (stage.kind !== 'dense')
        return operation.unfit(
          1 - constantAt,
          'a product with a matrix or of each feature, which a constant is the bias of',
        );
      const bias = biasOf(operation, constantAt, stage.weight.dims[0]!);
      const sum =
        stage.bias === undefined
          ? bias
          : tensorOf(
              bias.dims,
              Float64Array.from(bias.data, (value, i) => value + stage.bias!.data[i]!),
            );
      return [{ ...sequence, stage: { ...stage, bias: sum } }];
    }
    const [first, second] = [operation.sequence(0), operation.sequence(1)];
    const merged = mergeHalves(first.stage, second.stage, 'sum');
    if (merged !== undefined) return [{ ...first, stage: merged }];
    const [x, y] = [settle(operation, first).stage, settle(operation, second).stage];
    for (const [before, layer] of [
      [x, y],
      [y, x],
    ] as const) {
      if (layer.kind !== 'recurrent' || layer.previous !== before || layer.returns !== 'all') continue;
      return [
        {
          ...first,
          stage: { kind: 'residual', previous: before, layer },
          axes: layer === y ? second.axes : first.axes,
        },
      ];
    }
    return operation.fail(
      'the input of a recurrent layer and its output, or both of its directions',
      'other sequences',
    );
  },
};

/** Which tokens are below 0: none of those that a model may read. */
const less: Rule = {
  attributes: [],
  run(operation) {
    if (operation.constant(1).data.some((value) => value !== 0)) operation.unfit(1, '0');
    return [{ kind: 'negative', tokens: tokensOf(operation, 0) }];
  },
};

/** Tokens, where those below 0 would be counted from the end. */
const where: Rule = {
  attributes: [],
  run(operation) {
    const tokens = tokensOf(operation, 2);
    for (const [index, kind] of (['negative', 'shifted'] as const).entries()) {
      const value = operation.input(index);
      if (value.kind !== kind || value.tokens.stage !== tokens.stage)
        operation.unfit(index, 'tokens counted from the end');
    }
    return [tokens];
  },
};

const multiply: Rule = {
  attributes: [],
  run(operation) {
    const sizes = sizesOf(operation, integerProduct);
    if (sizes !== undefined) return sizes;
    if (operation.inputs().some(({ kind }) => kind === 'zeros')) return [{ kind: 'zeros' }];
    const found = siluOf(operation) ?? productOf(operation) ?? meanOf(operation, 0.5) ?? scaledBy(operation);
    if (found !== undefined) return found;
    return operation.unfit(operation.input(0).kind === 'constant' ? 1 : 0, 'sizes or zeros');
  },
};

/** x times sigmoid(x). */
function siluOf(operation: Operation): readonly Value[] | undefined {
  const [a, b] = operation.inputs() as [Value, Value];
  for (const [x, gate] of [
    [a, b],
    [b, a],
  ] as const) {
    if (x.kind !== 'sequence' || gate.kind !== 'sequence' || gate.stage.kind !== 'head') continue;
    const { output, previous } = gate.stage;
    if (output !== 'sigmoid' || previous !== x.stage) continue;
    return [{ ...x, stage: { kind: 'activation', previous, function: 'silu' } }];
  }
  return undefined;
}

/** Half of what both directions add up to; else it is of sizes or zeros, which are not asked for. */
const divide: Rule = {
  attributes: [],
  run: (operation) => meanOf(operation, 2) ?? operation.unfit(0, 'the sum of both directions, over 2'),
};

/** An activation that a model may have between layers, or after the last; `alpha`: what it is where the operator does not say. */
const activation = (name: ActivationFunction, alpha?: number): Rule => ({
  attributes: alpha === undefined ? [] : ['alpha', ...(name === 'hard-sigmoid' ? ['beta'] : [])],
  run(operation) {
    const sequence = operation.sequence(0);
    const { stage } = settle(operation, sequence);
    if (stage.kind === 'input') operation.unfit(0, 'the output of a layer');
    if (name === 'hard-sigmoid' && operation.float('beta', 0.5) !== 0.5) {
      operation.fail('beta 0.5', String(operation.float('beta', 0.5)));
    }
    const given = alpha === undefined ? {} : { alpha: operation.float('alpha', alpha) };
    const previous = within(operation, stage, 'another activation');
    return [{ ...sequence, stage: { kind: 'activation', previous, function: name, ...given } }];
  },
});

const gelu: Rule = {
  attributes: ['approximate'],
  run(operation) {
    const approximate = operation.string('approximate', 'none');
    if (approximate !== 'none') operation.fail('approximate none', approximate);
    return activation('gelu').run(operation);
  },
};

const head = (output: Head): Rule => ({
  attributes: output === 'sigmoid' ? [] : ['axis'],
  run(operation) {
    const { stage, leading, size } = settle(operation, operation.sequence(0));
    const rank = leading.length + 1;
    if (output !== 'sigmoid') {
      const at = operation.axis(operation.int('axis', operation.version < 13 ? 1 : -1), rank);
      if (at !== rank - 1) operation.fail('the last axis', `axis ${at} of ${rank}`);
    }
    if (stage.kind === 'head') operation.fail('one activation after the last layer', 'another');
    return [
      {
        kind: 'sequence',
        stage: { kind: 'head', previous: stage, output },
        axes: [...leading, axis('features', size)],
      },
    ];
  },
});

const dropout: Rule = {
  attributes: ['ratio', 'seed', 'is_test'],
  run(operation) {
    const training = operation.optional(2);
    if (training !== undefined && operation.constant(2).data.some((value) => value !== 0)) {
      operation.fail('training_mode false', 'true');
    }
    return [operation.input(0)];
  },
};

export const layerRules: Readonly<Record<string, Rule>> = {
  Gather: gatherRule,
  OneHot: oneHot,
  MatMul: matMul,
  Gemm: gemm,
  Add: add,
  Mul: multiply,
  Less: less,
  Where: where,
  Div: divide,
  ...reductionRules,
  ...normalizationRules,
  Softmax: head('softmax'),
  LogSoftmax: head('log-softmax'),
  Sigmoid: head('sigmoid'),
  Dropout: dropout,
  Relu: activation('relu'),
  LeakyRelu: activation('leaky-relu', 0.01),
  Elu: activation('elu', 1),
  Softplus: activation('softplus'),
  Tanh: activation('tanh'),
  HardSigmoid: activation('hard-sigmoid', 0.2),
  Gelu: gelu,
};
