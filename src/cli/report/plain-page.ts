// A page without a script that needs nothing else: its style and its pictures are in it.
import { escaped } from './escaped.ts';
import { htmlPage } from './html-page.ts';
import { PICTURES } from './pictures.ts';

const STYLE = `:root { color-scheme: light dark; --text: #1c2024; --quiet: #5b6470; --page: #fff; --wrong: #b3173a; }
@media screen and (prefers-color-scheme: dark) { :root { --text: #e8eaed; --quiet: #a2abb8; --page: #14181d; --wrong: #ff8fa3; } }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; overflow-wrap: anywhere; }
figcaption { color: var(--quiet); }
.scroll { overflow-x: auto; }
td, th { padding: .1rem .8rem .1rem 0; text-align: left; vertical-align: top; }
.number { text-align: right; }
${PICTURES}`;

/** The page; `body` is HTML, whose parts that are empty are left out. `style`: what it needs besides. */
export function plainPage(title: string, body: readonly string[], style = ''): string {
  const heading = `<h1>${escaped(title)}</h1>`;
  return htmlPage({ title, body: [heading, ...body], style: style === '' ? STYLE : `${STYLE}\n${style}` });
}
