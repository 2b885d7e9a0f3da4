// @ts-check
// Builds everything into build/: the kernels, the kernels as JavaScript modules, the package's entry points, their types.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { build } from 'esbuild';
import { abiSource } from './abi.js';
import { tilesSource } from './tiles.js';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

/** @param {string} tool @param {string[]} args */
function run(tool, ...args) {
  execFileSync(process.execPath, [`node_modules/${tool}`, ...args], { stdio: 'inherit' });
}

const kernelsOnly = process.argv.includes('--kernels');
if (!kernelsOnly) rmSync('build', { recursive: true, force: true });
mkdirSync('build/kernels', { recursive: true });
mkdirSync('build/chunks', { recursive: true });

writeFileSync('build/tiles.ts', tilesSource());
writeFileSync('build/abi.ts', await abiSource());
const targets = Object.keys(JSON.parse(readFileSync('asconfig.json', 'utf8')).targets);
for (const target of targets) {
  run('assemblyscript/bin/asc.js', '--config', 'asconfig.json', '--target', target);
  // Base64 in a string works in every bundler without configuration. Deflated first: bytes compress better than base64 of them.
  const base64 = deflateRawSync(readFileSync(`build/kernels/${target}.wasm`), { level: 9 }).toString('base64');
  writeFileSync(`build/kernels/${target}.js`, `export default '${base64}';\n`);
  writeFileSync(`build/kernels/${target}.d.ts`, 'declare const base64: string;\nexport default base64;\n');
}

if (!kernelsOnly) {
  await buildThread();
  await buildReportPage();
  await buildPackage({
    index: 'src/index.ts',
    node: 'src/node.ts',
    diagnostics: 'src/diagnostics/index.ts',
    generation: 'src/generation/index.ts',
    plots: 'src/plots/index.ts',
    pytorch: 'src/interchange/pytorch/index.ts',
    onnx: 'src/interchange/onnx/index.ts',
    keras: 'src/interchange/keras/index.ts',
    series: 'src/series/index.ts',
    tokenizers: 'src/tokenizers/index.ts',
    worker: 'src/worker/index.ts',
    workerd: 'src/workerd.ts',
    cli: 'src/cli/main.ts',
  });
  copyFileSync('src/cli/moby-dick.txt', 'build/moby-dick.txt');
  run('typescript/bin/tsc', '-p', 'tsconfig.build.json');
}

/** The code of a worker as a string: a blob has no neighbours to import. The kernels are sent to it. */
async function buildThread() {
  const { outputFiles } = await build({
    entryPoints: ['src/worker/thread.ts'],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    minify: true,
    logLevel: 'warning',
    plugins: [
      {
        name: 'apart',
        // Neither kernels nor another worker's code: a thread gets its kernels and starts no other.
        setup: ({ onResolve }) =>
          onResolve({ filter: /\/build\/(kernels|worker)\// }, ({ path }) => ({ path, external: true })),
      },
    ],
  });
  mkdirSync('build/worker', { recursive: true });
  writeFileSync('build/worker/thread.js', `export default ${JSON.stringify(outputFiles[0]?.text)};\n`);
  writeFileSync('build/worker/thread.d.ts', 'declare const code: string;\nexport default code;\n');
}

/** The script and the style of `bptt train --report` as strings: the page needs nothing else. */
async function buildReportPage() {
  const { outputFiles } = await build({
    entryPoints: ['src/cli/report/page/charts.ts'],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    minify: true,
    logLevel: 'warning',
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
}

/**
 * Bundles the entry points. What `bptt` itself is made of becomes one file that the others share: cut into what each pair of entries has
 * in common, it would be many small files, and a page would load more.
 *
 * @param {Record<string, string>} entryPoints
 */
async function buildPackage({ index, ...others }) {
  const shared = /** @satisfies {import('esbuild').BuildOptions} */ ({
    bundle: true,
    format: /** @type {const} */ ('esm'),
    target: 'es2022',
    platform: /** @type {const} */ ('neutral'),
    mainFields: ['module', 'main'],
    minify: true,
    logLevel: /** @type {const} */ ('warning'),
    outdir: 'build',
    entryNames: '[name]',
    chunkNames: 'chunks/[name]-[hash]',
    splitting: true,
    external: ['node:*', 'commander', 'cli-progress', 'picocolors'],
    // Its sources: only what is used of them is bundled.
    alias: { 'ml-matrix': './node_modules/ml-matrix/src/index.js' },
    metafile: /** @type {const} */ (true),
  });
  const { metafile } = await build({ ...shared, entryPoints: [index], write: false });
  const inCore = Object.keys(metafile.inputs).filter((path) => path.startsWith('src/') && path !== index);
  /** @param {string} names What of the modules leaves the bundle: `*` or a list in braces. */
  const buildCore = (names) =>
    build({
      ...shared,
      stdin: { contents: `export ${names} from 'modules';`, resolveDir: root },
      entryNames: 'chunks/core',
      plugins: [
        {
          name: 'modules',
          setup({ onResolve, onLoad }) {
            onResolve({ filter: /^modules$/ }, ({ path }) => ({ path, namespace: 'modules' }));
            const contents = inCore.map((file) => `export * from './${file}';`).join('\n');
            onLoad({ filter: /^modules$/, namespace: 'modules' }, () => ({ contents, resolveDir: root }));
          },
        },
      ],
    });
  await buildCore('*');
  const [, exported = ''] = /export\{([^}]*)\};?\s*$/.exec(readFileSync('build/chunks/core.js', 'utf8')) ?? [];
  const there = exported.split(',').map((name) => name.split(' as ').at(-1));

  /** @type {import('esbuild').Plugin} */
  const fromCore = {
    name: 'core',
    setup: ({ onResolve }) =>
      onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir, kind }) => {
        if (kind === 'entry-point') return undefined;
        const file = relative(root, join(resolveDir, path));
        // Whoever imports it compiles it.
        if (file.endsWith('.wasm')) return { path: `./${relative('build', file)}`, external: true };
        const bundle = file === index ? './index.js' : inCore.includes(file) ? './chunks/core.js' : undefined;
        return bundle && { path: bundle, external: true, sideEffects: false };
      }),
  };
  // `bptt` apart, so that it loads the core and nothing that others share.
  const bundles = await Promise.all(
    [{ index }, others].map((entryPoints) => build({ ...shared, entryPoints, plugins: [fromCore], write: false })),
  );
  const outputFiles = bundles.flatMap((bundle) => bundle.outputFiles);
  writeLicences([metafile, ...bundles.map((bundle) => bundle.metafile)].flatMap(({ inputs }) => Object.keys(inputs)));
  const used = outputFiles.flatMap(({ text }) =>
    [...text.matchAll(/\{([^{}]*)\}from"\.\/chunks\/core\.js"/g)].flatMap(([, names]) => (names ?? '').split(',')),
  );
  // Two modules that export one name would take it from each other without a word.
  const names = [...new Set(used.map((name) => name.split(' as ')[0] ?? ''))].filter((name) => name !== '');
  const lost = names.filter((name) => !there.includes(name));
  if (lost.length > 0) throw new Error(`expected these names once among the modules of ${index}: ${lost.join(', ')}`);
  // Again with what is asked for alone: names are a part of what a page loads.
  await buildCore(`{ ${names.join(', ')} }`);
  for (const { path, text } of outputFiles) {
    const beside = dirname(path) === join(root, 'build/chunks');
    const moved = text.replaceAll('"./chunks/core.js"', '"./core.js"').replaceAll('"./index.js"', '"../index.js"');
    writeFileSync(path, beside ? moved : text);
  }
}

/**
 * Writes the licences of what stands inside the bundles; the kernels hold parts of AssemblyScript's standard library.
 *
 * @param {readonly string[]} inputs
 */
function writeLicences(inputs) {
  const bundled = inputs.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  const texts = [...new Set(['assemblyscript', ...bundled])].sort().map((name) => {
    const folder = `node_modules/${name}`;
    const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)(\.\w+)?$/i.test(file));
    const body = files.map((file) => readFileSync(`${folder}/${file}`, 'utf8').trim());
    return [`${name} ${version} (${license})`, ...body].join('\n\n');
  });
  writeFileSync('build/third-party-licences.txt', `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
}
