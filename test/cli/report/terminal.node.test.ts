// What reaches a terminal: nothing that a model or a file says to it, step and time left in 80 columns, no control sequences where it knows none.
import { writeFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { infoCommand } from '../../../src/cli/commands/info.ts';
import { sampleCommand, sampleFlags } from '../../../src/cli/commands/sample.ts';
import type { Values } from '../../../src/cli/flags/flags.ts';
import { Output } from '../../../src/cli/io/output.ts';
import { createReporter } from '../../../src/cli/report/progress.ts';
import { characters, createModel, dense, elman, type Model, serialize, tokens } from '../../../src/index.ts';
import { at, expectFailure, run } from '../../support/cli-program.ts';
import { step } from '../../support/step-event.ts';

const TITLE = '\x1b]0;pwn\x07';
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they move the cursor, and take no columns
const SEQUENCES = /\x1b\[[\d;?]*[A-Za-z]/g;

/** A terminal of 80 columns, and all that was written to it. */
function terminal() {
  const parts: string[] = [];
  const stream = new Writable({
    write(part, _, done) {
      parts.push(String(part));
      done();
    },
  });
  const output = new Output(Object.assign(stream, { isTTY: true, columns: 80 }) as never, stream as never);
  return { output, text: () => parts.join('') };
}

/** A model that says one text again and again after a line feed. */
async function parrot(text: string): Promise<{ model: Model; vocabulary: string }> {
  const vocabulary = characters(`${text}\n`);
  const n = vocabulary.size;
  const model = await createModel([tokens(n), elman({ units: n, activation: 'identity' }), dense({ units: n })]);
  const [same, next] = [new Float32Array(n * n), new Float32Array(n * n)];
  for (let i = 0; i < n; i++) same[i * n + i] = 1;
  const said = [...vocabulary.encode(`\n${text}`)];
  for (const [place, token] of said.entries()) next[said[(place + 1) % said.length]! * n + token] = 1000;
  for (const { name, data } of model.parameters()) model.setParameter(name, new Float32Array(data.length));
  model.setParameter('rnn.weight_ih_l0', same);
  model.setParameter('dense.weight', next);
  return { model, vocabulary: JSON.stringify(vocabulary) };
}

async function hostile(): Promise<string> {
  const { model, vocabulary } = await parrot(TITLE);
  const path = at('hostile.safetensors');
  await writeFile(path, serialize(model, { metadata: { vocabulary, [`key${TITLE}\nforged: line`]: '\x9b2J' } }));
  return path;
}

afterEach(() => vi.unstubAllEnvs());

describe('of an untrusted model', () => {
  test('text is shown, and a file gets it as it is', async () => {
    const path = await hostile();
    const { output, text } = terminal();
    const none = Object.fromEntries(Object.entries(sampleFlags).map(([name, flag]) => [name, flag.default]));
    const values = { ...none, length: 16, temperature: 0 } as unknown as Values<typeof sampleFlags>;
    await sampleCommand(path, values, output);
    expect(text()).toContain('\\u001b]0;pwn\\u0007');
    expect(text()).not.toMatch(CONTROLS);
    expect((await run('sample', path, '--length', '8', '--temperature', '0')).stdout).toBe(`${TITLE}\n`);
  });

  test('names are shown, each on its line', async () => {
    const { output, text } = terminal();
    await infoCommand(await hostile(), { json: false }, output);
    expect(text()).toContain('key\\u001b]0;pwn\\u0007\\u000aforged: line');
    expect(text()).not.toMatch(CONTROLS);
  });

  test('errors are shown', async () => {
    const message = expectFailure(await run('eval', await hostile(), at('verse.txt')));
    expect(message).not.toMatch(CONTROLS);
    expect(expectFailure(await run('info', `nothing${TITLE}\x9b`))).toMatch(
      /^nothing\\u001b\]0;pwn\\u0007\\u009b: cannot/,
    );
  });

  test('samples of a training are shown', () => {
    for (const term of ['xterm', 'dumb']) {
      vi.stubEnv('TERM', term);
      const { output, text } = terminal();
      const reporter = createReporter(output, false, 1);
      reporter.start({ text: `x${TITLE}`, characters: 9, vocabulary: 3, parameters: 5, steps: 9 });
      reporter.sample(1, TITLE);
      reporter.warning(TITLE);
      reporter.close();
      expect(text().split('\\u001b]0;pwn\\u0007')).toHaveLength(4);
      expect(text()).not.toContain(TITLE);
    }
  });
});

describe('the progress of a training', () => {
  const shown = (term: string) => {
    vi.stubEnv('TERM', term);
    const { output, text } = terminal();
    const reporter = createReporter(output, false, 100_000);
    reporter.start({ text: 'x', characters: 1e6, vocabulary: 99, parameters: 1e6, steps: 100_000 });
    reporter.validation(90_000, 1.234);
    reporter.step({ ...step(100_000, 1.5), charactersPerSecond: 123_456 });
    reporter.close();
    return text();
  };

  test('has step and time left in 80 columns', () => {
    const lines = shown('xterm').replaceAll(SEQUENCES, '\n').split('\n');
    const last = lines.filter((line) => line.includes('%')).at(-1)!;
    expect(last.slice(0, 80)).toMatch(/ 100% \| 100000\/100000 \| \S+ left \| loss /);
  });

  test('is lines without control sequences where the terminal knows none', () => {
    expect(shown('dumb')).toContain('step 100000/100000: loss ');
    expect(shown('dumb')).not.toMatch(CONTROLS);
  });
});
