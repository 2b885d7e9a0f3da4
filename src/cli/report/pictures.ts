// How pictures stand in pages: in the colours of the page, as wide as it is at most, and on paper each whole.
import { followPage, themeStyle } from '../../plots/svg.ts';

export const PICTURES = `${themeStyle()}
figure { margin: 2rem 0; break-inside: avoid; }
figure > div { overflow-x: auto; }
figure svg { display: block; max-width: 100%; height: auto; }
.letters svg { min-width: 46rem; }
@media print { body { max-width: none; padding: 0; } .letters svg { min-width: 0; } summary { display: none; } }`;

/** Pixels from which on a plot has a letter at each step: these must be read, so on a phone it is moved under the finger. */
const LETTERS = 800;

/** A plot as a figure, with what to look for in it as HTML. */
export function figureOf(name: string, svg: string, caption = ''): string {
  const words = caption === '' ? '' : `<figcaption>${caption}</figcaption>`;
  const letters = Number(/width="(\d+)"/.exec(svg)?.[1]) > LETTERS ? ' class="letters"' : '';
  return `<figure><div${letters} tabindex="0" role="group" aria-label="${name}">${followPage(svg)}</div>${words}</figure>`;
}
