// `bptt sample`: ways to choose characters, each as the library does it.
import { writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { beamSearch } from '../../../src/generation/index.ts';
import {
  characters,
  createModel,
  dense,
  generate,
  lstm,
  type Model,
  serialize,
  tokens,
  type Vocabulary,
} from '../../../src/index.ts';
import { at, events, expectFailure, run } from '../../support/cli-program.ts';

let model: Model;
let vocabulary: Vocabulary;
const path = () => at('spoken');
const encode = (text: string) => vocabulary.encode(text);

beforeAll(async () => {
  vocabulary = characters('abcdefghi \n');
  const size = vocabulary.size;
  model = await createModel([tokens(size), lstm({ units: 12 }), dense({ units: size })], { seed: 5 });
  const metadata = { vocabulary: JSON.stringify(vocabulary) };
  await writeFile(path(), serialize(model, { metadata }));
});

const say = async (...flags: readonly string[]) => {
  const { code, stdout, stderr } = await run('sample', path(), '--prompt', 'ab', '--length', '80', ...flags);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
};

describe('sample', () => {
  test.each([
    ['', {}],
    ['--top-k 3', { topK: 3 }],
    ['--top-p 0.7', { topP: 0.7 }],
    ['--top-p 1 --top-k 100', {}],
    ['--repetition-penalty 1.5', { repetitionPenalty: 1.5 }],
    [
      '--repetition-penalty 2 --repetition-window 4 --temperature 1.2 --top-k 8 --top-p 0.9 --seed 3',
      { repetitionPenalty: 2, repetitionWindow: 4, temperature: 1.2, topK: 8, topP: 0.9, seed: 3 },
    ],
  ])('draws as generate does: %s', async (flags, options) => {
    const given = [...generate(model, { prompt: encode('ab'), length: 80, temperature: 0.8, ...options })];
    expect(await say(...flags.split(' ').filter(Boolean))).toBe(`ab${vocabulary.decode(given)}\n`);
  });

  test('--stop ends before the text', async () => {
    const whole = (await say()).slice(2, -1);
    const stop = whole.slice(7, 10);
    expect(await say('--stop', stop)).toBe(`ab${whole.slice(0, whole.indexOf(stop))}\n`);
  });

  test('--beams prints the best text, and with --json all of them', async () => {
    const flags = ['--beams', '4', '--length', '12', '--stop', '\n', '--length-penalty', '0.5'];
    const found = await beamSearch(model, {
      prompt: encode('ab'),
      beams: 4,
      length: 12,
      stop: [encode('\n')],
      lengthPenalty: 0.5,
    });
    expect(await say(...flags)).toBe(`ab${vocabulary.decode(found[0]!.tokens)}\n`);
    const hypotheses = found.map(({ tokens: said, logProbability, score }) => {
      return { text: vocabulary.decode(said), logProbability, score };
    });
    const expected = { type: 'sample', prompt: 'ab', text: hypotheses[0]!.text, beams: 4, lengthPenalty: 0.5 };
    expect(events(await run('sample', path(), '--prompt', 'ab', '--json', ...flags))).toEqual([
      { ...expected, hypotheses },
    ]);
  });

  test('--json says how the characters were drawn', async () => {
    const flags = ['--prompt', 'ab', '--length', '5', '--top-p', '0.9', '--json'];
    expect(events(await run('sample', path(), ...flags))).toMatchObject([
      { type: 'sample', prompt: 'ab', temperature: 0.8, seed: 0, topP: 0.9 },
    ]);
  });

  test.each([
    ['--top-k 0', '--top-k: expected an integer >= 1, got 0'],
    ['--top-p 0', '--top-p: expected a finite number > 0 and <= 1, got 0'],
    ['--top-p 1.5', '--top-p: expected a finite number > 0 and <= 1, got 1.5'],
    ['--repetition-penalty 0', '--repetition-penalty: expected a finite number > 0, got 0'],
    ['--repetition-window 3', '--repetition-window: expected --repetition-penalty with it, got none'],
    ['--stop é', '--stop: expected one of the 11 characters of the vocabulary, got "é" (U+00E9) at position 0'],
    ['--beams 0', '--beams: expected an integer >= 1, got 0'],
    ['--beams 3 --length 0', '--length: expected at least 1 with --beams, got 0'],
    ['--beams 3 --temperature 1', '--temperature: expected it without --beams only, got 1'],
    ['--beams 3 --seed 0', '--seed: expected it without --beams only, got 0'],
    ['--length-penalty 1', '--length-penalty: expected it with --beams only, got 1'],
  ])('refuses %s', async (flags, message) => {
    expect(expectFailure(await run('sample', path(), ...flags.split(' ')))).toBe(message);
  });

  test('refuses more beams than memory holds', async () => {
    const message = expectFailure(await run('sample', path(), '--beams', '1000000000'));
    expect(message).toMatch(/^Wasm memory: expected to grow by \d+ bytes/);
  });
});
