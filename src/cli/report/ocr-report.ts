// `bptt train --task ocr --report FILE`: what the model reads in the lines that it is measured on, as one page.
import type { Model } from '../../index.ts';
import type { FloatPicture, ReadLine } from '../../vision/index.ts';
import { bitmap } from './bitmap.ts';
import { escaped } from './escaped.ts';
import { labelErrors } from './label-errors.ts';
import { modelSections } from './model-sections.ts';
import { plainPage } from './plain-page.ts';

/** A line, what is written in it, and what was read. */
export interface JudgedLine {
  readonly path: string;
  readonly text: string;
  readonly picture: FloatPicture;
  readonly read: ReadLine;
}

export interface OcrReport {
  readonly folder: string;
  readonly model: Model;
  readonly judged: readonly JudgedLine[];
  /** The flags. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Lines that are shown. */
const SHOWN = 20;

const STYLE = `.line img { display: block; height: 3rem; max-width: none; }
.line { padding-bottom: .4rem; }
pre { margin: 0; white-space: pre-wrap; font: inherit; }
.wrong { color: var(--wrong); }`;

export function ocrReport({ folder, model, judged, values }: OcrReport): string {
  const pairs = judged.map(({ text, read }) => [[...text], read.labels.map(({ label }) => label)] as const);
  const { summary, worst, table } = labelErrors({ pairs, files: 'images', is: 'written', found: 'read' });
  return plainPage(
    `What was learned from ${folder}`,
    [
      `<p>${summary}</p>`,
      judged.length === 0 ? '' : '<h2>Lines, those with most errors first</h2>',
      ...worst.slice(0, SHOWN).map((index) => pictureOf(judged[index]!)),
      ...table,
      ...modelSections(model, values),
    ],
    STYLE,
  );
}

/** The line as it was read, with what is written in it and what was read. */
function pictureOf({ path, text, picture: { width, height, data }, read }: JudgedLine): string {
  const source = bitmap(width, height, (x, y) => data[y * width + x]!);
  const right = read.text === text;
  return `<figure><div class="line" tabindex="0" role="group" aria-label="${escaped(path)}"><img alt="The line of ${escaped(path)}" src="${source}"></div>
<figcaption>${escaped(path)}<pre>written: ${escaped(text)}</pre><pre${right ? '' : ' class="wrong"'}>read: ${escaped(read.text)}</pre></figcaption></figure>`;
}
