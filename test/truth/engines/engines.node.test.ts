// The machinery that runs a module in an engine, tried on the Node that runs this: results, errors, ends, time-outs.
import { readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { engineOf, engines, findEngine, installCommand } from './engines.js';
import { withFolder } from './processes.js';
import { runInEngine } from './run.js';

const engine = engines[0]!;
const found = { program: process.execPath, version: process.versions.node };
const run = (module: string, timeout = 30_000) => runInEngine(engine, found, module, { timeout });

describe('runInEngine', () => {
  it('returns what the default export computes', async () => {
    expect(await run('export default async () => ({ sum: 1 + 2, text: "ü" });')).toEqual({ sum: 3, text: 'ü' });
  });

  it('is not confused by what the module prints', async () => {
    expect(await run('console.log("bptt"); export default () => [null, 1];')).toEqual([null, 1]);
  });

  it('reports an exception with its message', async () => {
    await expect(run('export default () => { throw new RangeError("too far"); };')).rejects.toThrow(/too far/);
  });

  it('reports a process that ends without a result', async () => {
    await expect(run('process.exit(3); export default 1;')).rejects.toThrow('ended with exit code 3 without a result');
  });

  it('ends a module that takes too long and removes its folder', async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('bptt-'));
    const endless = 'export default () => new Promise((resolve) => setTimeout(resolve, 1e6));';
    await expect(run(endless, 500)).rejects.toThrow('took more than 0.5 s');
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('bptt-') && !before.includes(name))).toEqual([]);
  });

  it('starts a browser that hangs once more', async () => {
    await withFolder(async (folder) => {
      // In place of a browser: hangs the first time, fetches the page's module and posts its value the second time.
      const browser = join(folder, 'browser.mjs');
      writeFileSync(
        browser,
        `import { existsSync, writeFileSync } from 'node:fs';
        const [, , url, mark] = process.argv;
        if (!existsSync(mark)) { writeFileSync(mark, ''); setTimeout(() => {}, 1e6); }
        else {
          await fetch(url);
          const source = await (await fetch(url + 'module.mjs')).text();
          const { default: compute } = await import('data:text/javascript,' + encodeURIComponent(source));
          await fetch(url + 'result', { method: 'POST', body: JSON.stringify({ value: compute() }) });
        }`,
      );
      const fake = { ...engine, page: (url: string) => [browser, url, join(folder, 'mark')] };
      expect(await runInEngine(fake, found, 'export default () => 42;', { startTimeout: 1000 })).toBe(42);
    });
  });

  it('reports a program that is not there', async () => {
    const missing = { program: '/nowhere/node', version: '0' };
    await expect(runInEngine(engine, missing, 'export default () => 1;')).rejects.toThrow('could not be started');
  });
});

describe('the table of engines', () => {
  it('has nine, each with a command that installs it', () => {
    expect(engines.map(({ id }) => id)).toHaveLength(9);
    for (const each of engines) expect(installCommand(each)).toMatch(/^(sudo apt-get install|node test\/engines)/);
  });

  it('finds the Node that runs this', () => {
    const major = process.versions.node.split('.')[0];
    expect(findEngine(engineOf(`node-${major}`))?.version.split('.')[0]).toBe(major);
  });

  it('refuses an unknown engine', () => {
    expect(() => engineOf('netscape')).toThrow("unknown engine 'netscape': expected one of node-20, node-22");
  });
});
