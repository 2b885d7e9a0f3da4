// Recurrent layers that no operator computes, with layer normalisation or zoneout, as one step in a Scan over time.

import { cellOf, type DirectedDescription } from '../../../layers/recurrent/cells.ts';
import { dataTypes } from '../format/schema.ts';
import { type Value, valueInfo } from './builder.ts';
import { cellStep } from './cell-steps.ts';
import type { Direction, GraphContext, RecurrentResult } from './context.ts';
import { DirectionParameters, normalize, StepGraph } from './step-graph.ts';

/** V x of all steps, [T,B,G·H] without bias. */
export type Project = (weight: Value) => Value;

/** One direction, whose results are y [T,B,H] and the last h and c, [B,H]. */
export function recurrentScan(
  context: GraphContext,
  description: DirectedDescription,
  project: Project,
  direction: Direction,
): RecurrentResult {
  const { builder } = context;
  const { units, layerNorm } = description;
  const cell = cellOf(description);
  const gates = cell.gates.length;
  const parameters = new DirectionParameters(builder, direction, gates, units);

  const product = project(parameters.matrix('weight_ih'));
  const projected = layerNorm
    ? normalizeSteps(context, product, gates, units, parameters)
    : builder.add('Add', [product, parameters.vector('bias_ih')]);

  const names = cell.states;
  const graph = new StepGraph(builder, cell, units, parameters, names);
  const valid = context.valid();
  // Names are numbered, and files that were exported before are recognised by their bytes: taken also where nothing is padding.
  const name = graph.body.name('valid');
  const isValid = valid === undefined ? undefined : name;
  const next = cellStep(graph, cell, { units, layerNorm });
  const kept = keepState(graph, next, description, isValid);
  return scan(context, direction, names, {
    // What it reads of each step, [T,B,·] outside.
    scanned: valid === undefined ? [projected] : [projected, valid],
    units,
    body: bodyOf(graph, kept, gates * units, units, isValid),
  });
}

/** γ∘N(V x) + β of all steps. */
function normalizeSteps(
  { builder }: GraphContext,
  product: Value,
  gates: number,
  units: number,
  parameters: DirectionParameters,
): Value {
  const shape = { leading: [0, -1], gates, units }; // T and B
  return normalize(builder, product, shape, parameters.gates('gain_ih'), parameters.gates('bias_ih'));
}

/** The state after the step: by zoneout a share of the state before, and all of that where the step is padding. */
function keepState(
  graph: StepGraph,
  next: readonly Value[],
  { zoneout }: DirectedDescription,
  isValid: Value | undefined,
): readonly Value[] {
  const rates = [zoneout.hidden ?? 0, zoneout.cell ?? 0];
  const share = (factor: number, value: Value) => graph.multiply(value, graph.body.reals([1], [factor]));
  return next.map((value, index) => {
    const before = graph.state[index]!;
    const rate = rates[index]!;
    const mixed = rate === 0 ? value : graph.add(share(rate, before), share(1 - rate, value));
    return isValid === undefined ? mixed : graph.body.add('Where', [isValid, mixed, before]);
  });
}

/** The graph inside the Scan: state and inputs of a step in; the state after it, and its output, out. */
function bodyOf(
  { body, state: before, x }: StepGraph,
  after: readonly Value[],
  inputs: number,
  units: number,
  isValid: Value | undefined,
) {
  const results = after.map((value) => body.add('Identity', [value]));
  const y = body.add('Identity', [after[0]!]);
  const state = (name: string) => valueInfo(name, dataTypes.float, ['B', units]);
  return {
    name: body.name('step'),
    node: body.nodes,
    input: [
      ...before.map(state),
      valueInfo(x, dataTypes.float, ['B', inputs]),
      ...(isValid === undefined ? [] : [valueInfo(isValid, dataTypes.bool, ['B', 1])]),
    ],
    output: [...results, y].map(state),
  };
}

/** The Scan over time, from the given states or from zeros. */
function scan(
  context: GraphContext,
  direction: Direction,
  names: readonly string[],
  { scanned, units, body }: { scanned: readonly Value[]; units: number; body: ReturnType<typeof bodyOf> },
): RecurrentResult {
  const { builder } = context;
  const zero = () =>
    builder.add('Expand', [
      builder.reals([1], [0]),
      builder.add('Concat', [context.batch(), builder.integers([units])], { axis: 0 }),
    ]);
  const backwards = direction.reverse ? 1 : 0;
  const outputs = [...names.map((name) => builder.name(`${name}_last`)), builder.name('y')];
  builder.node('Scan', [...names.map((_, index) => direction.initial?.[index] ?? zero()), ...scanned], outputs, {
    body: { graph: body },
    num_scan_inputs: scanned.length,
    scan_input_directions: scanned.map(() => backwards),
    scan_output_directions: [backwards],
  });
  return { y: outputs.at(-1)!, last: outputs.slice(0, -1) };
}
