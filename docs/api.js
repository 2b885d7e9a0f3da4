// @ts-check
// The API pages: Markdown from the comments of the shipped declarations, a page for each entry point, and a table of the error codes.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application } from 'typedoc';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..');

/** @typedef {{ readonly name: string, readonly types: string, readonly about: string }} EntryPoint */

/** What the first comment of each entry point says it is for. @returns {readonly EntryPoint[]} */
export function entryPoints() {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Object.entries(exports).flatMap(([path, { types }]) => {
    if (types === undefined) return [];
    const source = join(root, types.replace('./build/types', 'src').replace('.d.ts', '.ts'));
    const [comment = ''] = /^(\/\/ .*\n)+/.exec(readFileSync(source, 'utf8')) ?? [];
    const about = comment
      .replaceAll(/^\/\/ /gm, '')
      .replaceAll('\n', ' ')
      .trim();
    return [{ name: path === '.' ? 'bptt' : path.slice(2), types, about }];
  });
}

/** Writes docs/api/. */
export async function writeApi() {
  const entries = entryPoints();
  process.chdir(here);
  const app = await Application.bootstrapWithPlugins({ entryPoints: entries.map(({ types }) => join(root, types)) });
  const project = await app.convert();
  if (project === undefined) throw new Error('typedoc could not read the declarations: npm run build');
  for (const module of project.children ?? []) {
    const entry = entries.find(
      ({ types }) =>
        types === `./build/types/${module.name}.d.ts` || types === `./build/types/${module.name}/index.d.ts`,
    );
    module.name = entry?.name ?? module.name;
  }
  await app.generateOutputs(project);
  if (app.logger.hasErrors()) throw new Error('typedoc could not write the API pages.');
  for (const { name, about } of entries) {
    const path = join(here, `api/${name}.md`);
    const page = readFileSync(path, 'utf8');
    writeFileSync(path, page.replace(/^# .*$/m, `# ${name === 'bptt' ? 'bptt' : `bptt/${name}`}\n\n${about}`));
  }
  writeFileSync(join(here, 'api/index.md'), indexPage(entries));
  writeFileSync(join(here, 'api/errors.md'), errorsPage());
  process.chdir(root);
}

/** @param {readonly EntryPoint[]} entries */
function indexPage(entries) {
  const rows = entries.map(({ name, about }) => `| [${nameOf(name)}](./${name}.md) | ${about} |`);
  return [
    '# API',
    '',
    'Each name with what it does, shapes, units, defaults, errors and an example. Search finds any of them: press <kbd>/</kbd>.',
    '',
    '| import from | what it is for |',
    '|---|---|',
    ...rows,
    '| [Error codes](./errors.md) | What each `BpttError` means, and what to do. |',
    '',
    '## What the examples take as given',
    '',
    'An example may use all that the package exports, and what `given` returns for its entry point. With that the tests run each of them.',
    '',
    '<<< @/given.js',
    '',
  ].join('\n');
}

/** @param {string} name */
const nameOf = (name) => (name === 'bptt' ? '`bptt`' : `\`bptt/${name}\``);

/** The codes of errors, from the comments of the type that has them all. @returns {readonly { code: string, about: string }[]} */
export function errorCodes() {
  const source = readFileSync(join(root, 'src/base/errors.ts'), 'utf8');
  const [, union = ''] = /export type BpttErrorCode =\n(.*?');/s.exec(source) ?? [];
  return [...union.matchAll(/\/\*\*(.*?)\*\/\s*\| '([\w-]+)'/gs)].map(([, comment = '', code = '']) => ({
    code,
    about: comment.replaceAll(/\s*\n\s*\*? ?/g, ' ').trim(),
  }));
}

function errorsPage() {
  const rows = errorCodes().map(({ code, about }) => {
    const [meaning = '', ...doing] = about.split(/(?<=\.) /);
    return `| \`${code}\` | ${meaning} | ${doing.join(' ')} |`;
  });
  return [
    '# Error codes',
    '',
    'Everything that the package throws on purpose is a `BpttError` with a `code`; messages say where, what was expected and what came. A loss or gradient',
    'that is not finite stops training with a `NonFiniteError` before the update: the parameters are as before.',
    '',
    '| `code` | means | what to do |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
