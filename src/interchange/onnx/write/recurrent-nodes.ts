// Recurrent layers as the operators RNN, LSTM and GRU.
import { cellKindOf, cellOf, type DirectedDescription } from '../../../layers/recurrent/cells.ts';
import { gateOrder, join, operatorActivations, peepholeOrder, reorder } from '../format/gates.ts';
import type { Attribute, Value } from './builder.ts';
import type { Direction, GraphContext, RecurrentResult } from './context.ts';

/** The operator over one or both directions, `x` [T,B,I]; its results are Y [T,D,B,H], the last h and c, [D,B,H]. */
export function recurrentNode(
  context: GraphContext,
  layer: DirectedDescription,
  x: Value,
  directions: readonly Direction[],
): RecurrentResult {
  const { builder } = context;
  const D = directions.length;
  const { units } = layer;
  const cell = cellOf(layer);
  const operator = cellKindOf(layer)!.onnx!;
  const order = gateOrder(cell, operator);
  const G = order.length;
  const carriesC = cell.states.length === 2;
  const tensor = (part: string, dims: readonly number[], of: (direction: Direction) => Float64Array): Value => {
    const name = directions[0]!.parameter(part).name;
    return builder.parameter(name, [D, ...dims], join(...directions.map(of)));
  };
  const matrix = (part: string) => {
    const columns = directions[0]!.parameter(part).shape[1]!;
    return tensor(part, [G * units, columns], (direction) =>
      reorder(direction.parameter(part).data, order, units * columns),
    );
  };
  const bias = tensor('bias_ih', [2 * G * units], (direction) => {
    const second = new Float64Array(G * units);
    // The bias inside the reset gate's product is the last block.
    if (cell.reset === 'after') second.set(Float64Array.from(direction.parameter('bias_hn').data), (G - 1) * units);
    return join(reorder(direction.parameter('bias_ih').data, order, units), second);
  });
  const initial = directions[0]!.initial ?? [];
  const state = (name: Value | undefined) =>
    name === undefined ? '' : builder.add('Unsqueeze', [name, builder.integers([0])]);
  const input = [x, matrix('weight_ih'), matrix('weight_hh'), bias, context.lengths ?? '', state(initial[0])];
  if (carriesC) {
    input.push(state(initial[1]));
    if (cell.peepholes) {
      input.push(
        tensor('peephole', [3 * units], (direction) =>
          reorder(direction.parameter('peephole').data, peepholeOrder(cell, operator), units),
        ),
      );
    }
  }
  while (input.at(-1) === '') input.pop();

  const all = directions.flatMap(() => operator.functions.map((option) => operatorActivations[cell[option]]));
  const alphas = all.flatMap(({ alpha }) => (alpha === undefined ? [] : [alpha]));
  const betas = all.flatMap(({ beta }) => (beta === undefined ? [] : [beta]));
  const attributes: Record<string, Attribute> = {
    hidden_size: units,
    direction: D === 2 ? 'bidirectional' : 'forward',
    activations: all.map(({ name }) => name),
    ...(alphas.length > 0 && { activation_alpha: { floats: alphas }, activation_beta: { floats: betas } }),
    ...Object.fromEntries(
      Object.entries(operator.flags ?? {}).map(([flag, [option, , on]]) => {
        return [flag, layer[option as keyof DirectedDescription] === on ? 1 : 0];
      }),
    ),
  };
  const y = builder.name('Y');
  const h = builder.name('Y_h');
  const c = builder.name('Y_c');
  builder.node(operator.name, input, carriesC ? [y, h, c] : [y, h], attributes);
  return { y, last: carriesC ? [h, c] : [h] };
}
