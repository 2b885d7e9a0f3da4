// A model as one file: safetensors, with the description in the metadata.

import { checkFinite, checkObject, checkString } from '../base/check.ts';
import { checksum } from '../base/crc32.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, type Field, type Options, optional, withDefault } from '../base/fields.ts';
import type { StateWriter } from '../formats/record.ts';
import { encodeSafetensors, partsOfSafetensors } from '../formats/safetensors.ts';
import { kindsFields, kindsOf } from '../layers/describe.ts';
import { checkModel } from './check-model.ts';
import { type Model, restoreModel } from './model.ts';
import { CHECKSUM, FORMAT, MODEL, OF_TRAINING, TRAINING, VERSION } from './model-file-names.ts';
import { type EngineOptions, engineFields } from './network.ts';

/** Strings by their names, which may not be the package's own. */
export const metadata: Field<Readonly<Record<string, string>>> = {
  check(where, value) {
    const given = checkObject(where, value);
    for (const [name, text] of Object.entries(given)) {
      if (name.startsWith('bptt.')) {
        throw new BpttError('invalid-argument', `${where}: expected names that do not begin with bptt., got ${name}`);
      }
      checkString(`${where}.${name}`, text);
    }
    return given as Readonly<Record<string, string>>;
  },
};

export const serializeFields = {
  /** Strings to keep in the file, such as a vocabulary as JSON. Names that begin with `bptt.` are taken. */
  metadata: withDefault(metadata, () => ({})),
};

export const deserializeFields = { ...engineFields, dtype: optional(engineFields.dtype), ...kindsFields };

/** What `serialize` keeps in the file beside the model. */
export interface SerializeOptions extends Options<typeof serializeFields> {}

/** What a model that is read computes in (default: as it was written), and layers of your own that it may have. */
export interface DeserializeOptions extends EngineOptions, Options<typeof kindsFields> {}

/** What a model file holds. */
export interface ModelFile {
  /** The model, ready for `forward`, training and generation. */
  readonly model: Model;
  /** The strings that `serialize` was given, such as a vocabulary as JSON; empty where there were none. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The bytes of a model file: description and parameters in safetensors, names and orientation as PyTorch's. The same model
 * always gives the same bytes.
 *
 * @throws BpttError for metadata that are not strings or whose names are taken, and for a model whose parameters are not finite.
 *
 * @example
 * const bytes = serialize(model, { metadata: { vocabulary: JSON.stringify(vocabulary) } });
 * console.log(bytes.length); // to store, send or download
 */
export function serialize(model: Model, options: SerializeOptions = {}): Uint8Array<ArrayBuffer> {
  checkModel('serialize', model);
  return encodeModelFile(model, checkFields('serialize', options, serializeFields).metadata);
}

/** A model file; with `training`, one from which the training goes on. @internal */
export function encodeModelFile(
  model: Model,
  metadata: Readonly<Record<string, string>>,
  training?: StateWriter,
): Uint8Array<ArrayBuffer> {
  const tensors = (training?.tensors ?? []).map((tensor) => ({ ...tensor, name: OF_TRAINING + tensor.name }));
  const all = [...model.parameters(), ...tensors];
  // What reading refuses is not written.
  for (const { name, data } of all) checkFinite(`serialize(model), ${name}`, data);
  const own = {
    [FORMAT]: VERSION,
    [MODEL]: JSON.stringify(model.description),
    ...(training === undefined ? {} : { [TRAINING]: JSON.stringify(training.values) }),
    ...metadata,
  };
  // The checksum is that of the file without it.
  return encodeSafetensors(all, { ...own, [CHECKSUM]: checksum(...partsOfSafetensors(all, own)) });
}

/**
 * The model of a file that `serialize` made, or of a checkpoint. Its dtype is the file's, unless `options.dtype` asks for another.
 *
 * @param where What error messages call the file.
 * @throws BpttError `bad-file` for bytes that are not a whole model file, for tensors that do not fit the description, and where the
 * checksum tells that something has changed.
 *
 * @example
 * const bytes = serialize(model, { metadata: { vocabulary: JSON.stringify(vocabulary) } });
 * const { model: again, metadata } = await deserialize(bytes);
 * const letters = Vocabulary.fromJSON(JSON.parse(metadata.vocabulary));
 * console.log(again.summary(), letters.size);
 */
export async function deserialize(
  bytes: Uint8Array,
  options: DeserializeOptions = {},
  where = 'model file',
): Promise<ModelFile> {
  checkString('deserialize(where)', where);
  const { kinds: functions, ...engine } = checkFields('deserialize', options, deserializeFields);
  const kinds = kindsOf(functions);
  const { decodeModelFile } = await import('./decode-model-file.ts');
  const { description, parameters, metadata } = await decodeModelFile(bytes, where, kinds);
  const dtype = parameters.every(({ data }) => data instanceof Float64Array) ? 'f64' : 'f32';
  return { model: await restoreModel(description, parameters, { dtype, ...engine }, kinds), metadata };
}
