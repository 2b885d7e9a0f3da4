// Recurrent layers that no operator computes, with layer normalisation or zoneout, as one step in a Scan over time.

import type { Cell } from '../../../layers/recurrent/cell.ts';
import type { Activation, GateActivation, RecurrentDescription } from '../../../layers/recurrent/options.ts';
import { operatorActivations, transpose } from '../format/gates.ts';
import { dataTypes } from '../format/schema.ts';
import { GraphBuilder, type Value, valueInfo } from './builder.ts';
import type { Direction, GraphContext, RecurrentResult } from './context.ts';

/** As in the layer itself. */
const EPSILON = 1e-5;

/** V x of all steps, [T,B,G·H] without bias. */
export type Project = (weight: Value) => Value;

/** One direction, whose results are y [T,B,H] and the last h and c, [B,H]. */
export function recurrentScan(
  context: GraphContext,
  cell: Cell,
  { units: H, layerNorm, zoneout }: RecurrentDescription,
  project: Project,
  direction: Direction,
): RecurrentResult {
  const { builder } = context;
  const G = cell.gates.length;
  const parameter = (part: string, dims: readonly number[] = direction.parameter(part).shape) => {
    const { name, data } = direction.parameter(part);
    return builder.parameter(name, dims, Float64Array.from(data));
  };
  /** [rows, columns] of a matrix that is multiplied from the right. */
  const matrix = (part: string) => {
    const { name, shape, data } = direction.parameter(part);
    const [rows, columns] = shape as [number, number];
    return builder.parameter(name, [columns, rows], transpose(data, rows, columns));
  };
  const perGate = G === 1 ? [H] : [G, H];
  const gain = (part: string) => parameter(part, perGate);
  /** γ∘N(x) + β of each of the gates that stand side by side in x, whose axes before are `leading`. */
  const normalize = (
    to: GraphBuilder,
    x: Value,
    leading: readonly number[],
    gates: number,
    gamma: Value,
    beta?: Value,
  ): Value => {
    const ones = to.reals(
      [H],
      Array.from({ length: H }, () => 1),
    );
    const apart = gates === 1 ? x : to.add('Reshape', [x, to.integers([...leading, gates, H])]);
    const normal = to.add('LayerNormalization', [apart, ones], { axis: -1, epsilon: { float: EPSILON } });
    const scaled = to.add('Mul', [normal, gamma]);
    const moved = beta === undefined ? scaled : to.add('Add', [scaled, beta]);
    return gates === 1 ? moved : to.add('Reshape', [moved, to.integers([...leading, gates * H])]);
  };
  const STEPS = [0, -1]; // T and B in front
  const STEP = [-1]; // B in front

  const product = project(matrix('weight_ih'));
  const projected = layerNorm
    ? normalize(builder, product, STEPS, G, gain('gain_ih'), parameter('bias_ih', perGate))
    : builder.add('Add', [product, parameter('bias_ih')]);

  const body = new GraphBuilder(builder);
  const names = cell.kernel === 'lstm' ? ['h', 'c'] : ['h'];
  const before = names.map((name) => body.name(`${name}_in`));
  const x = body.name('x');
  const valid = context.valid();
  const isValid = body.name('valid');
  const act = (value: Value, kind: Activation | GateActivation): Value => {
    if (kind === 'identity') return value;
    const { name, alpha, beta } = operatorActivations[kind];
    const attributes = alpha === undefined ? {} : { alpha: { float: alpha }, beta: { float: beta! } };
    return body.add(name, [value], attributes);
  };
  const phi = (value: Value) => act(value, cell.activation);
  const sigma = (value: Value) => act(value, cell.gateActivation);
  const add = (a: Value, b: Value) => body.add('Add', [a, b]);
  const multiply = (a: Value, b: Value) => body.add('Mul', [a, b]);
  /** Gates that stand side by side. */
  const split = (value: Value, gates: number): readonly Value[] => {
    const parts = Array.from({ length: gates }, () => body.name('gate'));
    body.node('Split', [value, body.integers(parts.map(() => H))], parts, { axis: -1 });
    return parts;
  };

  const [h, c] = before as [Value, Value];
  const W = matrix('weight_hh');
  const gainH = layerNorm ? gain('gain_hh') : undefined;
  const recurrentProduct = (): Value => {
    const q = body.add('MatMul', [h, W]);
    return gainH === undefined ? q : normalize(body, q, STEP, G, gainH);
  };
  /** Parts of a parameter, cut once and for all steps. */
  const cut = (value: Value, axis: number, sizes: readonly number[]): readonly Value[] => {
    const parts = sizes.map(() => builder.name('part'));
    builder.node('Split', [value, builder.integers(sizes)], parts, { axis });
    return parts;
  };

  const step = (): readonly Value[] => {
    if (cell.kernel === 'elman') return [phi(add(x, recurrentProduct()))];
    if (cell.kernel === 'lstm') {
      let [i, f, g, o] = split(add(x, recurrentProduct()), 4) as [Value, Value, Value, Value];
      const peepholes = cell.peepholes ? cut(parameter('peephole'), 0, [1, 1, 1]) : undefined;
      if (peepholes !== undefined) {
        i = add(i, multiply(peepholes[0]!, c));
        f = add(f, multiply(peepholes[1]!, c));
      }
      const next = add(multiply(sigma(f), c), multiply(sigma(i), phi(g)));
      if (peepholes !== undefined) o = add(o, multiply(peepholes[2]!, next));
      const seen = layerNorm ? normalize(body, next, STEP, 1, parameter('gain_c'), parameter('bias_c')) : next;
      return [multiply(sigma(o), phi(seen)), next];
    }
    const [xr, xz, xn] = split(x, 3) as [Value, Value, Value];
    let r: Value;
    let z: Value;
    let candidate: Value;
    if (cell.kernel === 'gru') {
      const [qr, qz, qn] = split(recurrentProduct(), 3) as [Value, Value, Value];
      r = sigma(add(xr, qr));
      z = sigma(add(xz, qz));
      candidate = multiply(r, add(qn, parameter('bias_hn')));
    } else {
      const [Wg, Wn] = cut(W, 1, [2 * H, H]) as [Value, Value];
      const [gg, gn] = gainH === undefined ? [] : cut(gainH, 0, [2, 1]);
      const q = body.add('MatMul', [h, Wg]);
      const [qr, qz] = split(gg === undefined ? q : normalize(body, q, STEP, 2, gg), 2) as [Value, Value];
      r = sigma(add(xr, qr));
      z = sigma(add(xz, qz));
      const qn = body.add('MatMul', [multiply(r, h), Wn]);
      candidate = gn === undefined ? qn : normalize(body, qn, STEP, 1, gn);
    }
    const n = phi(add(xn, candidate));
    return [add(n, multiply(z, body.add('Sub', [h, n])))];
  };
  const rates = [zoneout.hidden ?? 0, zoneout.cell ?? 0];
  const after = step().map((value, index) => {
    const old = before[index]!;
    const rate = rates[index]!;
    const share = (r: number, of: Value) => multiply(of, body.reals([1], [r]));
    const mixed = rate === 0 ? value : add(share(rate, old), share(1 - rate, value));
    return valid === undefined ? mixed : body.add('Where', [isValid, mixed, old]);
  });
  const results = after.map((value) => body.add('Identity', [value]));
  const y = body.add('Identity', [after[0]!]);

  const state = (name: string) => valueInfo(name, dataTypes.float, ['B', H]);
  const graph = {
    name: body.name('step'),
    node: body.nodes,
    input: [
      ...before.map(state),
      valueInfo(x, dataTypes.float, ['B', G * H]),
      ...(valid === undefined ? [] : [valueInfo(isValid, dataTypes.bool, ['B', 1])]),
    ],
    output: [...results, y].map(state),
  };
  const zero = () =>
    builder.add('Expand', [
      builder.reals([1], [0]),
      builder.add('Concat', [context.batch(), builder.integers([H])], { axis: 0 }),
    ]);
  const scanned = valid === undefined ? [projected] : [projected, valid];
  const backwards = direction.reverse ? 1 : 0;
  const outputs = [...names.map((name) => builder.name(`${name}_last`)), builder.name('y')];
  builder.node('Scan', [...names.map((_, index) => direction.initial?.[index] ?? zero()), ...scanned], outputs, {
    body: { graph },
    num_scan_inputs: scanned.length,
    scan_input_directions: scanned.map(() => backwards),
    scan_output_directions: [backwards],
  });
  return { y: outputs.at(-1)!, last: outputs.slice(0, -1) };
}
