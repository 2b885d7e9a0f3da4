// How gradients flow, as HTML: the summary and the pictures, with what each shows. The page of `bptt inspect`, and a part of the report.
import { escaped } from './escaped.ts';
import type { Flow } from './flow.ts';
import { figureOf } from './pictures.ts';
import { plainPage } from './plain-page.ts';

export interface Inspected {
  readonly model: string;
  readonly text: string;
  readonly flow: Flow;
}

/** What to look for, by the name of the picture. */
const captions: Readonly<Record<string, string>> = {
  'gradient-by-lag':
    'How much of a loss arrives at the hidden state k steps before it. A straight line down is exponential decay: what lies far back is not learned.',
  'truncation-error':
    'How far the gradient of truncated BPTT points from that of full BPTT. Choose a k2 where the angle is small.',
  'jacobian-spectrum':
    'What many steps like this one would do: in the long run gradients grow along dots outside the circle, and fade along those inside. What a single step does, the singular values tell.',
  'singular-values': 'The most and the least that the Jacobian of each step stretches a gradient.',
  'lyapunov-exponents':
    'How fast neighbouring states part, above 0, or meet, below it, in each of the directions in which they do so most slowly.',
  connectivity: 'Which characters the last output depends on: the size of its gradient at each of them.',
  'hidden-states': 'What each unit does along the text: a column for each character, a row for each unit.',
  saturation: 'Where units and gates stand at their limits, their slope is almost zero and gradients end.',
};

export const pictureNames = Object.keys(captions);

/** The sentences, what could help, and the pictures, as parts of a page. */
export function flowSections({ summary, advice, pictures }: Flow): string[] {
  const list = (sentences: readonly string[]) =>
    `<ul>\n${sentences.map((sentence) => `<li>${escaped(sentence)}</li>`).join('\n')}\n</ul>`;
  return [
    list(summary),
    advice.length === 0 ? '' : `<h3>What could help</h3>\n${list(advice)}`,
    ...Object.entries(pictures).map(([name, svg]) => figureOf(name, svg, escaped(captions[name]!))),
  ];
}

export function inspectPage({ model, text, flow }: Inspected): string {
  return plainPage(`Inside ${model}`, [
    `<p>It read ${flow.steps} characters of ${escaped(text)}.</p>`,
    '<h2>How gradients flow</h2>',
    ...flowSections(flow),
  ]);
}
