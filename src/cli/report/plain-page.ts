// A page without a script that needs nothing else: its style and its pictures are in it.
import { escaped } from './escaped.ts';
import { htmlPage } from './html-page.ts';

const STYLE = `body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; background: #fff; color: #1c2024; font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; overflow-wrap: anywhere; }
figure { margin: 2rem 0; }
figure > div { overflow-x: auto; }
figcaption { color: #5b6470; }
.scroll { overflow-x: auto; }
td, th { padding: .1rem .8rem .1rem 0; text-align: left; vertical-align: top; }
.number { text-align: right; }`;

/** The page; `body` is HTML, whose parts that are empty are left out. `style`: what it needs besides. */
export function plainPage(title: string, body: readonly string[], style = ''): string {
  const heading = `<h1>${escaped(title)}</h1>`;
  return htmlPage({ title, body: [heading, ...body], style: style === '' ? STYLE : `${STYLE}\n${style}` });
}
