// What needs Node: `import { saveModel, loadModel, CheckpointFiles, folderStore, textFile, revectorize } from 'bptt/node'`.
export { CheckpointFiles, type CheckpointFilesOptions, type FoundCheckpoint } from './node/checkpoint-files.ts';
export { type FolderStore, folderStore } from './node/folder-store.ts';
export { loadModel, saveModel } from './node/model-files.ts';
export { revectorize } from './node/revectorize.ts';
export { fileCharacters, type PiecewiseTokenizer, type TextFileOptions, textFile } from './node/text-file.ts';
