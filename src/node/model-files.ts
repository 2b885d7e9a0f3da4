// Models in files.

import { moreKinds } from '../layers/kinds.ts';
import type { Model } from '../model/model.ts';
import {
  type DeserializeOptions,
  deserialize,
  type ModelFile,
  type SerializeOptions,
  serialize,
} from '../model/model-file.ts';
import { readBytes, writeFileAtomic } from './atomic-file.ts';

/**
 * Writes a model to a file, whole or not at all: a file that was there before survives every failure.
 *
 * @throws BpttError `bad-file` with the path and the reason.
 */
export async function saveModel(model: Model, path: string, options: SerializeOptions = {}): Promise<void> {
  await writeFileAtomic(path, serialize(model, options));
}

/**
 * Reads a file that `saveModel` wrote.
 *
 * @throws BpttError `bad-file` with the path when it cannot be read or is not a whole model file.
 */
export async function loadModel(path: string, options: DeserializeOptions = {}): Promise<ModelFile> {
  return deserialize(await readBytes(path), { ...options, kinds: [...moreKinds, ...(options.kinds ?? [])] }, path);
}
