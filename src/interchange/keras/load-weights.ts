// Weights of Keras files for models that are there.

import { checkBytes, checkString, show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { checkFields, list, type Options, optional, string } from '../../base/fields.ts';
import { checkModel } from '../../model/check-model.ts';
import { stackIn } from '../../model/graph.ts';
import type { Model } from '../../model/model.ts';
import { ordersThatFit, stateModules } from '../module-order.ts';
import { type Place, placesOf } from './convert-weights.ts';
import { type KerasFile, readKerasFile } from './keras-file.ts';
import { readLayers } from './layer-chain.ts';
import { groupsInOrder, readWeightGroups, type WeightGroup } from './weight-groups.ts';

const fields = {
  /**
   * The layers of the file that have weights, in the order in which they compute: their names, or in a `.weights.h5` file of Keras 3
   * the names of its groups, such as `['embedding', 'gru', 'gru_1', 'dense']`. Default: the order of the file, or where it has none,
   * as in `.weights.h5` files of Keras 3, the one that shapes and the numbers of layers of a class give.
   */
  layers: optional(list(string, 'names of layers')),
};

/** The order of the layers of a file that does not say it. */
export interface KerasWeightsOptions extends Options<typeof fields> {}

/**
 * Sets the parameters of a model from a Keras file: `.weights.h5` of Keras 3, `.h5` of weights of Keras 1 and 2, or a file of a whole
 * model (`.keras`, `.h5`), whose configuration then only says the order of the layers. Layers of the file are those of the model that
 * have parameters, one for one: Embedding, SimpleRNN, LSTM, GRU, Bidirectional, Dense. Layers without biases get zeros.
 *
 * Files of weights say neither activations nor, of a GRU without biases, its form: the model's must be the same. Nothing is set when
 * anything is wrong.
 *
 * @param where What error messages call the file.
 * @throws BpttError `bad-file` for files that are cut off, damaged or of another kind, and for weights that are missing, left over,
 * of other shapes, not finite or fit in several orders; `invalid-argument` for a model that is no stack or has layers that Keras does not have, and for
 * `layers` that are not those of the file.
 *
 * @example
 * const bytes = await readFile('model.keras');
 * const { model } = await importKeras(bytes); // or a model of the same layers that was made here
 * loadKerasWeights(model, bytes); // also of a .weights.h5 file
 */
export function loadKerasWeights(
  model: Model,
  bytes: Uint8Array,
  options: KerasWeightsOptions = {},
  where = 'Keras file',
): void {
  checkModel('loadKerasWeights', model);
  checkBytes('loadKerasWeights(bytes)', bytes);
  checkString('loadKerasWeights(where)', where);
  const { layers } = checkFields('loadKerasWeights', options, fields);
  stackIn(model.network.graph, 'loadKerasWeights');
  const places = placesOf(model.network.graph, where);
  const groups = orderOf(readKerasFile(bytes, where), places, layers, where);
  if (groups.length !== places.length) {
    const own = places.map((place) => place.where).join(', ');
    throw bad(where, `weights of ${places.length} layers: ${own}`, `${groups.length}: ${namesOf(groups)}`);
  }
  const values = places.flatMap((place, index) => place.convert(groups[index]!));
  for (const { name, data } of values) {
    const at = data.findIndex((value) => !Number.isFinite(model.dtype === 'f32' ? Math.fround(value) : value));
    if (at < 0) continue;
    throw bad(`${where}, for ${name}[${at}]`, `a number that is finite in ${model.dtype}`, `${data[at]}`);
  }
  for (const { name, data } of values) model.setParameter(name, data);
}

/** The groups of weights in the order of the layers, as far as it can be told. */
function orderOf(
  file: KerasFile,
  places: readonly Place[],
  layers: readonly string[] | undefined,
  where: string,
): readonly WeightGroup[] {
  const weights = readWeightGroups(file.weights);
  const { byClass, groups } = weights;
  if (layers !== undefined) return byNames(checkLayers(layers, groups), groups);
  if (file.model !== undefined) {
    const { listed } = readLayers(file.model, where);
    return groupsInOrder(weights, listed, listed, where);
  }
  if (!byClass) return groups;

  // gru stands before gru_1, as gru0 does before gru1.
  const plain = new Map(groups.map((group) => [group.name.replace(/_(\d+)$/, '$1'), group]));
  const modules = stateModules([...plain.keys()].map((name) => `${name}.weight`));
  const orders = ordersThatFit(places.length, modules, ({ name }, place) => fits(places[place]!, plain.get(name)!));
  const [first, second] = orders.map((order) => order.map(({ name }) => plain.get(name)!));
  if (first !== undefined && second !== undefined) {
    const got = `${namesOf(first)} and ${namesOf(second)}`;
    throw bad(where, 'one order of the layers that fits', `${got}: give the order with the option layers`);
  }
  // Where nothing fits, taking them as they come says what is wrong.
  return first ?? modules.map(({ name }) => plain.get(name)!);
}

function fits(place: Place, group: WeightGroup): boolean {
  try {
    place.convert(group);
    return true;
  } catch (error) {
    if (error instanceof BpttError) return false;
    throw error;
  }
}

function byNames(layers: readonly string[], groups: readonly WeightGroup[]): readonly WeightGroup[] {
  return layers.map((name) => groups.find((group) => group.name === name)!);
}

function checkLayers(layers: unknown, groups: readonly WeightGroup[]): readonly string[] {
  if (!Array.isArray(layers)) {
    throw new BpttError('invalid-argument', `loadKerasWeights.layers: expected an array, got ${show(layers)}`);
  }
  const names = layers.map((name, index) => checkString(`loadKerasWeights.layers[${index}]`, name));
  const known = new Set(groups.map(({ name }) => name));
  if (names.length === known.size && new Set(names).size === names.length && names.every((name) => known.has(name))) {
    return names;
  }
  throw new BpttError(
    'invalid-argument',
    `loadKerasWeights.layers: expected ${[...known].join(', ')} in the order in which they compute, got ${names.join(', ') || 'none'}`,
  );
}

const namesOf = (groups: readonly WeightGroup[]) => groups.map(({ name }) => name).join(', ') || 'none';
const bad = (where: string, expected: string, got: string) =>
  new BpttError('bad-file', `${where}: expected ${expected}, got ${got}`);
