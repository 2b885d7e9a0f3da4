// What the recurrent layers of a model hold along a sequence: their states and their gates.

import { checkFields, number, type Options, withDefault } from '../base/fields.ts';
import type { Input } from '../data/batch.ts';
import { cellOf } from '../layers/recurrent/cells.ts';
import { checkModel } from '../model/check-model.ts';
import { stackIn } from '../model/graph.ts';
import type { Model } from '../model/model.ts';
import { refuseWhole } from '../model/network.ts';
import {
  checkReading,
  copyOf,
  type RecurrentLayer,
  recurrentLayer,
  recurrentLayers,
  rowOf,
  rowOfState,
} from './copy.ts';
import { type LayerOptions, layerFields } from './jacobians.ts';
import type { Matrix } from './matrix.ts';
import { Probe } from './probe.ts';

/**
 * The hidden states of a recurrent layer along a sequence, h_1 to h_T: [T, H].
 *
 * @throws BpttError for wrong inputs and options, and for models that read both directions.
 *
 * @example
 * const states = await hiddenStates(model, batch);
 * console.log(states.rows, states.columns, states.data[0]); // T steps of H units
 */
export async function hiddenStates(model: Model, input: Input, options: LayerOptions = {}): Promise<Matrix> {
  const { layer, row, state } = checkFields('hiddenStates', options, layerFields);
  const { index, units } = recurrentLayer('hiddenStates', model, layer);
  const given = checkReading('hiddenStates', model, input, row, state);
  const sequence = rowOf(given.input, row);
  const network = await copyOf(model);
  const probe = new Probe(network, sequence.steps, 1);
  probe.restore(rowOfState(network, given.state, row));
  probe.append(sequence, 0, sequence.steps);
  probe.forward(0, sequence.steps);
  const data = new Float64Array(sequence.steps * units);
  // Slot t + 1 is what the step after t starts from.
  for (let t = 0; t < sequence.steps; t++) data.set(probe.stateAt(index, t + 1)[0]!, t * units);
  probe.release();
  return { rows: sequence.steps, columns: units, data };
}

const fields = {
  /** How near to its limits a value must be, as a share of the way between them; above 0 and below 0.5. Default 0.05. */
  margin: withDefault(number({ exclusiveMin: 0, exclusiveMax: 0.5 }), 0.05),
  /** Where the rows start. Default zero. */
  state: layerFields.state,
};

/** What is near a limit for `saturation`, and where the rows start. */
export interface SaturationOptions extends Options<typeof fields> {}

/** How many values of a layer are near their limits. */
export interface Saturation {
  /** Counts the recurrent layers from the input on. */
  readonly layer: number;
  /** `h`, or a gate: i, f, g, o of LSTM, r, z, n of GRU. */
  readonly what: string;
  /** The share near the lower limit: -1, or 0 for gates; of ReLU, the share that is 0. */
  readonly low: number;
  /** The share near the upper limit, 1; undefined for activations without one. */
  readonly high: number | undefined;
}

/** The limits of what activations give; undefined for none. */
const limits: Readonly<Record<string, readonly [low: number, high: number] | 'below' | undefined>> = {
  tanh: [-1, 1],
  softsign: [-1, 1],
  sigmoid: [0, 1],
  'hard-sigmoid': [0, 1],
  'hard-sigmoid-fifth': [0, 1],
  relu: 'below',
};

/**
 * How much of each recurrent layer is saturated: the shares of hidden units and gates whose values, over all steps and rows, lie within
 * `margin` of their limits, where their slopes are almost 0 and gradients end (Karpathy, Johnson and Fei-Fei 2015, "Visualizing and
 * understanding recurrent networks", section 4.2, count gates in the same way).
 *
 * @returns nothing for what has no limits, such as `identity`.
 * @throws BpttError for wrong inputs and options, and for models that read both directions.
 *
 * @example
 * for (const { layer, what, low, high } of await saturation(model, batch)) console.log(layer, what, low, high);
 */
export async function saturation(
  model: Model,
  reading: Input,
  options: SaturationOptions = {},
): Promise<readonly Saturation[]> {
  checkModel('saturation', model);
  const { margin, state: start } = checkFields('saturation', options, fields);
  stackIn(model.network.graph, 'saturation');
  refuseWhole(model.network, 'saturation', 'the states of such a model depend on all steps');
  const { input, state } = checkReading('saturation', model, reading, 0, start);
  const network = await copyOf(model);
  const probe = new Probe(network, input.steps, input.rows);
  probe.restore(state);
  probe.append(input, 0, input.steps);
  probe.forward(0, input.steps);
  const shares = recurrentLayers(model).flatMap((layer, number) => saturationOf(probe, input, layer, number, margin));
  probe.release();
  return shares;
}

function saturationOf(probe: Probe, input: Input, layer: RecurrentLayer, number: number, margin: number): Saturation[] {
  const { index, units: H, description } = layer;
  const cell = cellOf(description);
  // One block of columns alone is no gate, but what the state is made from.
  const names = cell.gates.length > 1 ? cell.gates : [];
  const G = names.length;
  const shares = (what: string, activation: string, value: (step: number, row: number, unit: number) => number) => {
    const limit = limits[activation];
    if (limit === undefined) return [];
    let [low, high, all] = [0, 0, 0];
    for (let step = 0; step < input.steps; step++) {
      for (let row = 0; row < input.rows; row++) {
        if (step >= (input.lengths?.[row] ?? input.steps)) continue;
        for (let unit = 0; unit < H; unit++, all++) {
          const x = value(step, row, unit);
          if (limit === 'below') low += +(x <= 0);
          else {
            const room = margin * (limit[1] - limit[0]);
            low += +(x <= limit[0] + room);
            high += +(x >= limit[1] - room);
          }
        }
      }
    }
    return [{ layer: number, what, low: low / all, high: limit === 'below' ? undefined : high / all }];
  };
  const states = Array.from({ length: input.steps }, (_, step) => probe.stateAt(index, step + 1)[0]!);
  const values = Array.from({ length: G === 0 ? 0 : input.steps }, (_, step) => probe.bufferAt(index, 'a', step, H, G));
  // What an LSTM gives is o∘φ(c): within the limits of φ.
  const own = shares('h', cell.activation, (step, row, unit) => states[step]![row * H + unit]!);
  const ofGates = names.flatMap((name, gate) => {
    const activation = name === cell.candidate ? cell.activation : cell.gateActivation;
    return shares(name, activation, (step, row, unit) => values[step]![(row * G + gate) * H + unit]!);
  });
  return [...own, ...ofGates];
}
