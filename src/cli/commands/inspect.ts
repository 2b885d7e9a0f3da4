// `bptt inspect`: how gradients flow through a model that read a text, in numbers, pictures and words.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BpttError } from '../../base/errors.ts';
import { integer, string } from '../../base/fields.ts';
import { fileError, writeFileAtomic } from '../../node/atomic-file.ts';
import { loadModel } from '../../node.ts';
import { flag, overwriteFlag, toggle, type Values } from '../flags/flags.ts';
import type { Output } from '../io/output.ts';
import { checkNew, checkTarget } from '../io/paths.ts';
import { renamedError } from '../io/renamed-error.ts';
import type { Text } from '../io/text-file.ts';
import { encodeText, readVocabulary, VOCABULARY } from '../io/vocabulary.ts';
import { inspectPage, pictureNames } from '../report/inspect-page.ts';
import { LEAST_STEPS } from '../report/inspect-summary.ts';

export const inspectFlags = {
  length: flag('characters of the text to read', integer({ min: LEAST_STEPS }), 100),
  layer: flag('which of the recurrent layers, from the input on', integer({ min: 0 }), 0),
  text: flag('text to read, instead of a file', string, undefined),
  output: flag('folder to write the pictures and the page to', string, 'inspect', 'folder'),
  overwrite: overwriteFlag,
  json: toggle('print the numbers as one JSON event'),
};

const pictureIn = (folder: string, name: string) => join(folder, `${name}.svg`);

/** Reads the start of a text and writes a page, its pictures, and a summary. */
export async function inspectCommand(
  path: string,
  source: Text,
  { length, layer, output: folder, overwrite, json }: Values<typeof inspectFlags>,
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
  const page = join(folder, 'inspect.html');
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw fileError(folder, 'write', cause);
  }
  await checkTarget({ where: '--output', path: page, overwrite });
  if (!overwrite) for (const name of pictureNames) await checkNew('--output', pictureIn(folder, name));
  // What draws pictures is half of the command's code: only those who look at some wait for it.
  const { lookInside } = await import('../report/flow.ts');
  const flow = await lookInside(model, tokens, read, layer).catch((cause) => {
    throw renamedError(cause, { 'hiddenStates.layer': '--layer' });
  });
  const { findings, summary, advice, pictures } = flow;

  const write = (to: string, content: string) =>
    writeFileAtomic(to, new TextEncoder().encode(content), { replace: overwrite });
  for (const [name, svg] of Object.entries(pictures)) await write(pictureIn(folder, name), svg);
  await write(page, inspectPage({ model: path, text: source.name, flow }));

  if (json) {
    output.json({ type: 'inspect', ...findings, summary, advice, page });
    return;
  }
  for (const sentence of summary) output.line(sentence);
  for (const sentence of advice) output.line(`Try: ${sentence}`);
  output.line(`${Object.keys(pictures).length} pictures in ${page}`);
}
