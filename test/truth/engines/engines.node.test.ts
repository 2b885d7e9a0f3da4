// The machinery that runs a module in an engine, tried on the Node that runs this: results, errors, ends, time-outs.
import { once } from 'node:events';
import { existsSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Engine, engineOf, engines, findEngine, installCommand } from './engines.js';
import { withFolder } from './processes.js';
import { runInEngine } from './run.js';

const engine = engines[0]!;
const found = { program: process.execPath, version: process.versions.node };
const run = (module: string) => runInEngine(engine, found, module);

/** Limits pass only when the test says so; what the processes do takes the time that it takes. */
const stopClock = () => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Resolves when something in the folder is written from now on. */
async function firstChange(folder: string): Promise<void> {
  const watcher = watch(folder);
  await once(watcher, 'change');
  watcher.close();
}

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
    stopClock();
    let folder = '';
    let running: Promise<unknown> | undefined;
    const watched: Engine = {
      ...engine,
      command(file) {
        folder = dirname(file);
        running = firstChange(folder);
        return [file];
      },
    };
    const endless = `import { writeFileSync } from 'node:fs';
      writeFileSync('running', '');
      export default () => new Promise((resolve) => setTimeout(resolve, 1e9));`;
    const ended = expect(runInEngine(watched, found, endless, { timeout: 500 })).rejects.toThrow(
      'took more than 0.5 s',
    );
    await running;
    vi.advanceTimersByTime(500);
    await ended;
    expect(existsSync(folder)).toBe(false);
  });

  it('starts a browser that hangs once more', async () => {
    stopClock();
    const told = vi.spyOn(console, 'error').mockImplementation(() => {});
    await withFolder(async (folder) => {
      // In place of a browser: hangs the first time, fetches the page's module and posts its value the second time.
      const browser = join(folder, 'browser.mjs');
      writeFileSync(
        browser,
        `import { existsSync, writeFileSync } from 'node:fs';
        const [, , url, mark] = process.argv;
        if (!existsSync(mark)) { writeFileSync(mark, ''); setTimeout(() => {}, 1e9); }
        else {
          await fetch(url);
          const source = await (await fetch(url + 'module.mjs')).text();
          const { default: compute } = await import('data:text/javascript,' + encodeURIComponent(source));
          await fetch(url + 'result', { method: 'POST', body: JSON.stringify({ value: compute() }) });
        }`,
      );
      const fake = { ...engine, page: (url: string) => [browser, url, join(folder, 'mark')] };
      const hangs = firstChange(folder);
      const result = runInEngine(fake, found, 'export default () => 42;', { startTimeout: 1000 });
      await hangs;
      vi.advanceTimersByTime(1000);
      expect(await result).toBe(42);
    });
    expect(told).toHaveBeenCalledWith(`starting ${engine.name} took more than 1 s. Starting ${engine.name} once more.`);
  });

  it('reports a program that is not there', async () => {
    const missing = { program: '/nowhere/node', version: '0' };
    await expect(runInEngine(engine, missing, 'export default () => 1;')).rejects.toThrow('could not be started');
  });
});

describe('the table of engines', () => {
  it('has nine, each with a command that installs it', () => {
    expect(engines.map(({ id }) => id)).toHaveLength(9);
    for (const each of engines)
      expect(installCommand(each)).toMatch(/^(sudo apt-get install|node test\/truth\/engines)/);
  });

  it('finds the Node that runs this', () => {
    const major = process.versions.node.split('.')[0];
    expect(findEngine(engineOf(`node-${major}`))?.version.split('.')[0]).toBe(major);
  });

  it('refuses an unknown engine', () => {
    expect(() => engineOf('netscape')).toThrow("unknown engine 'netscape': expected one of node-20, node-22");
  });
});
