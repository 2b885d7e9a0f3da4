// The command computes with the widest instructions that a test of its own allows, and its models are the same with and without.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { programOf } from '../../support/engine-program.ts';

const cli = join(import.meta.dirname, '../../../build/cli.js');

/** Trains in a folder, which is that of caches too; what is said of instructions, and the model. */
async function train(node: string, folder: string, out: string) {
  const text = join(folder, 'text.txt');
  await writeFile(text, 'the quick brown fox jumps over the lazy dog. '.repeat(60));
  const model = join(folder, out);
  const { stdout, stderr } = spawnSync(
    node,
    [cli, 'train', text, '--verbose', '--steps', '6', '--hidden', '40', '--cell', 'gru', '--out', model],
    { encoding: 'utf8', env: { ...process.env, XDG_CACHE_HOME: folder } },
  );
  const said = `${stdout}${stderr}`.match(/^.*-bit instructions: .*$/m)?.[0] ?? `${stdout}${stderr}`;
  return { said, model: (await readFile(model)).toString('hex') };
}

it('a Node that has the wide instructions is tested once, and gives the same model', async ({ skip }) => {
  const node = programOf('node-26', skip);
  const folder = await mkdtemp(join(tmpdir(), 'bptt-widest-'));
  const first = await train(node, folder, 'first.safetensors');
  expect(first.said).toBe('256-bit instructions: a test gave the same bits');

  const [name, other] = await readdir(join(folder, 'bptt'));
  expect(other).toBeUndefined();
  const record = join(folder, 'bptt', name!);
  const kept = JSON.parse(await readFile(record, 'utf8'));
  await writeFile(record, JSON.stringify({ ...kept, same: false, words: 'as another test found' }));
  const narrow = await train(node, folder, 'narrow.safetensors');
  expect(narrow.said).toBe('128-bit instructions: as another test found');
  expect(narrow.model).toBe(first.model);

  for (const stale of ['{', JSON.stringify({ ...kept, key: 'another machine', same: false })]) {
    await writeFile(record, stale);
    expect((await train(node, folder, 'again.safetensors')).said).toBe(
      '256-bit instructions: a test gave the same bits',
    );
    expect(JSON.parse(await readFile(record, 'utf8'))).toEqual(kept);
    await rm(join(folder, 'again.safetensors'));
  }
});

it('an older Node says what it lacks and tests nothing', async ({ skip }) => {
  const node = programOf('node-22', skip);
  const folder = await mkdtemp(join(tmpdir(), 'bptt-widest-'));
  expect((await train(node, folder, 'model.safetensors')).said).toMatch(
    /^128-bit instructions: Node 22\.\S+ has no wider ones/,
  );
  expect(await readdir(folder)).not.toContain('bptt');
});
