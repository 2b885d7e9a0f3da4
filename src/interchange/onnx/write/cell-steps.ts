// One step of each cell, with or without layer normalisation, as nodes of ONNX: from the state before to the state after.
import type { Cell } from '../../../layers/recurrent/cell.ts';
import type { Value } from './builder.ts';
import type { StepGraph } from './step-graph.ts';

/** What a cell writes its step from. `units`: H. */
interface StepOptions {
  readonly units: number;
  readonly layerNorm: boolean;
}

type Step = (graph: StepGraph, cell: Cell, options: StepOptions) => readonly Value[];

/** The next state, h first, in the formulas of assembly/cells. */
export function cellStep(graph: StepGraph, cell: Cell, options: StepOptions): readonly Value[] {
  return steps[cell.kernel](graph, cell, options);
}

const steps: Readonly<Record<Cell['kernel'], Step>> = {
  elman: (graph, _, { layerNorm }) => {
    return [graph.phi(graph.add(graph.x, recurrentProduct(graph, 1, layerNorm)))];
  },

  lstm: (graph, { peepholes: seesState }, { layerNorm }) => {
    const { parameters } = graph;
    const c = graph.state[1]!;
    const product = recurrentProduct(graph, 4, layerNorm);
    let [i, f, g, o] = graph.split(graph.add(graph.x, product), 4) as [Value, Value, Value, Value];
    const peepholes = seesState ? graph.cut(parameters.vector('peephole'), 0, [1, 1, 1]) : undefined;
    if (peepholes !== undefined) {
      i = graph.add(i, graph.multiply(peepholes[0]!, c));
      f = graph.add(f, graph.multiply(peepholes[1]!, c));
    }
    const next = graph.add(graph.multiply(graph.sigma(f), c), graph.multiply(graph.sigma(i), graph.phi(g)));
    if (peepholes !== undefined) o = graph.add(o, graph.multiply(peepholes[2]!, next));
    const seen = layerNorm ? graph.normalize(next, 1, parameters.vector('gain_c'), parameters.vector('bias_c')) : next;
    return [graph.multiply(graph.sigma(o), graph.phi(seen)), next];
  },

  indrnn: (graph) => [
    graph.phi(graph.add(graph.x, graph.multiply(graph.state[0]!, graph.parameters.vector('weight_hh')))),
  ],

  // The reset gate after the product: r∘(W h + b).
  gru: (graph, _, { layerNorm }) => {
    const [xr, xz, xn] = graph.split(graph.x, 3) as [Value, Value, Value];
    const [qr, qz, qn] = graph.split(recurrentProduct(graph, 3, layerNorm), 3) as [Value, Value, Value];
    const r = graph.sigma(graph.add(xr, qr));
    const z = graph.sigma(graph.add(xz, qz));
    return mixed(graph, z, xn, graph.multiply(r, graph.add(qn, graph.parameters.vector('bias_hn'))));
  },

  // The reset gate before the product: W (r∘h).
  'gru-before': (graph, _, { units: H, layerNorm }) => {
    const [xr, xz, xn] = graph.split(graph.x, 3) as [Value, Value, Value];
    const h = graph.state[0]!;
    const W = graph.parameters.matrix('weight_hh');
    const gain = layerNorm ? graph.parameters.gates('gain_hh') : undefined;
    const [Wg, Wn] = graph.cut(W, 1, [2 * H, H]) as [Value, Value];
    const [gg, gn] = gain === undefined ? [] : graph.cut(gain, 0, [2, 1]);
    const q = graph.product(h, Wg);
    const [qr, qz] = graph.split(gg === undefined ? q : graph.normalize(q, 2, gg), 2) as [Value, Value];
    const r = graph.sigma(graph.add(xr, qr));
    const z = graph.sigma(graph.add(xz, qz));
    const qn = graph.product(graph.multiply(r, h), Wn);
    return mixed(graph, z, xn, gn === undefined ? qn : graph.normalize(qn, 1, gn));
  },
};

/** W h of all gates, normalised where the layer does so. */
function recurrentProduct(graph: StepGraph, gates: number, layerNorm: boolean): Value {
  const W = graph.parameters.matrix('weight_hh');
  const gain = layerNorm ? graph.parameters.gates('gain_hh') : undefined;
  const q = graph.product(graph.state[0]!, W);
  return gain === undefined ? q : graph.normalize(q, gates, gain);
}

/** A GRU's next state: n + z∘(h - n), with n = φ(x + recurrent). */
function mixed(graph: StepGraph, z: Value, x: Value, recurrent: Value): readonly Value[] {
  const n = graph.phi(graph.add(x, recurrent));
  return [graph.add(n, graph.multiply(z, graph.subtract(graph.state[0]!, n)))];
}
