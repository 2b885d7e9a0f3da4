// `bptt train --task speech`: from a folder of recordings with transcripts to a model file that `bptt transcribe` reads.
import { BpttError } from '../../base/errors.ts';
import { dense, features } from '../../index.ts';
import { frontEnd, type Recognizer, recognizer, speechMetadata, type Vary, varied } from '../../speech/index.ts';
import type { SpeechValues } from '../flags/task-flags.ts';
import { readSamples, recordings } from '../io/audio-file.ts';
import type { Output } from '../io/output.ts';
import { renamedError } from '../io/renamed-error.ts';
import { type Judged, speechReport } from '../report/speech-report.ts';
import type { Going } from './going.ts';
import { bothWays, type Example, trainLabelled } from './train-labelled.ts';

/** How recordings are heard otherwise each time; wider ranges helped nobody's digits. */
const VARIATIONS = {
  speed: [0.9, 1.1],
  warp: [0.9, 1.1],
  noise: { ratio: [10, 40] },
  masks: { steps: 1, longest: 4, features: 2, widest: 8 },
} as const;

export function trainSpeechCommand(
  folder: string,
  values: SpeechValues,
  going: Going,
  output: Output,
  interrupted: AbortSignal,
): Promise<void> {
  const between = values.labels === 'words' ? ' ' : '';
  let vary: Vary | undefined;
  return trainLabelled<Float32Array, Recognizer>(
    folder,
    values,
    {
      name: 'speech',
      kind: recordings,
      between,
      reader: (labels) => recognizer({ front: frontOf(values).options, labels, between }),
      network: ({ front }, labels) => [features(front.size), ...bothWays(values), dense({ units: labels.length + 1 })],
      read: (path) => readSamples(path, values.sampleRate),
      checkFits: (example, needed, { reader }) => checkFits(example, needed, reader),
      bytes: (samples) => samples,
      size: ({ front }) => front.size,
      inputs({ front }, samples, seed) {
        if (seed === undefined) return front.extract(samples);
        vary ??= varied(front, VARIATIONS);
        return vary(samples, seed);
      },
      metadata: speechMetadata,
      start({ training, validation }, { front }) {
        const seconds = training.reduce((sum, { item }) => sum + item.length, 0) / front.sampleRate;
        return {
          counts: { recordings: training.length + validation.length, seconds },
          words: `${training.length} recordings to learn from, ${(seconds / 60).toFixed(1)} minutes`,
        };
      },
      report({ validation }, { model, reader }) {
        const judged = validation.map(
          ({ path, text, item }): Judged => ({ path, text, samples: item, heard: reader.transcribe(model, item) }),
        );
        return speechReport({ folder, model, recognizer: reader, judged, values });
      },
    },
    going,
    output,
    interrupted,
  );
}

function frontOf({ sampleRate, mels }: SpeechValues) {
  try {
    return frontEnd({ convention: 'kaldi', sampleRate, mels, floor: 1e-3, normalize: 'utterance', stack: 2 });
  } catch (cause) {
    throw renamedError(cause, { 'frontEnd.mels': '--mels', 'frontEnd.sampleRate': '--sample-rate' });
  }
}

/** @throws BpttError for a recording that is too short for what is said to be in it. */
function checkFits({ path, item, labels }: Example<Float32Array>, needed: number, { front }: Recognizer): void {
  const seconds = (item.length / front.sampleRate).toFixed(2);
  const expected = `at least ${(needed * front.frameSeconds + 0.05).toFixed(2)} s for its ${labels.length} labels`;
  // At the highest speed it has fewer frames.
  const frames = Math.floor(item.length / VARIATIONS.speed[1] / front.sampleRate / front.frameSeconds) - 2;
  if (frames < needed) throw new BpttError('bad-file', `${path}: expected ${expected}, got ${seconds} s`);
}
