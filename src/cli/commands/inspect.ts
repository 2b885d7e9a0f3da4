// `bptt inspect`: how gradients flow through a model that read a text, in numbers, pictures and words.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BpttError } from '../../base/errors.ts';
import { integer, string } from '../../base/fields.ts';
import { fileError, writeFileAtomic } from '../../node/atomic-file.ts';
import { loadModel } from '../../node.ts';
import { flag, toggle, type Values } from '../flags/flags.ts';
import type { Output } from '../io/output.ts';
import { renamedError } from '../io/renamed-error.ts';
import type { Text } from '../io/text-file.ts';
import { encodeText, readVocabulary, VOCABULARY } from '../io/vocabulary.ts';
import { LEAST_STEPS, lookInside } from '../report/flow.ts';
import { inspectPage } from '../report/inspect-page.ts';

export const inspectFlags = {
  length: flag('characters of the text to read', integer({ min: LEAST_STEPS }), 100),
  layer: flag('which of the recurrent layers, from the input on', integer({ min: 0 }), 0),
  text: flag('text to read, instead of a file', string, undefined),
  output: flag('folder to write the pictures and the page to', string, 'inspect', 'folder'),
  json: toggle('print the numbers as one JSON event'),
};

/** Reads the start of a text and writes a page, its pictures, and a summary. */
export async function inspectCommand(
  path: string,
  source: Text,
  { length, layer, output: folder, json }: Values<typeof inspectFlags>,
  output: Output,
): Promise<void> {
  const { model, metadata } = await loadModel(path);
  const vocabulary = readVocabulary(path, metadata[VOCABULARY], model.description[0].size);
  const read = [...source.text].slice(0, length + 1);
  const tokens = encodeText(vocabulary, read.join(''), source.name);
  if (read.length <= LEAST_STEPS) {
    const expected = `expected at least ${LEAST_STEPS + 1} characters to read`;
    throw new BpttError('bad-file', `${source.name}: ${expected}, got ${read.length}`);
  }
  const flow = await lookInside(model, tokens, read, layer).catch((cause) => {
    throw renamedError(cause, { 'hiddenStates.layer': '--layer' });
  });
  const { findings, summary, advice, pictures } = flow;

  const bytes = (content: string) => new TextEncoder().encode(content);
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw fileError(folder, 'write', cause);
  }
  for (const [name, svg] of Object.entries(pictures)) await writeFileAtomic(join(folder, `${name}.svg`), bytes(svg));
  const page = join(folder, 'inspect.html');
  await writeFileAtomic(page, bytes(inspectPage({ model: path, text: source.name, flow })));

  if (json) {
    output.json({ type: 'inspect', ...findings, summary, advice, page });
    return;
  }
  for (const sentence of summary) output.line(sentence);
  for (const sentence of advice) output.line(`Try: ${sentence}`);
  output.line(`${Object.keys(pictures).length} pictures in ${page}`);
}
