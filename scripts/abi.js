// @ts-check
// Writes the kernels' side of what both sides share: build/abi.ts of src/wasm/recurrent-plan.ts, a constant for each cell and each nonlinearity,
// and the plan as a class over memory; build/sliding.ts of src/wasm/sliding-plan.ts.
import { readFileSync } from 'node:fs';
import { transformSync } from 'esbuild';

/** @returns {Promise<string>} the AssemblyScript of a recurrent layer's plan */
export async function abiSource() {
  const path = 'src/wasm/recurrent-plan.ts';
  /** @type {typeof import('../src/wasm/recurrent-plan.ts')} */
  const abi = await imported(path);
  return `${heading(path)}${[abi.numberedCells, abi.numberedFunctions].map(constants).join('')}
${plan('Plan', abi.planNumbers, abi.planAddresses)}`;
}

/** @returns {Promise<string>} the AssemblyScript of the plan of windows that slide over images */
export async function slidingSource() {
  const path = 'src/wasm/sliding-plan.ts';
  /** @type {typeof import('../src/wasm/sliding-plan.ts')} */
  const { slidingWords } = await imported(path);
  return `${heading(path)}\n${plan('Sliding', slidingWords)}`;
}

/** @param {string} path */
const heading = (path) => `// Written by scripts/abi.js from ${path}, which explains each of these.\n`;

/** @param {string} path */
function imported(path) {
  const { code } = transformSync(readFileSync(path, 'utf8'), { loader: 'ts' });
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
}

/** @param {string} name @param {readonly string[]} numbers @param {readonly string[]} addresses */
function plan(name, numbers, addresses = []) {
  const lines = [...numbers.map((word) => `  ${word}: i32;`), ...addresses.map((word) => `  ${word}: usize;`)];
  return `@unmanaged\nexport class ${name} {\n${lines.join('\n')}\n}\n`;
}

/** @param {readonly string[]} names */
function constants(names) {
  const lines = names.map((name, number) => {
    const constant = name.toUpperCase().replaceAll('-', '_');
    return `// @ts-ignore: decorator\n@inline export const ${constant}: i32 = ${number};\n`;
  });
  return `\n${lines.join('')}`;
}
