// `bptt read`: what is written in images of lines, by a model that `bptt train --task ocr` wrote.
import { loadModel } from '../../node.ts';
import { readLineMetadata } from '../../vision/index.ts';
import { beamsFlag, toggle, type Values } from '../flags/flags.ts';
import { readPicture } from '../io/image-file.ts';
import type { Output } from '../io/output.ts';
import { renamedIn } from '../io/renamed-error.ts';

export const readFlags = {
  beams: beamsFlag,
  json: toggle('print one JSON value a file, with the place of each character in pixels'),
};

/** Prints a line a file. */
export async function readCommand(
  modelPath: string,
  paths: readonly string[],
  { beams, json }: Values<typeof readFlags>,
  output: Output,
): Promise<void> {
  const { model, metadata } = await loadModel(modelPath);
  const reader = renamedIn({ metadata: `${modelPath}, metadata` }, () => readLineMetadata(metadata));
  for (const path of paths) {
    const picture = await readPicture(path);
    const names = { 'scaled: the width': `${path}: the width, scaled`, 'read(model)': modelPath };
    const line = renamedIn(names, () => reader.read(model, picture, beams === undefined ? {} : { beams }));
    if (json) output.json({ type: 'line', file: path, ...line });
    else output.write(`${paths.length > 1 ? `${path}: ` : ''}${line.text}\n`);
  }
}
