// `bptt train --task speech --report FILE`: what the model hears in the recordings that it is validated on, as one page.
import type { Model } from '../../index.ts';
import { errorRate, frontEnd, type Heard, type Recognizer, type TimedLabel } from '../../speech/index.ts';
import { labelsOf } from '../../speech/recognizer.ts';
import { escaped } from './escaped.ts';
import { modelSections } from './model-sections.ts';
import { plainPage } from './plain-page.ts';
import { table } from './table.ts';

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

/** Recordings that are shown with pictures, and rows of the table of errors. */
const [SHOWN, ROWS] = [12, 40];

const STYLE = `.spectrogram { position: relative; padding-bottom: 1.6rem; }
.spectrogram img { display: block; height: 8rem; image-rendering: pixelated; }
.spectrogram span { position: absolute; bottom: 0; border-left: 1px solid var(--wrong); padding-left: 2px; height: 1.5rem; white-space: pre; }
.wrong { color: var(--wrong); }`;

export function speechReport({ folder, model, recognizer, judged, values }: SpeechReport): string {
  const { between } = recognizer.options;
  const pairs = judged.map(
    ({ text, heard }) => [labelsOf(text, between), heard.labels.map(({ label }) => label)] as const,
  );
  const { rate, substitutions, insertions, deletions, length, pairs: errors } = errorRate(pairs);
  const wrong = (index: number) => errors[index]!.alignment.filter(({ kind }) => kind !== 'match').length;
  const order = [...judged.keys()].toSorted((a, b) => wrong(b) - wrong(a));
  const summary =
    judged.length === 0
      ? 'No recordings were held back for validation: nothing is known of others.'
      : `Of ${length} labels in ${judged.length} recordings that it has not learned from, ${(100 * rate).toFixed(1)} % were wrong: ` +
        `${substitutions} heard as another, ${deletions} not heard, ${insertions} heard where there are none.`;
  return plainPage(
    `What was learned from ${folder}`,
    [
      `<p>${summary}</p>`,
      judged.length === 0 ? '' : '<h2>Recordings, those with most errors first</h2>',
      ...order.slice(0, SHOWN).map((index) => pictureOf(judged[index]!, recognizer)),
      ...tableOfErrors(errors.flatMap(({ alignment }) => alignment)),
      ...modelSections(model, values),
    ],
    STYLE,
  );
}

type Edits = ReturnType<typeof errorRate<string>>['pairs'][number]['alignment'];

/** What was heard in place of what, and how often. */
function tableOfErrors(edits: Edits): readonly string[] {
  const counts = new Map<string, number>();
  for (const { kind, expected, got } of edits) {
    if (kind === 'match') continue;
    const name = JSON.stringify([expected ?? '', got ?? '']);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  if (counts.size === 0) return [];
  const rows = [...counts].toSorted(([, a], [, b]) => b - a).slice(0, ROWS);
  const shown = rows.map(([name, count]) => {
    const [expected, got] = (JSON.parse(name) as [string, string]).map((label) => (label === ' ' ? '␣' : label || '–'));
    return [expected!, got!, String(count)];
  });
  return ['<h2>What was heard in place of what</h2>', table(['said', 'heard', '#times'], shown)];
}

/** The spectrogram of a recording, with the labels where the model hears them begin. */
function pictureOf({ path, text, samples, heard }: Judged, { front }: Recognizer): string {
  const plain = frontEnd({ convention: 'kaldi', sampleRate: front.sampleRate, mels: MELS });
  const pixels = 3; // a frame
  const source = bitmap(plain.extract(samples), MELS);
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

/** Features [T,size] as a picture, the lowest at the bottom, the loudest dark: a bitmap of 256 greys (BITMAPINFOHEADER), which browsers show. */
function bitmap(values: Float32Array, size: number): string {
  const T = values.length / size;
  const stride = Math.ceil(T / 4) * 4;
  const start = 54 + 4 * 256;
  const bytes = Buffer.alloc(start + stride * size);
  bytes.write('BM');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(start, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(T, 18);
  bytes.writeInt32LE(size, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(8, 28);
  bytes.writeUInt32LE(256, 46);
  for (let grey = 0; grey < 256; grey++) bytes.fill(255 - grey, 54 + 4 * grey, 57 + 4 * grey);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const scale = high > low ? 255 / (high - low) : 0;
  for (let t = 0; t < T; t++) {
    for (let f = 0; f < size; f++) bytes[start + f * stride + t] = Math.round((values[t * size + f]! - low) * scale);
  }
  return `data:image/bmp;base64,${bytes.toString('base64')}`;
}
