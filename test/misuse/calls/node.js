// @ts-check
/** Valid calls of what needs files or threads. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { characters } from '../../../build/index.js';
import * as node from '../../../build/node.js';
import { speaker, training } from './models.js';

/** Where the files of these calls are; it goes when the process ends. */
export const folder = mkdtempSync(join(tmpdir(), 'bptt-misuse-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const text = join(folder, 'text.txt');
writeFileSync(text, 'abc abc abc abc abc abc');
const model = join(folder, 'model.safetensors');
await node.saveModel(await speaker(), model);

/** @type {Readonly<Record<string, readonly import('../table.js').Row[]>>} */
export const hosts = {
  'node.CheckpointFiles.new': [() => ({ args: [model, { keep: 2, kinds: [] }] })],
  'node.CheckpointFiles.write': [
    () => ({ on: new node.CheckpointFiles(model), args: [{ step: 1, bytes: Uint8Array.of(1, 2, 3) }] }),
  ],
  'node.folderStore': [() => ({ args: [join(folder, 'store')] })],
  'node.FolderStore.read': [() => ({ on: node.folderStore(join(folder, 'store')), args: ['trials/1/result.json'] })],
  'node.FolderStore.add': [
    () => ({ on: node.folderStore(join(folder, 'store')), args: ['trials/1/result.json', Uint8Array.of(1, 2)] }),
  ],
  'node.FolderStore.remove': [() => ({ on: node.folderStore(join(folder, 'store')), args: ['trials/1/result.json'] })],
  'node.FolderStore.keys': [() => ({ on: node.folderStore(join(folder, 'store')), args: ['trials/'] })],
  'node.loadModel': [() => ({ args: [model, { dtype: 'f32', relaxed: false, threads: 1, kinds: [] }] })],
  'node.saveModel': [
    async () => ({ args: [await speaker(), join(folder, 'saved.safetensors'), { metadata: { made: 'here' } }] }),
  ],
  'node.fileCharacters': [() => ({ args: [text, { unknown: '?' }] })],
  'node.textFile': [() => ({ args: [text, { vocabulary: characters('abc '), batch: 2, steps: 2, from: 0, to: 1 }] })],
  // What users write, and `textFile` and `trainInWorker` call.
  'node.PiecewiseTokenizer.encode': [],
  'worker.WorkerLike.postMessage': [],
  'worker.workers': [
    () => ({
      args: [{ blocks: 2, count: 1, sharedMemory: true, modules: ['data:text/javascript,'], worker: () => ({}) }],
    }),
  ],
  'worker.trainInWorker': [
    async () => {
      const { data, validation, ...rest } = training();
      return {
        args: [
          await speaker(),
          { ...rest, data, validation, ahead: 1, weightsEvery: 1, modules: ['data:text/javascript,'] },
        ],
        slow: true,
      };
    },
  ],
};
