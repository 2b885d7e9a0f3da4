// The Jacobians of a recurrent layer from step to step: what its gradients are multiplied by on their way back.

import { checkInteger } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, integer, list, type Options, optional, unchecked, withDefault } from '../base/fields.ts';
import type { Input } from '../data/batch.ts';
import type { Model } from '../model/model.ts';
import type { State } from '../model/state.ts';
import type { Reals } from '../wasm/arena.ts';
import {
  checkReading,
  copyOf,
  inputAt,
  networkOf,
  recurrentLayer,
  refuseMixedSlopes,
  rowOf,
  rowOfState,
} from './copy.ts';
import { checkMatrix, identity, type Matrix, multiply } from './matrix.ts';
import { Probe } from './probe.ts';

export const layerFields = {
  /** Which of the recurrent layers, from the input on. Default 0, the first. */
  layer: withDefault(integer(), 0),
  /** Which row of the input. Default 0. */
  row: withDefault(integer(), 0),
  /** Where the rows start. Default zero. */
  state: optional(unchecked<State>()),
};

/** Which recurrent layer is looked at, along which row, and from which state. */
export interface LayerOptions extends Options<typeof layerFields> {}

const jacobiansFields = {
  units: integer({ min: 1 }),
  size: integer({ min: 1 }),
  steps: list<Matrix>({ check: (where, value) => checkMatrix(where, value as Matrix) }, 'matrices'),
};

/** What `jacobians` resolves to: a matrix for each step of the sequence. */
export interface Jacobians {
  /** H. */
  readonly units: number;
  /** S: numbers of the layer's state, H, or 2H for an LSTM, whose h comes first and then c. */
  readonly size: number;
  /** `∂s_t/∂s_{t-1}` [S,S] for t = 1 to T, the input of the layer at t held constant. Zero where a row begins anew. */
  readonly steps: readonly Matrix[];
}

/**
 * The Jacobian of a recurrent layer's state with respect to the state before, at each step along a sequence (Pascanu, Mikolov and Bengio
 * 2013, "On the difficulty of training recurrent neural networks", eq. 5; for tanh `diag(1 - h²)·W`), for every cell. By the layer's own
 * backward pass, in f64.
 *
 * @throws BpttError for wrong inputs and options, and for models that read both directions.
 *
 * @example
 * const { steps, units } = await jacobians(model, batch, { row: 1 });
 * console.log(units, singularValues(steps[0])[0]); // the most that the first step stretches a gradient
 */
export async function jacobians(model: Model, input: Input, options: LayerOptions = {}): Promise<Jacobians> {
  const { layer: number, row, state } = checkFields('jacobians', options, layerFields);
  const layer = recurrentLayer('jacobians', model, number);
  refuseMixedSlopes('jacobians', model);
  const given = checkReading('jacobians', model, input, row, state);
  const sequence = rowOf(given.input, row);
  const { size, at, release } = await trajectory(model, layer, sequence, rowOfState(model.network, given.state, row));
  const steps = Array.from({ length: sequence.steps }, (_, t) => at(t).jacobian);
  release();
  return { units: layer.units, size, steps };
}

/** The states of one row along a sequence, and the Jacobian of each step, until they are released. */
export async function trajectory(
  model: Model,
  layer: ReturnType<typeof recurrentLayer>,
  sequence: Input,
  state: State | undefined,
) {
  const network = await copyOf(model);
  const whole = new Probe(network, sequence.steps, 1);
  whole.restore(state);
  whole.append(sequence, 0, sequence.steps);
  whole.forward(0, sequence.steps);
  const parts = network.graph.stack!.layers[layer.index]!.states.length;
  const { units: H } = layer;
  const S = parts * H;
  const alone = await networkOf(model, layer);
  const step = new Probe(alone, 1, S);
  const units = Array.from({ length: parts }, (_, part) => {
    const rows = new Float64Array(S * H);
    for (let i = 0; i < H; i++) rows[(part * H + i) * H + i] = 1;
    return rows;
  });
  const at = (t: number): { readonly jacobian: Matrix } => {
    if (sequence.resets?.[t] === 1) {
      return { jacobian: { rows: S, columns: S, data: new Float64Array(S * S) } };
    }
    const before = whole.stateAt(layer.index, t);
    step.start({ rows: S, layers: before.map((data) => repeat(data, S)) });
    step.append(inputAt(whole, layer.index, sequence, t, S), 0, 1);
    step.forward(0, 1);
    // Row r goes back from the r-th number of the new state.
    step.putStateGradients(0, units);
    step.backward(0, 1, { headFrom: 1, continuesFromLater: true, continuesToEarlier: true });
    const gradients = step.stateGradients(0);
    const data = new Float64Array(S * S);
    for (let r = 0; r < S; r++) {
      for (const [part, gradient] of gradients.entries())
        data.set(gradient.subarray(r * H, (r + 1) * H), r * S + part * H);
    }
    return { jacobian: { rows: S, columns: S, data } };
  };
  const release = () => {
    step.release();
    whole.release();
  };
  return { size: S, at, release };
}

function repeat(values: Reals, times: number): Float64Array<ArrayBuffer> {
  const out = new Float64Array(values.length * times);
  for (let i = 0; i < times; i++) out.set(values, i * values.length);
  return out;
}

/**
 * `∂s_to/∂s_from`: the product of the Jacobians of the steps after `from` up to `to`, 0 ≤ from ≤ to ≤ T.
 *
 * @throws BpttError for steps that there are none of.
 *
 * @example
 * const all = await jacobians(model, batch);
 * const over = jacobianProduct(all, 2, 12); // ∂h_12/∂h_2
 * console.log(matrixNorm(over));
 */
export function jacobianProduct(jacobians: Jacobians, from: number, to: number): Matrix {
  const { size, steps } = checkFields('jacobianProduct(jacobians)', jacobians, jacobiansFields);
  const other = steps.findIndex(({ rows, columns }) => rows !== size || columns !== size);
  if (other >= 0) {
    throw new BpttError(
      'invalid-shape',
      `jacobianProduct(jacobians).steps[${other}]: expected a matrix of ${size}x${size}, got ${steps[other]!.rows}x${steps[other]!.columns}`,
    );
  }
  checkInteger('jacobianProduct(to)', to, 0, steps.length);
  checkInteger('jacobianProduct(from)', from, 0, to);
  return steps.slice(from, to).reduce((product, jacobian) => multiply(jacobian, product), identity(size));
}
