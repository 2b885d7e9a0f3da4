// What a kind of layer costs that is not in the registry: nothing, on a page that does not name it.
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

/** The code of a page that imports these names from the sources, or from the package as it is published. */
async function pageWith(from: './src/index.ts' | './build/index.js', ...names: readonly string[]): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { ${names.join(', ')} } from '${from}'; console.log(${names.join(', ')});`,
      resolveDir: process.cwd(),
      loader: 'ts',
    },
    bundle: true,
    format: 'esm',
    write: false,
    external: ['../../build/*', './kernels/*', './worker/*'],
  });
  return outputFiles[0]!.text;
}

/** What stands in the code of each kind alone. */
const marks = { concat: 'concatLayer = {', add: 'addLayer = {', repeat: 'repeatLayer = {' };

/** What the errors of each say, which no minifier changes. */
const words = { concat: 'entries on one clock', add: 'entries of one size', repeat: 'last() makes one output a row' };

describe.each([
  ['./src/index.ts', marks],
  ['./build/index.js', words],
] as const)('a page of %s', async (from, ofKinds) => {
  const stacks = await pageWith(from, 'createModel', 'tokens', 'lstm', 'dense', 'train', 'deserialize');

  it.each(Object.entries(ofKinds))('has %s only where it names it', async (name, mark) => {
    const page = await pageWith(from, 'createModel', 'dense', name);
    expect([stacks.includes(mark), page.includes(mark)]).toEqual([false, true]);
  });
});
