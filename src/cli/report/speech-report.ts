// `bptt train --task speech --report FILE`: what the model hears in the recordings that it is validated on, as one page.
import type { Model } from '../../index.ts';
import { frontEnd, type Heard, type Recognizer, type TimedLabel } from '../../speech/index.ts';
import { labelsOf } from '../../speech/labels.ts';
import { bitmap } from './bitmap.ts';
import { escaped } from './escaped.ts';
import { labelErrors } from './label-errors.ts';
import { modelSections } from './model-sections.ts';
import { plainPage } from './plain-page.ts';

/** A recording, what is said in it, and what was heard. */
export interface Judged {
  readonly path: string;
  readonly text: string;
  readonly samples: Float32Array;
  readonly heard: Heard;
}

export interface SpeechReport {
  readonly folder: string;
  readonly model: Model;
  readonly recognizer: Recognizer;
  readonly judged: readonly Judged[];
  /** The flags. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Recordings that are shown with pictures. */
const SHOWN = 12;

const STYLE = `.spectrogram { position: relative; padding-bottom: 1.6rem; }
.spectrogram img { display: block; height: 8rem; image-rendering: pixelated; }
.spectrogram span { position: absolute; bottom: 0; border-left: 1px solid var(--wrong); padding-left: 2px; height: 1.5rem; white-space: pre; }
.wrong { color: var(--wrong); }`;

export function speechReport({ folder, model, recognizer, judged, values }: SpeechReport): string {
  const { between } = recognizer.options;
  const pairs = judged.map(
    ({ text, heard }) => [labelsOf(text, between), heard.labels.map(({ label }) => label)] as const,
  );
  const { summary, worst, table } = labelErrors({ pairs, files: 'recordings', is: 'said', found: 'heard' });
  return plainPage(
    `What was learned from ${folder}`,
    [
      `<p>${summary}</p>`,
      judged.length === 0 ? '' : '<h2>Recordings, those with most errors first</h2>',
      ...worst.slice(0, SHOWN).map((index) => pictureOf(judged[index]!, recognizer)),
      ...table,
      ...modelSections(model, values),
    ],
    STYLE,
  );
}

/** The spectrogram of a recording, with the labels where the model hears them begin. */
function pictureOf({ path, text, samples, heard }: Judged, { front }: Recognizer): string {
  const plain = frontEnd({ convention: 'kaldi', sampleRate: front.sampleRate, mels: MELS });
  const pixels = 3; // a frame
  const features = plain.extract(samples);
  // The lowest at the bottom, the loudest dark.
  const source = bitmap(features.length / MELS, MELS, (t, row) => -features[t * MELS + MELS - 1 - row]!);
  const place = (seconds: number) => ((seconds / plain.frameSeconds) * pixels).toFixed(0);
  const width = (samples.length / front.sampleRate / plain.frameSeconds) * pixels;
  const marks = heard.labels.map(
    ({ label, from, to }: TimedLabel) =>
      `<span style="left:${place(from)}px" title="${from.toFixed(2)} to ${to.toFixed(2)} s">${escaped(label)}</span>`,
  );
  const right = heard.text === text;
  return `<figure><div tabindex="0" role="group" aria-label="${escaped(path)}"><div class="spectrogram" style="width:${width.toFixed(0)}px">
<img style="width:${width.toFixed(0)}px" alt="Spectrogram of ${escaped(path)}" src="${source}">${marks.join('')}</div></div>
<figcaption>${escaped(path)}<br>said: ${escaped(text)}<br><span${right ? '' : ' class="wrong"'}>heard: ${escaped(heard.text)}</span></figcaption></figure>`;
}

/** As many as frames of 25 ms have room for at any rate. */
const MELS = 23;
