// @ts-check
// Builds everything into build/: the kernels, the kernels as JavaScript modules, the package's entry points, their types.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

/** @param {string} tool @param {string[]} args */
function run(tool, ...args) {
  execFileSync(process.execPath, [`node_modules/${tool}`, ...args], { stdio: 'inherit' });
}

const kernelsOnly = process.argv.includes('--kernels');
if (!kernelsOnly) rmSync('build', { recursive: true, force: true });
mkdirSync('build/kernels', { recursive: true });

const targets = Object.keys(JSON.parse(readFileSync('asconfig.json', 'utf8')).targets);
for (const target of targets) {
  run('assemblyscript/bin/asc.js', '--config', 'asconfig.json', '--target', target);
  // Base64 in a string works in every bundler without configuration. Deflated first: bytes compress better than base64 of them.
  const base64 = deflateRawSync(readFileSync(`build/kernels/${target}.wasm`), { level: 9 }).toString('base64');
  writeFileSync(`build/kernels/${target}.js`, `export default '${base64}';\n`);
  writeFileSync(`build/kernels/${target}.d.ts`, 'declare const base64: string;\nexport default base64;\n');
}

if (!kernelsOnly) {
  const shared = /** @type {const} */ ({
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minifySyntax: true,
    logLevel: 'warning',
  });
  await build({
    ...shared,
    entryPoints: {
      index: 'src/index.ts',
      node: 'src/node.ts',
      generation: 'src/generation/index.ts',
      onnx: 'src/onnx/index.ts',
      keras: 'src/keras/index.ts',
      series: 'src/series/index.ts',
      tokenizers: 'src/tokenizers/index.ts',
      cli: 'src/cli/main.ts',
    },
    outdir: 'build',
    entryNames: '[name]',
    chunkNames: 'chunks/[name]-[hash]',
    splitting: true,
    platform: 'neutral',
    mainFields: ['module', 'main'],
    external: ['node:*', 'commander', 'cli-progress', 'picocolors'],
    minifyWhitespace: true,
    minifyIdentifiers: true,
  });
  copyFileSync('src/cli/moby-dick.txt', 'build/moby-dick.txt');
  run('typescript/bin/tsc', '-p', 'tsconfig.build.json');
}
