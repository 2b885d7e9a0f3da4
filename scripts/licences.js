// @ts-check
// The licences of what stands inside the bundles, as the text that is published with them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/**
 * More texts of packages that ship no licence, or hold others' code without its licence. Of a module, the comment that it begins with.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const more = {
  // Apache-2.0 by Buf, BSD-3-Clause by Google.
  '@bufbuild/protobuf': [
    'node_modules/@bufbuild/protobuf/dist/esm/wire/binary-encoding.js',
    'node_modules/assemblyscript/LICENSE',
    'node_modules/@bufbuild/protobuf/dist/esm/wire/varint.js',
  ],
  // Its build for pages holds a Buffer.
  'csv-parse': ['scripts/licences/csv-parse.txt'],
};

/**
 * The folders of the packages that have code in the outputs, and of all that they depend on: a package may hold its dependencies in
 * its own files, as jsfive does pako.
 *
 * @param {readonly import('esbuild').Metafile[]} metafiles
 * @returns {string[]}
 */
export function bundledPackages(metafiles) {
  const outputs = metafiles.flatMap((metafile) => Object.values(metafile.outputs));
  const paths = outputs.flatMap(({ inputs }) => Object.keys(inputs).filter((path) => inputs[path]?.bytesInOutput));
  const folders = new Set(paths.flatMap((path) => /^(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []));
  // A set goes on with what is added on the way.
  for (const folder of folders) {
    for (const name of Object.keys(description(folder).dependencies ?? {})) {
      const own = `${folder}/node_modules/${name}`;
      folders.add(existsSync(own) ? own : `node_modules/${name}`);
    }
  }
  return [...folders];
}

/**
 * The name, version, licence and texts of each package.
 *
 * @param {readonly string[]} folders
 * @returns {string}
 * @throws {Error} for one without a text
 */
export function licences(folders) {
  const entries = folders.map((folder) => {
    const { name, version, license } = description(folder);
    const own = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)\b/i.test(file));
    const texts = [...own.map((file) => `${folder}/${file}`), ...(more[name] ?? [])].map(textOf);
    if (texts.join('') === '')
      throw new Error(`${name}: expected a file with its licence, or one in scripts/licences.js`);
    return [`${name} ${version} (${license.replace(/^\((.*)\)$/, '$1')})`, ...texts].join('\n\n');
  });
  return `${[...new Set(entries)].sort().join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

/** @param {string} folder */
function description(folder) {
  return JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
}

/** @param {string} path */
function textOf(path) {
  const content = readFileSync(path, 'utf8');
  if (!path.endsWith('.js')) return content.trim();
  const comment = /^(?:\/\/.*\n)*/.exec(content)?.[0] ?? '';
  return comment.replaceAll(/^\/\/ ?/gm, '').trim();
}
