// A page without a script that needs nothing else: its style and its pictures are in it.
import { escaped } from './escaped.ts';

const STYLE = `body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; background: #fff; color: #1c2024; font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; overflow-wrap: anywhere; }
figure { margin: 2rem 0; }
figure > div { overflow-x: auto; }
figcaption { color: #5b6470; }`;

/** The page; `body` is HTML, whose parts that are empty are left out. `style`: what it needs besides. */
export function plainPage(title: string, body: readonly string[], style = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>${escaped(title)}</title>
<style>
${STYLE}${style === '' ? '' : `\n${style}`}
</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${body.filter((part) => part !== '').join('\n')}
</main>
</body>
</html>
`;
}
