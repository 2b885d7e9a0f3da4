// @ts-check
// Builds everything into build/: the kernels, the kernels as JavaScript modules, the package's entry points, their types.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import zopfli from '@gfx/zopfli';
import { build } from 'esbuild';
import { abiSource, slidingSource } from './abi.js';
import { bundledPackages, licences } from './licences.js';
import { tilesSource } from './tiles.js';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

/** What entry points load only when they need it: files of their own beside them. */
const apart = ['./build/kernels/*', './build/worker/*'];

/** What is imported where it is first needed, so that a page does not load it before: chunks of their own. */
const loadedLater = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) =>
    [...readFileSync(join('src', file), 'utf8').matchAll(/\bimport\('(\.[^']+\.ts)'\)/g)].map(([, path]) =>
      join('src', dirname(file), String(path)),
    ),
  );

/** @satisfies {import('esbuild').BuildOptions} */
const shared = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  logLevel: 'warning',
  metafile: true,
  // Packages may show what is in a file of anybody's, as jsfive does, and that may be what controls a terminal.
  drop: ['console'],
  plugins: [withoutDecoder(), versionAlone()],
};

/** @param {string} tool @param {string[]} args */
async function run(tool, ...args) {
  const child = spawn(process.execPath, [`node_modules/${tool}`, ...args], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${tool} ${args.join(' ')}: exit code ${code}`);
}

/** @typedef {readonly [name: string, entry: string, ...options: string[]]} Compilation name of what is made, and what asc is given */

/** One for each core at a time. @param {readonly Compilation[]} compilations */
async function compileAll(compilations) {
  const left = [...compilations];
  const compileLeft = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await compileKernels(...next);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, compileLeft));
}

const kernelsOnly = process.argv.includes('--kernels');
if (!kernelsOnly) rmSync('build', { recursive: true, force: true });
mkdirSync('build/kernels', { recursive: true });

writeFileSync('build/tiles.ts', tilesSource());
writeFileSync('build/abi.ts', await abiSource());
writeFileSync('build/sliding.ts', await slidingSource());
const { targets } = JSON.parse(readFileSync('asconfig.json', 'utf8'));
await compileAll([...Object.keys(targets).flatMap(compilationsOf), ...companions()]);

if (!kernelsOnly) {
  const metafiles = [
    await buildThread('thread', 'src/worker/thread.ts'),
    await buildThread('member', 'src/wasm/threads/member.ts'),
    await buildReportPage(),
    await buildPackage({
      index: 'src/index.ts',
      node: 'src/node.ts',
      diagnostics: 'src/diagnostics/index.ts',
      generation: 'src/generation/index.ts',
      plots: 'src/plots/index.ts',
      own: 'src/own/index.ts',
      losses: 'src/loss/index.ts',
      metrics: 'src/metrics/index.ts',
      pytorch: 'src/interchange/pytorch/index.ts',
      onnx: 'src/interchange/onnx/index.ts',
      keras: 'src/interchange/keras/index.ts',
      series: 'src/series/index.ts',
      speech: 'src/speech/index.ts',
      sweep: 'src/sweep/index.ts',
      bullmq: 'src/bullmq/index.ts',
      translation: 'src/translation/index.ts',
      vision: 'src/vision/index.ts',
      tokenizers: 'src/tokenizers/index.ts',
      vocabulary: 'src/vocabulary/index.ts',
      worker: 'src/worker/index.ts',
      workerd: 'src/workerd.ts',
      cli: 'src/cli/main.ts',
      'wide-test': 'src/cli/wide-test.ts',
    }),
  ];
  // The kernels hold parts of AssemblyScript's standard library.
  writeFileSync(
    'build/third-party-licences.txt',
    licences(['node_modules/assemblyscript', ...bundledPackages(metafiles)]),
  );
  copyFileSync('src/cli/moby-dick.txt', 'build/moby-dick.txt');
  await run('typescript/bin/tsc', '-p', 'tsconfig.build.json');
}

/**
 * Kernels beside those of every page (src/wasm/companion.ts): modules over the same memory, so that each has a place of its own for its
 * data, below ARENA_START of src/wasm/arena.ts.
 */
function companions() {
  const directory = 'assembly/companions';
  const names = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return names.flatMap(({ name }, index) =>
    ['f32', 'f64'].map((dtype) => {
      const memoryBase = String(4096 + 2048 * index);
      const options = ['--config', `${directory}/asconfig.json`, '--target', dtype, '--memoryBase', memoryBase];
      return /** @type {Compilation} */ ([`${name}-${dtype}`, `${directory}/${name}/index.ts`, ...options]);
    }),
  );
}

/** The kernels in one variant, for one thread and for a team of them. @param {string} target @returns {Compilation[]} */
function compilationsOf(target) {
  return [
    [target, 'assembly/index.ts', '--config', 'asconfig.json', '--target', target],
    [
      `threads-${target}`,
      'assembly/threads/index.ts',
      '--config',
      'assembly/threads/asconfig.json',
      '--target',
      target,
    ],
  ];
}

/** @param {string} name @param {string} entry @param {string[]} options of asc */
async function compileKernels(name, entry, ...options) {
  await run('assemblyscript/bin/asc.js', entry, ...options, '--outFile', `build/kernels/${name}.wasm`);
  // Base64 in a string works in every bundler without configuration. Deflated first: bytes compress better than base64 of them, and
  // by Zopfli 6 % better than by zlib.
  const deflated = await promisify(zopfli.deflate)(readFileSync(`build/kernels/${name}.wasm`), { numiterations: 2 });
  const base64 = Buffer.from(deflated).toString('base64');
  writeFileSync(`build/kernels/${name}.js`, `export default '${base64}';\n`);
  writeFileSync(`build/kernels/${name}.d.ts`, 'declare const base64: string;\nexport default base64;\n');
}

/**
 * The code of a worker as a string: a blob has no neighbours to import. The kernels are sent to it, and it starts no other worker.
 *
 * @param {string} name
 * @param {string} entry
 */
async function buildThread(name, entry) {
  const { outputFiles, metafile } = await build({
    ...shared,
    entryPoints: [entry],
    write: false,
    format: 'iife',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    external: apart,
  });
  mkdirSync('build/worker', { recursive: true });
  writeFileSync(`build/worker/${name}.js`, `export default ${JSON.stringify(outputFiles[0]?.text)};\n`);
  writeFileSync(`build/worker/${name}.d.ts`, 'declare const code: string;\nexport default code;\n');
  return metafile;
}

/** The script and the style of `bptt train --report` as strings: the page needs nothing else. */
async function buildReportPage() {
  const { outputFiles, metafile } = await build({
    ...shared,
    entryPoints: ['src/cli/report/page/charts.ts'],
    write: false,
  });
  const styles = ['node_modules/uplot/dist/uPlot.min.css', 'src/cli/report/page/style.css'];
  const page = {
    // Inside of a script element nothing may look like its end.
    script: outputFiles[0]?.text.replaceAll('</script', '<\\/script'),
    style: styles.map((path) => readFileSync(path, 'utf8')).join('\n'),
  };
  mkdirSync('build/report', { recursive: true });
  writeFileSync('build/report/page.js', `export default ${JSON.stringify(page)};\n`);
  writeFileSync(
    'build/report/page.d.ts',
    'declare const page: { readonly script: string; readonly style: string };\nexport default page;\n',
  );
  return metafile;
}

/**
 * Bundles the entry points, with one chunk for all that `bptt` itself is made of.
 *
 * @param {{ index: string } & Record<string, string>} entryPoints
 */
async function buildPackage(entryPoints) {
  const { metafile } = await build({
    ...shared,
    entryPoints,
    splitting: true,
    chunkNames: 'chunk-[hash]',
    outdir: 'build',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    // Peers, which who uses them installs.
    external: ['node:*', 'bullmq', 'ioredis', 'pg', ...apart],
    // Its sources: only what is used of them is bundled.
    alias: { 'ml-matrix': './node_modules/ml-matrix/src/index.js' },
    // An uncaught error shows the line that threw it. Lines of 300 would take 0.7 KB more.
    lineLimit: 700,
    plugins: [
      ...shared.plugins,
      wholeCore([...Object.values(entryPoints), ...loadedLater], entryPoints.index),
      requiredBuiltins(),
    ],
    logOverride: { 'ignored-bare-import': 'silent' },
  });
  return metafile;
}

/**
 * The loader makes a TextDecoder as it is loaded, for strings, which kernels do not have; Jest's jsdom has no such class. Said to be pure it is
 * left out: esbuild's option of that name does so for calls alone.
 *
 * @returns {import('esbuild').Plugin}
 */
function withoutDecoder() {
  return {
    name: 'without decoder',
    setup: ({ onLoad }) =>
      onLoad({ filter: /@assemblyscript[\\/]loader[\\/]index\.js$/ }, ({ path }) => ({
        contents: readFileSync(path, 'utf8').replace('= new TextDecoder(', '= /* @__PURE__ */ new TextDecoder('),
      })),
  };
}

/**
 * Of package.json the version, which is all that is asked of it, and not what the package is made with.
 *
 * @returns {import('esbuild').Plugin}
 */
function versionAlone() {
  const path = join(root, 'package.json');
  const { version } = JSON.parse(readFileSync(path, 'utf8'));
  return {
    name: 'version alone',
    setup: ({ onLoad }) =>
      onLoad({ filter: /[\\/]package\.json$/ }, (file) =>
        file.path === path ? { contents: JSON.stringify({ version }), loader: 'json' } : undefined,
      ),
  };
}

/**
 * Lets every entry point import all of the core, so that esbuild makes one chunk of it. Else it would cut one for each set of entries that
 * share a module: many small files, and a page would load more.
 *
 * @param {readonly string[]} entries
 * @param {string} core
 * @returns {import('esbuild').Plugin}
 */
function wholeCore(entries, core) {
  const paths = new Set(entries.map((path) => resolve(path)));
  return {
    name: 'whole core',
    setup: ({ onLoad }) =>
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (!paths.has(path) || path === resolve(core)) return undefined;
        const contents = `${readFileSync(path, 'utf8')}\nimport ${JSON.stringify(resolve(core))};\n`;
        return { contents, loader: 'ts' };
      }),
  };
}

/**
 * Node's own modules where a CommonJS package of the command line requires them: the bundle is a module, which has no `require`.
 *
 * @returns {import('esbuild').Plugin}
 */
function requiredBuiltins() {
  const namespace = 'required-builtin';
  return {
    name: namespace,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^[a-z:_/]+$/ }, ({ path, kind }) =>
        kind === 'require-call' && isBuiltin(path) ? { path, namespace } : undefined,
      );
      onLoad({ filter: /./, namespace }, ({ path }) => ({
        contents: `module.exports = process.getBuiltinModule('${path}');`,
      }));
    },
  };
}
