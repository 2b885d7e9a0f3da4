// What a kind of layer costs that is not in the registry: nothing, on a page that does not name it.
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

/** The code of a page that imports these names. */
async function pageWith(...names: readonly string[]): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { ${names.join(', ')} } from './src/index.ts'; console.log(${names.join(', ')});`,
      resolveDir: process.cwd(),
      loader: 'ts',
    },
    bundle: true,
    format: 'esm',
    write: false,
    external: ['../../build/*'],
  });
  return outputFiles[0]!.text;
}

/** What stands in the code of each kind alone. */
const marks = { concat: 'concatLayer = {', add: 'addLayer = {', repeat: 'repeatLayer = {' };

describe('a page', async () => {
  const stacks = await pageWith('createModel', 'tokens', 'lstm', 'dense', 'train', 'deserialize');

  it.each(Object.entries(marks))('has %s only where it names it', async (name, mark) => {
    const page = await pageWith('createModel', 'dense', name);
    expect([stacks.includes(mark), page.includes(mark)]).toEqual([false, true]);
  });
});
