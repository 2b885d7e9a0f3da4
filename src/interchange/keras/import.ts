// Keras models as models.
import { checkBytes, checkString } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { checkFields, type Options, optional, such } from '../../base/fields.ts';
import { type EngineOptions, engineFields } from '../../model/network.ts';
import { readKerasFile } from './keras-file.ts';
import { type KerasModel, restore } from './restore.ts';
import { readWeightGroups } from './weight-groups.ts';

export const importFields = {
  ...engineFields,
  /** Of the Keras that wrote the file, such as `3.5.0`, for a file that does not say it. */
  kerasVersion: optional(
    such<string>('a version such as "2.2.4"', (value) => typeof value === 'string' && /^\d+(\.\w+)*$/.test(value)),
  ),
};

/** What the model computes in, and the version of Keras for files that do not say it. */
export interface KerasImportOptions extends EngineOptions, Options<typeof importFields> {}

/**
 * The model of a `.keras` file (Keras 3), or of a `.h5` file of a whole model (Keras 1 to 3): Sequential, or Functional, also with
 * several inputs and outputs, whose entries then have Keras's names.
 *
 * Layers: InputLayer, Embedding, SimpleRNN, LSTM, GRU (both forms), Bidirectional of these (`concat`, `sum`), Dense, also in
 * TimeDistributed, Dropout, SpatialDropout1D, BatchNormalization, Activation, ReLU, LeakyReLU, ELU, Flatten and RepeatVector where the file says
 * how many steps there are, Add, Average, Multiply, Concatenate. Softmax, and sigmoid at the end, belong to the loss here: `output` and
 * `outputs` say them. Masking and `mask_zero` become the `skip` of the input; what a masked step gives is zero here, and in Keras
 * what the step before gave. The `dropout` of a recurrent layer becomes a variational dropout layer in front of it, one for both directions. Inputs are [T,B,...]
 * here, [B,T,...] there. `stateful` is the caller's affair: `forward` takes a state and gives one.
 *
 * What has no part in what a trained layer computes is not taken over: initialisers, regularisers, constraints, the optimizer, loss
 * and metrics of `compile`.
 *
 * @param options `dtype`, `relaxed` and `kernels`, as of `createModel` (default dtype f32); `kerasVersion`.
 * @param where What error messages call the file.
 * @throws BpttError `bad-file`: for bytes that are cut off, damaged or of another kind, with the entry or the byte; for a layer or
 * an option that cannot be represented, or means one thing or another by a version that is not known, with its name and class; for weights that are missing, left over or of other shapes.
 *
 * @example
 * const { model, output } = await importKeras(await readFile('model.keras'));
 * console.log(model.summary(), output);
 */
export async function importKeras(
  bytes: Uint8Array,
  options: KerasImportOptions = {},
  where = 'Keras file',
): Promise<KerasModel> {
  checkBytes('importKeras(bytes)', bytes);
  checkString('importKeras(where)', where);
  const { kerasVersion, ...engine } = checkFields('importKeras', options, importFields);
  const { model, version, weights } = readKerasFile(bytes, where);
  if (model === undefined) {
    const got = 'weights alone: loadKerasWeights puts them into a model';
    throw new BpttError('bad-file', `${where}: expected the configuration of a model, got ${got}`);
  }
  const content = { model, version: version || kerasVersion || '', weights: () => readWeightGroups(weights) };
  return restore(content, engine, where);
}
