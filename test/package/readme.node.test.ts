// The README and the guides: every program and every command in them runs as it stands there.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { encode } from 'fast-png';
import { unzlibSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { guideFiles } from '../../docs/guides.js';
import { decodeSafetensors } from '../../src/formats/decode-safetensors.ts';
import { writeWav } from '../../src/speech/index.ts';
import { at, finish, type Outcome, root, run, start } from '../support/cli-program.ts';
import keras from '../truth/fixtures/keras.json' with { type: 'json' };
import onnx from '../truth/fixtures/onnx-pytorch.json' with { type: 'json' };

// In the order in which they are read: what one has saved, another loads.
const files = ['README.md', ...guideFiles.map((file) => `docs/${file}`)];
const text = files.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
const blocks = (language: string) =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, code]) => code!);

/** Runs a program where `bptt` is installed. */
async function program(code: string): Promise<Outcome> {
  await writeFile(at('recipe.mjs'), code);
  return finish(spawn(process.execPath, ['recipe.mjs'], { cwd: at('.'), stdio: ['ignore', 'pipe', 'pipe'] }));
}

const story =
  'Call me Ishmael. Up helm, up helm! And the great shroud of the sea rolled on as it rolled five thousand years ago.\nThe whale, the whale!\n'.repeat(
    20,
  );
/** A week and a year, and a trend. */
const value = (day: number) =>
  1000 + day / 10 + 100 * Number(day % 7 < 5) + 50 * Math.sin((2 * Math.PI * day) / 365.25);
const csv = (names: string, days: number) =>
  [
    names,
    ...Array.from(
      { length: days },
      (_, day) => `${new Date(day * 86_400_000).toISOString().slice(0, 10)},${value(day).toFixed(1)}`,
    ),
  ].join('\n');
const fromBase64 = (base64: string) => Uint8Array.from(Buffer.from(base64, 'base64'));

beforeAll(async () => {
  await mkdir(at('node_modules'));
  await symlink(root, at('node_modules/bptt'));
  for (const name of ['my-text.txt', 'other-text.txt']) await writeFile(at(name), story);
  const pair = (word: string) => `${word}\t${[...word].reverse().join('')}\n`;
  await writeFile(
    at('pairs.tsv'),
    ['some words', 'ab', 'wo', 'me', 'so', 'do', 'or', 'as', 'we', 'am'].map(pair).join(''),
  );
  await writeFile(at('huge.txt'), story.repeat(50));
  await mkdir(at('recordings'));
  for (let i = 0; i < 10; i++) {
    const samples = Float32Array.from({ length: 9600 }, (_, t) => 0.3 * Math.sin(t / (4 + (i % 4))));
    await writeFile(at(`recordings/${i}.wav`), writeWav({ sampleRate: 16_000, channels: [samples] }));
    await writeFile(at(`recordings/${i}.txt`), 'abcd'[i % 4]!);
    if (i === 0) await writeFile(at('hello.wav'), writeWav({ sampleRate: 16_000, channels: [samples] }));
  }
  await mkdir(at('lines'));
  for (let i = 0; i < 10; i++) {
    const data = Uint8Array.from({ length: 16 * 60 }, (_, at) => (at % (3 + (i % 4)) < 2 ? 0 : 255));
    await writeFile(at(`lines/${i}.png`), encode({ width: 60, height: 16, data, channels: 1 }));
    await writeFile(at(`lines/${i}.txt`), 'abcd'[i % 4]!);
    if (i === 0) await writeFile(at('line.png'), encode({ width: 60, height: 16, data, channels: 1 }));
  }
  await writeFile(at('births.csv'), csv('day,births', 1200));
  await writeFile(at('sales.csv'), csv('day,sold', 400));
  await writeFile(at('torch.onnx'), fromBase64(onnx.find(({ name }) => name.startsWith('LSTM over'))!.onnx));
  const { files } = keras.cases.find(({ name }) => name === 'gated')!;
  for (const name of ['model.keras', 'keras-model.keras'])
    await writeFile(at(name), unzlibSync(fromBase64((files as Record<string, string>).keras!)));
});

const programs = blocks('js').filter((code) => code.includes('import '));
const fragments = blocks('js').filter((code) => !code.includes('import '));

describe('the programs', () => {
  it.each(programs.map((code) => [code.split('\n').at(-2)!, code] as const))('… %s', async (_, code) => {
    const { code: exit, stderr } = await program(code);
    expect([exit, stderr]).toEqual([0, '']);
  });

  it('leave what they say', async () => {
    const names = await readdir(at('.'));
    expect(names).toEqual(
      expect.arrayContaining(['my-model.safetensors', 'my-model.onnx', 'lags.svg', 'spectrum.svg']),
    );
    expect(names.filter((name) => name.includes('checkpoint'))).toEqual([]);
  });

  it('write the weights that the module in Python has', () => {
    const { tensors } = decodeSafetensors(readFileSync(at('weights.safetensors')));
    const python = blocks('python').join();
    const modules = [...python.matchAll(/self\.(\w+) = torch\.nn\.(\w+)\((\d+), (\d+)\)/g)].map(
      ([, ...parts]) => parts,
    );
    expect(modules.map(([name]) => name)).toEqual(
      [...new Set(tensors.map(({ name }) => name.split('.')[0]))].sort(
        (a, b) => python.indexOf(`self.${a} `) - python.indexOf(`self.${b} `),
      ),
    );
    const [[, , V, E], [, , , H]] = modules.map((parts) => parts.map(Number)) as [number[], number[]];
    const shapes = Object.fromEntries(tensors.map(({ name, shape }) => [name, shape]));
    expect(shapes).toEqual({
      'embedding.weight': [V, E],
      'rnn.weight_ih_l0': [4 * H!, E],
      'rnn.weight_hh_l0': [4 * H!, H],
      'rnn.bias_ih_l0': [4 * H!],
      'rnn.bias_hh_l0': [4 * H!],
      'dense.weight': [V, H],
      'dense.bias': [V],
    });
  });
});

// What such a fragment takes as given.
const given = `
import * as bptt from 'bptt';
const { ${'adam, characters, createModel, dense, dropout, elman, embedding, gru, lstm, residual, textStream, tokens, train'} } = bptt;
const vocabulary = bptt.characters('The same bits.');
const data = textStream(vocabulary.encode('The same bits.'.repeat(9)), { batch: 2 });
const options = { data, loss: 'cross-entropy', optimizer: adam(), steps: 1 };
const model = await createModel([tokens(vocabulary.size), elman({ units: 4 }), dense({ units: vocabulary.size })]);
`;

it.each(fragments)('the fragment %s', async (code) => {
  const { code: exit, stderr } = await program(`${given}{\n${code}}`);
  expect([exit, stderr]).toEqual([0, '']);
});

it('the page imports a file that there is', () => {
  const [, path] = /from '(\.\/node_modules[^']*)'/.exec(blocks('html').join())!;
  expect(existsSync(at(path!))).toBe(true);
});

describe('the commands', () => {
  const commands = blocks('sh').flatMap((code) =>
    [...code.matchAll(/^npx bptt ([^#\n]*)/gm)].map(([, line]) => line!.trim()),
  );
  const words = (line: string) => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!);

  // What needs a server is in test/cli/commands/sweep-server.node.test.ts.
  it.each(commands.filter((line) => line !== 'bench' && !line.includes('--redis')))('bptt %s', async (line) => {
    // The programs have saved a model of that name, and files that are there are kept.
    if (line === commands[0]) await rm(at('my-model.safetensors'), { force: true });
    if (line.startsWith('export')) await rm(at(words(line)[2]!), { force: true });
    // What --resume goes on with: the same training, killed when it has a checkpoint.
    if (line.includes('--resume')) await leave(commands[0]!);
    const { code, stdout, stderr } = await run(...words(line));
    expect(code, stderr).toBe(0);
    if (line.startsWith('forecast')) expect(stdout.trim().split('\n')).toHaveLength(15);
    else expect(stderr).toBe('');
  });

  async function leave(line: string): Promise<void> {
    const left = async () => (await readdir(at('.'))).some((name) => name.startsWith('my-model.checkpoint-'));
    // Once more where it came to its end before it was killed.
    while (!(await left())) {
      await rm(at('my-model.safetensors'), { force: true });
      const child = start(words(line));
      const outcome = finish(child);
      while (child.exitCode === null && !(await left())) await new Promise((resolve) => setTimeout(resolve, 5));
      child.kill('SIGKILL');
      await outcome;
    }
  }
});

it('links lead to files that there are', () => {
  const dead = files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      .map(([, path]) => join(root, dirname(file), path!))
      .filter((path) => !existsSync(path)),
  );
  expect(dead).toEqual([]);
});

it('guides are all in their list, from which the site and this test have them', async () => {
  const names = await readdir(join(root, 'docs/guides'));
  expect(names.sort()).toEqual(guideFiles.map((file) => basename(file)).sort());
});
