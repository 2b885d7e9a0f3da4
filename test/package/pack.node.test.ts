// What is published: packed, installed in an empty project, and used from Node, TypeScript, Vite, a page and a shell.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, openPage, problemsOf } from './chromium.ts';
import { serve } from './server.ts';

const root = join(import.meta.dirname, '../..');
let project: string;
let packed: readonly string[];
let tarball: string;
let browser: Browser;

/** A person's own PATH: without node_modules/.bin, where an npm lies that is another's dependency. */
const PATH = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter);

async function run(program: string, args: readonly string[], cwd = project): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { cwd, env: { ...process.env, PATH, NO_COLOR: '1' } });
  return stdout;
}

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'bptt-pack-'));
  await cp(join(import.meta.dirname, './consumer'), project, { recursive: true });
  await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  // The build is there already: `npm test` sees to it.
  const report = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', project], root);
  const [{ filename, files }] = JSON.parse(report);
  tarball = join(project, filename);
  packed = files.map(({ path }: { path: string }) => path);
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${filename}`]);
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await rm(project, { recursive: true });
});

type Outcome = Readonly<Record<'parameters' | 'file' | 'text', string> & Record<'firstLoss' | 'lastLoss', number>>;

/** Opens a page and waits for what it computed, or for what went wrong. */
async function outcomeOf(
  folder: string,
  path: string,
  expected = /^$/,
): Promise<{ outcome: Outcome; requests: readonly string[] }> {
  const server = await serve(folder);
  const page = await openPage(browser);
  try {
    const problems = problemsOf(page, expected);
    await page.goto(`${server.address}${path}`);
    const outcome = () => page.evaluate(() => (globalThis as { outcome?: unknown }).outcome as Outcome);
    await expect.poll(async () => problems[0] ?? (await outcome())).toBeDefined();
    expect(problems).toEqual([]);
    return { outcome: await outcome(), requests: server.requests };
  } finally {
    await page.close();
    await server.close();
  }
}

/** All but those for which a package of another's must be there. */
const entriesOf = (exports: object) =>
  Object.keys(exports).filter((name) => name !== './bullmq' && !/\.(wasm|json)$/.test(name));

const kernelsIn = (requests: readonly string[]) =>
  requests
    .map((path) => /\/(f32|f64|f32-relaxed|f32-wide)(-[\w-]{8})?\.js$/.exec(path)?.[1])
    .filter((name) => name !== undefined);

describe('the package', () => {
  let inNode: Outcome;

  it('holds the build, the licence, the changelog and the readme, and nothing else', () => {
    const expected = [
      /^(LICENSE|README\.md|CHANGELOG\.md|package\.json)$/,
      /^build\/(index|node|bullmq|diagnostics|generation|keras|losses|metrics|onnx|own|plots|pytorch|series|speech|sweep|tokenizers|translation|vision|vocabulary|worker|workerd|cli|wide-test)\.js$/,
      /^build\/chunk-[A-Z0-9]{8}\.js$/,
      /^build\/kernels\/((threads-)?(f32|f32-relaxed|f32-wide|f64)|[a-z-]+-f(32|64))\.(js|wasm)$/,
      /^build\/worker\/(thread|member)\.js$/,
      /^build\/moby-dick\.txt$/,
      /^build\/third-party-licences\.txt$/,
      /^build\/types\/([a-z]+\/)*[a-z0-9-]+\.d\.ts$/,
    ];
    expect(packed.filter((path) => !expected.some((pattern) => pattern.test(path)))).toEqual([]);
    expect(expected.filter((pattern) => !packed.some((path) => pattern.test(path)))).toEqual([]);
    expect(packed).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'CHANGELOG.md', 'package.json']));
  });

  it('is as publint and attw want it: every entry point is found, with its types, by Node and by bundlers', async () => {
    const bin = (name: string) => join(root, 'node_modules/.bin', name);
    expect(await run(bin('publint'), [tarball, '--strict'])).toContain('All good!');
    expect(await run(bin('attw'), [tarball, '--profile', 'esm-only', '--no-emoji', '--format', 'ascii'])).toContain(
      'node16 (from ESM): OK (ESM)',
    );
  });

  it('needs no other package', async () => {
    const { dependencies, peerDependencies, peerDependenciesMeta, optionalDependencies } = JSON.parse(
      await readFile(join(project, 'node_modules/bptt/package.json'), 'utf8'),
    );
    expect({ dependencies, optionalDependencies }).toEqual({});
    // For those who use what is made for them.
    const peers = Object.keys(peerDependencies);
    expect(peerDependenciesMeta).toEqual(Object.fromEntries(peers.map((name) => [name, { optional: true }])));
    const { packages } = JSON.parse(await readFile(join(project, 'package-lock.json'), 'utf8'));
    expect(Object.keys(packages)).toEqual(['', 'node_modules/bptt']);
  });

  it('prints an error that nobody catches with its name, and little of the file that threw it', async () => {
    const program = `import { createModel } from 'bptt'; await createModel([]);`;
    const failed: { stderr: string } = await run(process.execPath, ['--input-type=module', '-e', program]).then(
      () => expect.fail('it caught the error'),
      (error) => error,
    );
    expect(failed.stderr).toMatch(/^BpttError: model: expected /m);
    expect(failed.stderr.length).toBeLessThan(4000);
  });

  it('gives every entry point that it names', async () => {
    const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const entries = entriesOf(exports);
    expect(entries.length).toBeGreaterThan(7);
    const code = entries.map((name) => `await import(${JSON.stringify(name.replace('.', 'bptt'))})`);
    const counts = JSON.parse(
      await run('node', [
        '--input-type=module',
        '-e',
        `console.log(JSON.stringify([${code.join(',')}].map((entry) => Object.keys(entry).length)))`,
      ]),
    );
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });

  it('has the entry point for BullMQ beside the packages that it is for', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bptt-pack-peers-'));
    await mkdir(join(folder, 'node_modules'));
    await cp(join(project, 'node_modules/bptt'), join(folder, 'node_modules/bptt'), { recursive: true });
    const print = [
      '--input-type=module',
      '-e',
      "console.log(Object.keys(await import('bptt/bullmq').catch(({ code }) => ({ [code]: 0 }))).join())",
    ];
    expect((await run('node', print, folder)).trim()).toBe('ERR_MODULE_NOT_FOUND');
    await symlink(join(root, 'node_modules/bullmq'), join(folder, 'node_modules/bullmq'));
    expect((await run('node', print, folder)).trim()).toBe('postgresStore,redisStore,sweepQueue,sweepWorker');
    await rm(folder, { recursive: true });
  });

  it('names no folder of the machine that built it, and no source map', async () => {
    const texts = packed.filter((path) => /\.(js|ts|json|md)$/.test(path) || path === 'LICENSE');
    for (const path of texts) {
      const text = await readFile(join(project, 'node_modules/bptt', path), 'utf8');
      expect(text.includes(root), path).toBe(false);
      expect(/sourceMappingURL/.test(text), path).toBe(false);
    }
  });

  it('trains, saves, loads and writes in Node', async () => {
    const { outcome, inWorker, inOwnWorker, loaded } = JSON.parse(await run(process.execPath, ['node.js']));
    inNode = outcome;
    expect({ inWorker, inOwnWorker }).toEqual({ inWorker: outcome, inOwnWorker: outcome });
    expect(inNode.firstLoss).toBeGreaterThan(2.5);
    expect(inNode.lastLoss).toBeLessThan(1);
    expect(inNode.parameters).toMatch(/^[0-9a-f]{64}$/);
    expect(inNode.text).toHaveLength(40);
    expect(loaded).toBe('saved');
  });

  it('does the same where Node is hidden, as by jsdom in Jest', async () => {
    const { outcome, inWorker } = JSON.parse(await run(process.execPath, ['--import', './as-jsdom.js', 'node.js']));
    expect([outcome, inWorker]).toEqual([inNode, inNode]);
  });

  it('does the same with kernels that are modules, as in workerd, which compiles none from bytes', async () => {
    const args = ['--conditions=workerd', '--import', './as-workerd.js', 'workerd.js'];
    expect(JSON.parse(await run(process.execPath, args))).toEqual(inNode);
    const usual = run(process.execPath, ['--import', './as-workerd.js', 'workerd.js']);
    await expect(usual).rejects.toThrow('code generation disallowed');
  });

  it('does the same in Chromium in a page that Vite built', async () => {
    const dist = join(project, 'dist');
    await build({
      configFile: false,
      root: join(project, 'vite'),
      logLevel: 'warn',
      build: { outDir: dist, emptyOutDir: true },
      worker: { format: 'es' },
    });
    const { outcome, requests } = await outcomeOf(dist, '/');
    expect(outcome).toEqual({ ...inNode, inWorker: inNode, inOwnWorker: inNode });
    expect(kernelsIn(requests)).toEqual(['f32']);
  });

  it('does the same in Chromium in a page without a bundler, which loads the f32 kernels and no others', async () => {
    const { outcome, requests } = await outcomeOf(project, '/direct.html');
    expect(outcome).toEqual(inNode);
    expect(kernelsIn(requests)).toEqual(['f32']);
    const others = requests.filter((path) => !/\/(chunk-[A-Z0-9]{8}|kernels\/f32)\.js$/.test(path));
    expect(others).toEqual(['/direct.html', '/node_modules/bptt/build/index.js', '/training.js']);
  });

  it('trains in a worker of the page where its Content-Security-Policy allows none from blobs', async () => {
    const { outcome } = await outcomeOf(project, '/strict.html', /Content Security Policy/);
    expect(outcome).toEqual({ ...inNode, refused: 'worker-failed' });
  });

  it.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])('has types for TypeScript with module %s and resolution %s', async (module, moduleResolution) => {
    const compilerOptions = {
      module,
      moduleResolution,
      target: 'ES2022',
      lib: ['ES2022', 'DOM'],
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
    };
    const config = `tsconfig.${moduleResolution}.json`;
    await writeFile(join(project, config), JSON.stringify({ compilerOptions, files: ['types.ts'] }));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const output = run(process.execPath, [tsc, '-p', config]).catch(({ stdout }: { stdout: string }) => stdout);
    expect(await output).toBe('');
  });

  it('has types for programs that know those of Node and none of pages', async () => {
    const folder = join(root, 'node_modules/@types');
    const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const entries = entriesOf(exports);
    const code = entries.map((name, index) => `export * as m${index} from '${name.replace('.', 'bptt')}';`);
    await writeFile(join(project, 'node-alone.ts'), code.join('\n'));
    const compilerOptions = {
      ...{ module: 'nodenext', target: 'ES2022', lib: ['ES2022'], types: ['node'], typeRoots: [folder] },
      ...{ strict: true, skipLibCheck: false, noEmit: true },
    };
    const config = 'tsconfig.node-alone.json';
    await writeFile(join(project, config), JSON.stringify({ compilerOptions, files: ['node-alone.ts'] }));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const output = run(process.execPath, [tsc, '-p', config]).catch(({ stdout }: { stdout: string }) => stdout);
    expect(await output).toBe('');
  });

  it('has a command line that trains on the text that comes with it', async () => {
    expect(await run('npx', ['--no-install', 'bptt', '--help'])).toMatch(/^Usage: bptt /);
    const small = ['--hidden', '4', '--steps', '2', '--validation', '0', '--length', '10'];
    const report = await run('npx', ['--no-install', 'bptt', 'train', ...small, '--json', '--out', 'cli.safetensors']);
    expect(report).toContain('"steps":2');
    const sample = await run('npx', ['--no-install', 'bptt', 'sample', 'cli.safetensors', '--length', '30']);
    expect([...sample.trimEnd()].length).toBeGreaterThan(20);
  });
});
