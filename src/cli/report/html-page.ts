// A page that needs nothing else: style, pictures, script and data are in it, and nothing is loaded.
import { escaped } from './escaped.ts';

/** What a page is made of. */
export interface Page {
  readonly title: string;
  /** HTML; parts that are empty are left out. */
  readonly body: readonly string[];
  readonly style: string;
  /** A module, and what it finds as JSON in the element `data`. Default: none runs. */
  readonly script?: { readonly code: string; readonly data: unknown };
}

export function htmlPage({ title, body, style, script }: Page): string {
  const scripts = script === undefined ? '' : " script-src 'unsafe-inline';";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline';${scripts} img-src data:">
<link rel="icon" href="data:,">
<title>${escaped(title)}</title>
<style>
${style}
</style>
</head>
<body>
<main>
${body.filter((part) => part !== '').join('\n')}
</main>${script === undefined ? '' : `\n${scriptOf(script)}`}
</body>
</html>
`;
}

function scriptOf({ code, data }: NonNullable<Page['script']>): string {
  // A script ends at the first "</script", wherever it stands.
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  return `<script type="application/json" id="data">${json}</script>
<script type="module">${code}</script>`;
}
