// `bptt transcribe`: what recordings say, by a model that `bptt train --task speech` wrote.
import { loadModel } from '../../node.ts';
import { readSpeechMetadata } from '../../speech/index.ts';
import { beamsFlag, toggle, type Values } from '../flags/flags.ts';
import { readSamples } from '../io/audio-file.ts';
import type { Output } from '../io/output.ts';
import { renamedIn } from '../io/renamed-error.ts';

export const transcribeFlags = {
  beams: beamsFlag,
  times: toggle('print when each label was said, in seconds'),
  json: toggle('print one JSON value a file'),
};

/** Prints a line a file, or with `--times` one a label. */
export async function transcribeCommand(
  modelPath: string,
  paths: readonly string[],
  values: Values<typeof transcribeFlags>,
  output: Output,
): Promise<void> {
  const { beams, times, json } = values;
  const { model, metadata } = await loadModel(modelPath);
  const recognizer = renamedIn({ metadata: `${modelPath}, metadata` }, () => readSpeechMetadata(metadata));
  for (const path of paths) {
    const samples = await readSamples(path, recognizer.front.sampleRate);
    const heard = renamedIn({ 'extract(samples)': path, 'transcribe(model)': path }, () =>
      recognizer.transcribe(model, samples, beams === undefined ? {} : { beams }),
    );
    if (json) output.json({ type: 'transcript', file: path, ...heard });
    else {
      output.write(`${paths.length > 1 ? `${path}: ` : ''}${heard.text}\n`);
      for (const { label, from, to } of times ? heard.labels : []) {
        output.write(`  ${from.toFixed(2)} to ${to.toFixed(2)} s  ${label}\n`);
      }
    }
  }
}
