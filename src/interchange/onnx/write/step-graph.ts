// The graph of one step inside a Scan: names for its inputs, the parameters of the layer, and the operations of a cell's formula.

import type { Cell } from '../../../layers/recurrent/cell.ts';
import type { Activation, GateActivation } from '../../../layers/recurrent/options.ts';
import { operatorActivations, transpose } from '../format/gates.ts';
import { GraphBuilder, type Value } from './builder.ts';
import type { Direction } from './context.ts';

/** As in the layer itself. */
const EPSILON = 1e-5;

/** The parameters of one direction as values of the graph outside. */
export class DirectionParameters {
  readonly #builder: GraphBuilder;
  readonly #direction: Direction;
  /** The shape of what has a value for each gate and unit. */
  readonly #perGate: readonly number[];

  constructor(builder: GraphBuilder, direction: Direction, gates: number, units: number) {
    this.#builder = builder;
    this.#direction = direction;
    this.#perGate = gates === 1 ? [units] : [gates, units];
  }

  vector(part: string): Value {
    return this.#add(part, this.#direction.parameter(part).shape);
  }

  /** A vector with the gates along an axis of their own, as in what is normalised gate by gate. */
  gates(part: string): Value {
    return this.#add(part, this.#perGate);
  }

  /** [columns, rows], for a product from the right. */
  matrix(part: string): Value {
    const { name, shape, data } = this.#direction.parameter(part);
    const [rows, columns] = shape as [number, number];
    return this.#builder.parameter(name, [columns, rows], transpose(data, rows, columns));
  }

  #add(part: string, dims: readonly number[]): Value {
    const { name, data } = this.#direction.parameter(part);
    return this.#builder.parameter(name, dims, Float64Array.from(data));
  }
}

/** γ∘N(x) + β of each of `gates` that stand side by side in the last axis of x, whose axes before are `leading`. */
export function normalize(
  to: GraphBuilder,
  x: Value,
  { leading, gates, units }: { readonly leading: readonly number[]; readonly gates: number; readonly units: number },
  gamma: Value,
  beta?: Value,
): Value {
  const ones = to.reals(
    [units],
    Array.from({ length: units }, () => 1),
  );
  const apart = gates === 1 ? x : to.add('Reshape', [x, to.integers([...leading, gates, units])]);
  const normal = to.add('LayerNormalization', [apart, ones], { axis: -1, epsilon: { float: EPSILON } });
  const scaled = to.add('Mul', [normal, gamma]);
  const moved = beta === undefined ? scaled : to.add('Add', [scaled, beta]);
  return gates === 1 ? moved : to.add('Reshape', [moved, to.integers([...leading, gates * units])]);
}

/** The inside of a Scan while a cell writes its formula into it. */
export class StepGraph {
  readonly body: GraphBuilder;
  readonly parameters: DirectionParameters;
  /** h before the step, and c of an LSTM, [B,H]. */
  readonly state: readonly Value[];
  /** What the inputs of the step give to all gates, [B,G·H]. */
  readonly x: Value;
  readonly #outside: GraphBuilder;
  readonly #cell: Cell;
  readonly #units: number;

  constructor(
    outside: GraphBuilder,
    cell: Cell,
    units: number,
    parameters: DirectionParameters,
    stateNames: readonly string[],
  ) {
    this.body = new GraphBuilder(outside);
    this.parameters = parameters;
    this.state = stateNames.map((name) => this.body.name(`${name}_in`));
    this.x = this.body.name('x');
    this.#outside = outside;
    this.#cell = cell;
    this.#units = units;
  }

  add(a: Value, b: Value): Value {
    return this.body.add('Add', [a, b]);
  }

  subtract(a: Value, b: Value): Value {
    return this.body.add('Sub', [a, b]);
  }

  multiply(a: Value, b: Value): Value {
    return this.body.add('Mul', [a, b]);
  }

  product(a: Value, b: Value): Value {
    return this.body.add('MatMul', [a, b]);
  }

  /** The activation of candidates and of what leaves the cell. */
  phi(value: Value): Value {
    return this.#activate(value, this.#cell.activation);
  }

  /** The activation of gates. */
  sigma(value: Value): Value {
    return this.#activate(value, this.#cell.gateActivation);
  }

  /** γ∘N(x) + β of each of the gates that stand side by side in x. */
  normalize(x: Value, gates: number, gamma: Value, beta?: Value): Value {
    return normalize(this.body, x, { leading: [-1], gates, units: this.#units }, gamma, beta);
  }

  /** Gates that stand side by side, apart. */
  split(value: Value, gates: number): readonly Value[] {
    const parts = Array.from({ length: gates }, () => this.body.name('gate'));
    this.body.node('Split', [value, this.body.integers(parts.map(() => this.#units))], parts, { axis: -1 });
    return parts;
  }

  /** Parts of a parameter, cut outside: once and for all steps. */
  cut(value: Value, axis: number, sizes: readonly number[]): readonly Value[] {
    const parts = sizes.map(() => this.#outside.name('part'));
    this.#outside.node('Split', [value, this.#outside.integers(sizes)], parts, { axis });
    return parts;
  }

  #activate(value: Value, kind: Activation | GateActivation): Value {
    if (kind === 'identity') return value;
    const { name, alpha, beta } = operatorActivations[kind];
    const attributes = alpha === undefined ? {} : { alpha: { float: alpha }, beta: { float: beta! } };
    return this.body.add(name, [value], attributes);
  }
}
