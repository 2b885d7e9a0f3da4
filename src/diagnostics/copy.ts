// Diagnostics compute on a copy in f64: exact, and the model, its gradients and its training are left alone.

import { checkInteger, checkLegible } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkInput, type GraphInput, type Input, lengthsOf, stepsOf, valuesOf } from '../data/batch.ts';
import { cellKindOf, type DirectedDescription, isDirected } from '../layers/recurrent/cells.ts';
import { checkModel } from '../model/check-model.ts';
import { createGraph } from '../model/create-graph.ts';
import { readingsOf, stackIn } from '../model/graph.ts';
import { type Model, restoreModel } from '../model/model.ts';
import { createNetwork, type Network, refuseWhole } from '../model/network.ts';
import { type Parameter, writeEntry } from '../model/parameters.ts';
import { checkState, type State } from '../model/state.ts';
import type { Probe } from './probe.ts';

/** Copies that nobody but diagnostics has, each with the networks that were made of one of its layers alone. */
const copies = new WeakMap<Model, Map<number, Network>>();

/** A copy of the model in f64 for several diagnostics: given to them in place of the model, it is looked into as it is. */
export async function sharedCopy(model: Model): Promise<Model> {
  const copy = await restoreModel(model.description, model.parameters(), { dtype: 'f64', relaxed: false, threads: 1 });
  copies.set(copy, new Map());
  return copy;
}

/** The network of a copy of the model in f64, with gradients of zero. What is allocated in it must be given back: others may look into it. */
export async function copyOf(model: Model): Promise<Network> {
  const { network } = copies.has(model) ? model : await sharedCopy(model);
  network.gradientParts.useAll();
  network.clearGradients('all');
  return network;
}

export interface RecurrentLayer {
  /** Its place among all layers. */
  readonly index: number;
  /** H. */
  readonly units: number;
  readonly description: DirectedDescription;
}

/** The recurrent layers that have one direction, from the input on. */
export function recurrentLayers({ description }: Pick<Model, 'description'>): readonly RecurrentLayer[] {
  return description.slice(1).flatMap((entry, index) => {
    const inner = entry.kind === 'residual' ? entry.layer : entry;
    return isDirected(inner) ? [{ index, units: inner.units, description: inner }] : [];
  });
}

/**
 * One of the recurrent layers; `number` counts them from the input on.
 *
 * @throws BpttError for a number that there is none of, and for models that read both directions.
 */
export function recurrentLayer(where: string, model: Model, number: number): RecurrentLayer {
  checkModel(where, model);
  stackIn(model.network.graph, where);
  refuseWhole(model.network, where, 'the states of such a model depend on all steps');
  const layers = recurrentLayers(model);
  if (layers.length === 0) {
    throw new BpttError('invalid-argument', `${where}: expected a model with a recurrent layer, got none`);
  }
  return layers[checkInteger(`${where}.layer`, number, 0, layers.length - 1)]!;
}

/**
 * Outside of training zoneout mixes states, and the slopes of what was mixed can no longer be told from the state, where a cell takes
 * them from it: an Elman layer from h, an LSTM from c.
 *
 * @throws BpttError for a model with such a layer.
 */
export function refuseMixedSlopes(where: string, model: Model): void {
  for (const { index, description } of recurrentLayers(model)) {
    const { kind, zoneout } = description;
    const { slopesFrom } = cellKindOf(description)!;
    if (slopesFrom === undefined || (zoneout[slopesFrom] ?? 0) === 0) continue;
    throw new BpttError(
      'invalid-argument',
      `${where}: expected no zoneout of ${slopesFrom === 'cell' ? 'cells' : 'hidden states'} of ${kind}, whose slopes are known in training alone, got layer ${index}`,
    );
  }
}

/** A network of one recurrent layer alone, with its parameters, which gives all steps. Of a shared copy there is one for each layer. */
export async function networkOf(model: Model, layer: RecurrentLayer): Promise<Network> {
  const known = copies.get(model);
  const network = known?.get(layer.index) ?? (await makeNetworkOf(model, layer));
  known?.set(layer.index, network);
  return network;
}

async function makeNetworkOf(model: Model, { index, description }: RecurrentLayer): Promise<Network> {
  const { layers, input } = stackIn(model.network.graph, 'diagnostics');
  const size = index === 0 ? input.size : layers[index - 1]!.output.size;
  const kind = index === 0 ? input.kind : 'features';
  const alone = [
    { kind, size },
    { ...description, returns: 'all', name: undefined, from: undefined },
  ];
  const network = await createNetwork(createGraph(alone), { dtype: 'f64', relaxed: false, threads: 1 });
  const named = new Map<string, Parameter>(model.parameters().map((parameter) => [parameter.name, parameter]));
  for (const [place, { name }] of layers[index]!.parameters.entries()) {
    writeEntry(
      network,
      network.parameters,
      network.layout.entries.find(({ spec }) => spec.name === network.graph.layers[0]!.layer.parameters[place]!.name)!,
      named.get(name)!.data,
    );
  }
  return network;
}

/** Checks what is to be read, and a row of it, and gives it with typed arrays in place of plain ones. */
export function checkReading(
  where: string,
  model: Model,
  given: Input,
  row = 0,
  state?: State,
): { readonly input: Input; readonly state: State | undefined } {
  const { network } = model;
  checkLegible(`${where}(input)`, given, 'an object of steps, rows and inputs');
  const { graph, dtype } = network;
  const { rows, ...checked } = checkInput<GraphInput>(where, given, readingsOf(graph), dtype);
  checkInteger(`${where}.row`, row, 0, rows - 1);
  stackIn(graph, where);
  const { name, clock } = graph.inputs[0]!;
  const lengths = lengthsOf(checked, clock);
  const input: Input = {
    steps: stepsOf(checked, clock),
    rows,
    inputs: valuesOf(checked.inputs, name),
    ...(checked.resets && { resets: checked.resets }),
    ...(lengths && { lengths }),
  };
  return { input, state: checkState(network, state, rows) };
}

/** One row of an input: its steps up to its length. */
export function rowOf(input: Input, row: number): Input {
  const { steps: T, rows: B, inputs, resets, lengths } = input;
  const steps = lengths === undefined ? T : lengths[row]!;
  const width = inputs.length / (T * B);
  const cut = new (inputs.constructor as Float64ArrayConstructor)(steps * width) as typeof inputs;
  for (let t = 0; t < steps; t++) {
    const start = (t * B + row) * width;
    cut.set(inputs.subarray(start, start + width), t * width);
  }
  return {
    steps,
    rows: 1,
    inputs: cut,
    ...(resets && { resets: Uint8Array.from({ length: steps }, (_, t) => resets[t * B + row]!) }),
  };
}

/** One row of a state. */
export function rowOfState(network: Network, state: State | undefined, row: number): State | undefined {
  return (
    state && {
      ...state,
      rows: 1,
      layers: state.layers.map((data, index) => {
        const { columns: width } = network.states[index]!;
        return Float64Array.from(data.subarray(row * width, (row + 1) * width));
      }),
    }
  );
}

/** What a recurrent layer reads at a step of a probe, for `rows` rows that are all the same. */
export function inputAt(probe: Probe, index: number, input: Input, step: number, rows: number): Input {
  if (index > 0) {
    const features = probe.outputAt(index - 1, step);
    return repeated(features, rows);
  }
  const width = input.inputs.length / input.steps;
  return repeated(input.inputs.subarray(step * width, (step + 1) * width), rows);
}

function repeated(values: Input['inputs'], rows: number): Input {
  const inputs = new (values.constructor as Float64ArrayConstructor)(rows * values.length) as typeof values;
  for (let row = 0; row < rows; row++) inputs.set(values, row * values.length);
  return { steps: 1, rows, inputs };
}
