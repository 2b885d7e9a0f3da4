// What needs Node: `import { saveModel, loadModel, CheckpointFiles, textFile, revectorize } from 'bptt/node'`.
import { readBytes, writeFileAtomic } from './atomic-file.ts';
import type { Model } from './model.ts';
import { deserialize, type ModelFile, type SerializeOptions, serialize } from './model-file.ts';
import type { EngineOptions } from './network.ts';

export { CheckpointFiles, type CheckpointFilesOptions, type FoundCheckpoint } from './checkpoint-files.ts';
export { revectorize } from './revectorize.ts';
export { fileCharacters, type PiecewiseTokenizer, type TextFileOptions, textFile } from './text-file-data.ts';

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
export async function loadModel(path: string, options: EngineOptions = {}): Promise<ModelFile> {
  return deserialize(await readBytes(path), options, path);
}
