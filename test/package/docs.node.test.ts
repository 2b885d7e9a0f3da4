// Everything public is described, shown at work, and what is shown runs.
import { spawn } from 'node:child_process';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unzlibSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { at, finish, root } from '../support/cli-program.ts';
import { type Docs, publicDocs } from '../support/public-docs.ts';
import bytePair from '../truth/fixtures/byte-pair.json' with { type: 'json' };
import keras from '../truth/fixtures/keras.json' with { type: 'json' };
import onnx from '../truth/fixtures/onnx-pytorch.json' with { type: 'json' };

const all = publicDocs();
const named = ({ name, place }: Docs) => `${name} (${place})`;

describe('every', () => {
  it('export has a comment', () => {
    expect(all.length).toBeGreaterThan(500);
    expect(all.filter(({ text }) => text === '').map(named)).toEqual([]);
  });

  it('member of a public type has one', () => {
    const members = all.flatMap((each) => each.members);
    expect(members.length).toBeGreaterThan(1200);
    expect(members.filter(({ text }) => text === '').map(named)).toEqual([]);
  });

  it('function and class has an example', () => {
    const called = all.filter((each) => each.called);
    expect(called.length).toBeGreaterThan(200);
    expect(called.filter(({ examples }) => examples.length === 0).map(named)).toEqual([]);
  });
});

/** Of pages, workers and servers that a test does not have: these are compiled, and not run. */
const elsewhere = new Set([
  ...['bptt/speech: hear', 'bptt/speech: openMicrophone', 'bptt/worker: serve'],
  ...['bptt/bullmq: sweepQueue', 'bptt/bullmq: sweepWorker', 'bptt/bullmq: redisStore', 'bptt/bullmq: postgresStore'],
]);

describe('the examples', () => {
  const examples = all.flatMap(({ entry, name, examples }) =>
    examples.map((code, i) => ({ name: i === 0 ? name : `${name}, ${i + 1}`, entry, code, run: !elsewhere.has(name) })),
  );
  let outcomes: Readonly<Record<string, string>>;

  beforeAll(async () => {
    const fromBase64 = (base64: string) => Uint8Array.from(Buffer.from(base64, 'base64'));
    await mkdir(at('node_modules'));
    await symlink(root, at('node_modules/bptt'));
    await cp(join(root, 'docs/given.js'), at('given.mjs'));
    await writeFile(at('my-text.txt'), 'the whale, the sea. '.repeat(200));
    await writeFile(at('torch.onnx'), fromBase64(onnx.find(({ name }) => name.startsWith('LSTM over'))!.onnx));
    const { files } = keras.cases.find(({ name }) => name === 'gated')!;
    await writeFile(at('model.keras'), unzlibSync(fromBase64((files as Record<string, string>).keras!)));
    await writeFile(at('tokenizer.json'), JSON.stringify(bytePair.byte_level.tokenizer));
    await writeFile(at('glove.6B.100d.txt'), `whale${' 0.5'.repeat(100)}\n`);
    await writeFile(at('examples.json'), JSON.stringify(examples));
    await cp(join(root, 'test/support/run-examples.js'), at('run-examples.mjs'));
    const child = spawn(process.execPath, ['run-examples.mjs'], { cwd: at('.'), stdio: ['ignore', 'pipe', 'pipe'] });
    const { stdout, stderr } = await finish(child);
    expect(stderr).toBe('');
    outcomes = JSON.parse(stdout.slice(stdout.lastIndexOf('\n{')));
  });

  it.each(examples.map(({ name }) => name))('%s', (name) => {
    expect(outcomes[name]).toBe('');
  });
});
