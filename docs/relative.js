// @ts-check
// VitePress writes addresses from the root of a server. Here they become relative, so that the folder can be put anywhere.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'vite';

/** What VitePress is told that the address of the site is: what nothing else is called. */
export const PLACEHOLDER = '/__site__/';

/** Where the site is, for its scripts: what pages find out when they are opened. */
const BASE = 'window.__SITE__';

/** @param {string} site the folder that VitePress has written */
export function makeRelative(site) {
  for (const name of readdirSync(site, { recursive: true, encoding: 'utf8' })) {
    const change = /\.html$/.test(name) ? page : /\.js$/.test(name) ? script : /\.css$/.test(name) ? style : undefined;
    if (change === undefined) continue;
    const path = join(site, name);
    const before = readFileSync(path, 'utf8');
    const after = change(before, '../'.repeat(name.split(/[\\/]/).length - 1));
    if (after.includes(PLACEHOLDER))
      throw new Error(`${name}: ${PLACEHOLDER} is left where it is not known what it is`);
    if (after !== before) writeFileSync(path, after);
  }
}

/** @param {string} html @param {string} up */
function page(html, up) {
  const find = `<script>${BASE}=new URL(${JSON.stringify(up || './')},location.href).pathname</script>`;
  return html
    .replace('<head>', `<head>\n    ${find}`)
    .replaceAll(`\\"${PLACEHOLDER}\\"`, `\\""+${BASE}+"\\"`)
    .replaceAll(`"${PLACEHOLDER}"`, `"${up}index.html"`)
    .replaceAll(PLACEHOLDER, up);
}

/** Strings that have the address in them become sums of strings. @param {string} code */
function script(code) {
  if (!code.includes(PLACEHOLDER)) return code;
  const strings = stringsOf(parseAst(code)).filter(({ start, end }) => code.slice(start, end).includes(PLACEHOLDER));
  let changed = code;
  for (const { start, end, type } of strings.sort((a, b) => b.start - a.start)) {
    const text = code.slice(start, end);
    const quote = text[0];
    const sum = `(${text.replaceAll(PLACEHOLDER, `${quote}+${BASE}+${quote}`)})`;
    const inside = text.replaceAll(PLACEHOLDER, `\${${BASE}}`);
    changed = changed.slice(0, start) + (type === 'Literal' ? sum : inside) + changed.slice(end);
  }
  return changed;
}

/** @typedef {{ readonly type: string, readonly start: number, readonly end: number }} Node */

/** The strings of a program, and the parts of its templates. @param {unknown} node @returns {Node[]} */
function stringsOf(node) {
  if (Array.isArray(node)) return node.flatMap(stringsOf);
  if (typeof node !== 'object' || node === null) return [];
  const { type, value } = /** @type {{ type?: string, value?: unknown }} */ (node);
  if (type === 'TemplateElement' || (type === 'Literal' && typeof value === 'string'))
    return [/** @type {Node} */ (node)];
  return Object.values(node).flatMap(stringsOf);
}

/** Styles lie in assets/, as what they name does. @param {string} css */
function style(css) {
  return css.replaceAll(`${PLACEHOLDER}assets/`, '');
}
