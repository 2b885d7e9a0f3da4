// Models in files.

import { checkFields } from '../base/fields.ts';
import { moreKinds } from '../layers/kinds.ts';
import { checkModel } from '../model/check-model.ts';
import type { Model } from '../model/model.ts';
import {
  type DeserializeOptions,
  deserialize,
  deserializeFields,
  type ModelFile,
  type SerializeOptions,
  serialize,
  serializeFields,
} from '../model/model-file.ts';
import { checkPath, readBytes, writeFileAtomic } from './atomic-file.ts';

/**
 * Writes a model to a file, whole or not at all: a file that was there before survives every failure.
 *
 * @throws BpttError `bad-file` with the path and the reason.
 *
 * @example
 * await saveModel(model, 'saved.safetensors', { metadata: { vocabulary: JSON.stringify(vocabulary) } });
 */
export async function saveModel(model: Model, path: string, options: SerializeOptions = {}): Promise<void> {
  checkModel('saveModel', model);
  checkPath('saveModel(path)', path);
  await writeFileAtomic(path, serialize(model, checkFields('saveModel', options, serializeFields)));
}

/**
 * Reads a file that `saveModel` wrote.
 *
 * @throws BpttError `bad-file` with the path when it cannot be read or is not a whole model file.
 *
 * @example
 * const { model, metadata } = await loadModel('my-model.safetensors');
 * const vocabulary = Vocabulary.fromJSON(JSON.parse(metadata.vocabulary));
 * const told = [...generate(model, { prompt: vocabulary.encode('the '), length: 20 })];
 * console.log(vocabulary.decode(told));
 */
export async function loadModel(path: string, options: DeserializeOptions = {}): Promise<ModelFile> {
  checkPath('loadModel(path)', path);
  const { kinds, ...engine } = checkFields('loadModel', options, deserializeFields);
  return deserialize(await readBytes(path), { ...engine, kinds: [...moreKinds, ...kinds] }, path);
}
