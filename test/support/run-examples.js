// Runs the examples of examples.json, one after the other, each with everything that the package exports and what docs/given.js gives,
// and prints what each has thrown: '' where it ran. Copied to a folder in which `bptt` is installed.
import { readFileSync } from 'node:fs';
import { given } from './given.mjs';

const examples = JSON.parse(readFileSync('examples.json', 'utf8'));
const entries = [...new Set(examples.map(({ entry }) => entry))];
const modules = Object.fromEntries(await Promise.all(entries.map(async (entry) => [entry, await import(entry)])));
const { constructor: AsyncFunction } = async () => {};

const outcomes = {};
for (const { name, entry, code, run } of examples) {
  try {
    // What two entry points export under one name is that of the example's own.
    const scope = {
      ...Object.assign({}, ...Object.values(modules)),
      ...modules.bptt,
      ...(await given(entry)),
      ...modules[entry],
    };
    delete scope.default;
    const example = new AsyncFunction(...Object.keys(scope), `{ ${code.replaceAll(/^import .*;$/gm, '')}\n}`);
    if (run) await example(...Object.values(scope));
    outcomes[name] = '';
  } catch (error) {
    outcomes[name] = String(error?.stack ?? error);
  }
}
console.log(`\n${JSON.stringify(outcomes)}`);
