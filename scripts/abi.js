// @ts-check
// Writes build/abi.ts, the kernels' side of src/wasm/recurrent-plan.ts: a constant for each cell and each nonlinearity, and the plan
// as a class over memory.
import { readFileSync } from 'node:fs';
import { transformSync } from 'esbuild';

const path = 'src/wasm/recurrent-plan.ts';

/** @returns {Promise<string>} the AssemblyScript of what both sides share */
export async function abiSource() {
  const { code } = transformSync(readFileSync(path, 'utf8'), { loader: 'ts' });
  /** @type {typeof import('../src/wasm/recurrent-plan.ts')} */
  const abi = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  return `// Written by scripts/abi.js from ${path}, which explains each of these.
${[abi.numberedCells, abi.numberedFunctions].map(constants).join('')}
@unmanaged
export class Plan {
${[...abi.planNumbers.map((word) => `  ${word}: i32;`), ...abi.planAddresses.map((word) => `  ${word}: usize;`)].join('\n')}
}
`;
}

/** @param {readonly string[]} names */
function constants(names) {
  const lines = names.map((name, number) => {
    const constant = name.toUpperCase().replaceAll('-', '_');
    return `// @ts-ignore: decorator\n@inline export const ${constant}: i32 = ${number};\n`;
  });
  return `\n${lines.join('')}`;
}
