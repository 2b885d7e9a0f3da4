// Models in files.

import { checkString } from '../base/check.ts';
import { kindsOf } from '../layers/describe.ts';
import { moreKinds } from '../layers/kinds.ts';
import type { Model } from '../model/model.ts';
import {
  type DeserializeOptions,
  deserializeAs,
  type ModelFile,
  type SerializeOptions,
  serializeAs,
} from '../model/model-file.ts';
import { readBytes, writeFileAtomic } from './atomic-file.ts';

/**
 * Writes a model to a file, whole or not at all: a file that was there before survives every failure.
 *
 * @throws BpttError `bad-file` with the path and the reason.
 */
export async function saveModel(model: Model, path: string, options: SerializeOptions = {}): Promise<void> {
  const bytes = serializeAs('saveModel', model, options);
  await writeFileAtomic(checkString('saveModel(path)', path), bytes);
}

/**
 * Reads a file that `saveModel` wrote.
 *
 * @throws BpttError `bad-file` with the path when it cannot be read or is not a whole model file.
 */
export async function loadModel(path: string, options: DeserializeOptions = {}): Promise<ModelFile> {
  const bytes = await readBytes(checkString('loadModel(path)', path));
  return deserializeAs('loadModel', bytes, options, path, kindsOf(moreKinds));
}
