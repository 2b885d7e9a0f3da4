// Checkpoints in files.
import { watch } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BpttError, createModel, dense, elman, serialize, tokens } from '../../src/index.ts';
import { CheckpointFiles } from '../../src/node.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bptt-checkpoints-'));
});
afterEach(() => rm(directory, { recursive: true }));

const bytesOf = async (seed: number) =>
  serialize(await createModel([tokens(3), elman({ units: 2 }), dense({ units: 3 })], { seed }));
const path = (name: string) => join(directory, name);

describe('CheckpointFiles', () => {
  it('keeps the newest few, beside what others have there', async () => {
    await writeFile(path('model.safetensors'), 'mine');
    await writeFile(path('model.checkpoint-x.safetensors'), 'mine too');
    const files = new CheckpointFiles(path('model.safetensors'), { keep: 2 });
    for (const step of [9, 10, 100]) await files.write({ step, bytes: await bytesOf(step) });
    expect(await files.steps()).toEqual([100, 10]);
    expect((await readdir(directory)).sort()).toEqual([
      'model.checkpoint-10.safetensors',
      'model.checkpoint-100.safetensors',
      'model.checkpoint-x.safetensors',
      'model.safetensors',
    ]);
    expect(await readFile(path('model.safetensors'), 'utf8')).toBe('mine');
  });

  it('finds the newest that is whole, and names those that are not', async () => {
    const files = new CheckpointFiles(path('m.safetensors'));
    expect(await files.newest()).toBeUndefined();
    await files.write({ step: 5, bytes: await bytesOf(5) });
    const newest = await files.write({ step: 6, bytes: await bytesOf(6) });
    expect(await files.newest()).toMatchObject({ step: 6, damaged: [], bytes: await bytesOf(6) });
    await truncate(newest, 100);
    const found = await files.newest();
    expect(found).toMatchObject({ step: 5, path: path('m.checkpoint-5.safetensors'), damaged: [{ path: newest }] });
    expect(found!.damaged[0]!.reason).toContain(newest);
    await writeFile(path('m.checkpoint-5.safetensors'), '');
    await expect(files.newest()).rejects.toThrow(BpttError);
  });

  it('clears checkpoints, and what a process left that was killed while it wrote one, and nothing else', async () => {
    const files = new CheckpointFiles(path('m.safetensors'));
    const other = new CheckpointFiles(path('other.safetensors'));
    const bytes = await bytesOf(1);
    for (const one of [files, other]) await one.write({ step: 1, bytes });
    const seen = new Set<string>();
    const watcher = watch(directory, (_, name) => name !== null && seen.add(name));
    await files.write({ step: 2, bytes });
    await other.write({ step: 2, bytes });
    await expect.poll(() => [...seen].filter((name) => name.endsWith('.tmp')).length).toBe(2);
    watcher.close();
    const temporary = [...seen].filter((name) => name.endsWith('.tmp'));
    for (const name of temporary) await writeFile(path(name), bytes.subarray(0, 9));
    await files.clear();
    expect((await readdir(directory)).sort()).toEqual([
      temporary[1],
      'other.checkpoint-1.safetensors',
      'other.checkpoint-2.safetensors',
    ]);
  });

  it('keeps the former ones when it cannot write', async () => {
    const files = new CheckpointFiles(path('m.safetensors'), { keep: 1 });
    await files.write({ step: 1, bytes: await bytesOf(1) });
    const gone = new CheckpointFiles(path('nowhere/m.safetensors'));
    await expect(gone.write({ step: 2, bytes: await bytesOf(2) })).rejects.toThrow('cannot write the file');
    expect(await gone.newest()).toBeUndefined();
    expect(await files.steps()).toEqual([1]);
  });

  it('refuses wrong options', () => {
    expect(() => new CheckpointFiles(undefined as never)).toThrow('CheckpointFiles(path): expected a string');
    expect(() => new CheckpointFiles('m', { keep: 0 })).toThrow('CheckpointFiles.keep: expected');
    expect(() => new CheckpointFiles('m', { kep: 1 } as never)).toThrow(BpttError);
  });
});
