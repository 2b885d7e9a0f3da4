// Keras models as models.
import { show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { checkFields, type Options, optional, string } from '../../base/fields.ts';
import type { LayerDescription, ModelDescription } from '../../layers/registry.ts';
import { createStack } from '../../model/create-graph.ts';
import { type Model, restoreModel } from '../../model/model.ts';
import { type EngineOptions, engineFields } from '../../model/network.ts';
import type { Parameter } from '../../model/parameters.ts';
import { type Converted, placesOf } from './convert-weights.ts';
import { describeLayer, type KerasOutput, refuse } from './describe.ts';
import { readKerasFile } from './keras-file.ts';
import { chainOf, type KerasLayer, readLayers } from './layer-chain.ts';
import { groupsInOrder, readWeightGroups } from './weight-groups.ts';

const fields = {
  ...engineFields,
  /** Of the Keras that wrote the file, such as `3.5.0`, for a file that does not say it. */
  kerasVersion: optional(string),
};

export interface KerasImportOptions extends EngineOptions, Options<typeof fields> {}

export interface KerasModel {
  readonly model: Model;
  /** What the last activation of Keras makes of the model's outputs; here it belongs to the loss, and to what reads the outputs. */
  readonly output: KerasOutput;
}

/**
 * The model of a `.keras` file (Keras 3), or of a `.h5` file of a whole model (Keras 1 to 3): Sequential, or Functional with one
 * layer after the other.
 *
 * Layers: InputLayer, Embedding, SimpleRNN, LSTM, GRU (both forms), Bidirectional of these (`concat`, `sum`), Dense, also in
 * TimeDistributed, Dropout, SpatialDropout1D, and softmax or sigmoid at the end, of a Dense layer or as Activation or Softmax. The
 * `dropout` of a recurrent layer becomes a variational dropout layer in front of it, one for both directions. Inputs are [T,B,...]
 * here, [B,T,...] there. `stateful` is the caller's affair: `forward` takes a state and gives one.
 *
 * What has no part in what a trained layer computes is not taken over: initialisers, regularisers, constraints, the optimizer, loss
 * and metrics of `compile`.
 *
 * @param options `dtype`, `relaxed` and `kernels`, as of `createModel` (default dtype f32); `kerasVersion`.
 * @param where What error messages call the file.
 * @throws BpttError `bad-file`: for bytes that are cut off, damaged or of another kind, with the entry or the byte; for a layer or
 * an option that cannot be represented, or means one thing or another by a version that is not known, with its name and class; for weights that are missing, left over or of other shapes.
 */
export async function importKeras(
  bytes: Uint8Array,
  options: KerasImportOptions = {},
  where = 'Keras file',
): Promise<KerasModel> {
  const { kerasVersion, ...engine } = checkFields('importKeras', options, fields);
  const file = readKerasFile(bytes, where);
  if (file.model === undefined) {
    const got = 'weights alone: loadKerasWeights puts them into a model';
    throw new BpttError('bad-file', `${where}: expected the configuration of a model, got ${got}`);
  }
  const config = readLayers(file.model, where);
  const chain = chainOf(config, where);
  const { layers, tokens, output } = describeLayers(chain, file.version || kerasVersion || '');
  const chosen = groupsInOrder(readWeightGroups(file.weights), chain, config.listed, where);
  // The weights nearest to the input tell how many features there are.
  const size = tokens ?? chosen[0]?.arrays[0]?.shape[0];
  if (size === undefined) throw new BpttError('bad-file', `${where}: expected a layer with weights, got none`);
  checkInputShape(chain[0]!, tokens !== undefined, size);
  const description = [{ kind: tokens === undefined ? 'features' : 'tokens', size }, ...layers] as ModelDescription;
  let parameters: readonly Converted[];
  try {
    const places = placesOf(createStack(description, 'importKeras'), where);
    if (places.length !== chosen.length) {
      const names = chosen.map(({ name }) => name).join(', ');
      throw new BpttError('bad-file', `${where}: expected weights of ${places.length} layers, got ${names || 'none'}`);
    }
    parameters = places.flatMap((place, index) => place.convert(chosen[index]!));
  } catch (cause) {
    throw asBadFile(cause, where);
  }
  const model = await restoreModel(description, parameters as readonly Parameter[], engine).catch((cause) => {
    throw cause instanceof BpttError && cause.code === 'non-finite' ? asBadFile(cause, where) : cause;
  });
  return { model, output };
}

/** What went wrong with the content of a file, as an error about the file. */
function asBadFile(cause: unknown, where: string): unknown {
  if (!(cause instanceof BpttError) || cause.code === 'bad-file') return cause;
  return new BpttError('bad-file', `${where}: ${cause.message}`, { cause });
}

/** The layers of Keras here. */
interface Layers {
  readonly layers: readonly LayerDescription[];
  /** How many tokens the model reads; undefined where it reads features. */
  readonly tokens: number | undefined;
  readonly output: KerasOutput;
}

function describeLayers(chain: readonly KerasLayer[], version: string): Layers {
  const layers: LayerDescription[] = [];
  let tokens: number | undefined;
  let head: { readonly layer: KerasLayer; readonly output: KerasOutput } | undefined;
  for (const layer of chain) {
    if (layer.className === 'InputLayer') continue;
    const described = describeLayer(layer, version);
    if (head !== undefined) {
      throw refuse(head.layer, `${head.output} at the end only`, `'${layer.name}' (${layer.className}) after it`);
    }
    if (described.output !== 'logits') head = { layer, output: described.output };
    tokens ??= described.tokens;
    layers.push(...described.layers);
  }
  return { layers, tokens, output: head?.output ?? 'logits' };
}

/** Models read sequences: of tokens [batch, steps], or of features [batch, steps, features]. */
function checkInputShape(layer: KerasLayer, tokens: boolean, size: number): void {
  const shape = layer.config.batch_shape ?? layer.config.batch_input_shape;
  if (shape === undefined || shape === null) return;
  const fits = Array.isArray(shape) && shape.length === (tokens ? 2 : 3) && (tokens || shape[2] === size);
  if (fits) return;
  const expected = tokens ? '[batch, steps]' : `[batch, steps, ${size}]`;
  throw refuse(layer, `inputs ${expected}`, Array.isArray(shape) ? JSON.stringify(shape) : show(shape));
}
