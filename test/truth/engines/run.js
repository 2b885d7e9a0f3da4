// @ts-check
/**
 * Runs one self-contained ES module in one engine and brings back what it computed. The module's default export is a
 * function without arguments; what it returns (or what its promise becomes) must be a JSON value.
 *
 * A browser is started like any other program, with the address of a page on this machine; the page imports the module
 * and posts its result to the server that it came from. So no driver is needed and all three browsers are alike.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { start, TookTooLong, withFolder, within } from './processes.js';

/** What a process writes in front of its result. */
const MARK = 'bptt-result:';

const ENTRY = `import compute from './module.mjs';
console.log('${MARK}' + JSON.stringify({ value: await compute() }));
`;

const PAGE = `<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<script type="module">
  const report = (outcome) => fetch('/result', { method: 'POST', body: JSON.stringify(outcome) });
  try {
    const { default: compute } = await import('/module.mjs');
    await report({ value: await compute() });
  } catch (error) {
    await report({ error: String(error) + '\\n' + (error?.stack ?? '') });
  }
</script>
`;

/**
 * @typedef {object} Limits in milliseconds
 * @property {number} [timeout] for the run; 600,000 by default
 * @property {number} [startTimeout] until a browser asks for the page; 120,000 by default
 *
 * @typedef {{ folder: string, env: NodeJS.ProcessEnv } & Required<Limits>} Surroundings
 */

/**
 * A browser that says nothing within its time is ended and started once more, and standard error tells so: browsers hang now and then
 * when they start, and what hangs has computed nothing that could be wrong.
 * @param {import('./engines.js').Engine} engine
 * @param {import('./engines.js').Found} found
 * @param {string} module the module's text
 * @param {Limits} [options]
 * @returns {Promise<unknown>} the JSON value
 */
export async function runInEngine(engine, found, module, options = {}) {
  try {
    return await runOnce(engine, found, module, options);
  } catch (error) {
    if (!engine.page || !(error instanceof TookTooLong)) throw error;
    console.error(`${error.message}. Starting ${engine.name} once more.`);
    return runOnce(engine, found, module, options);
  }
}

/**
 * @param {import('./engines.js').Engine} engine
 * @param {import('./engines.js').Found} found
 * @param {string} module
 * @param {Limits} options
 * @returns {Promise<unknown>}
 */
async function runOnce(engine, found, module, { timeout = 600_000, startTimeout = 120_000 }) {
  return withFolder((folder) => {
    // Nothing is read from or left in the user's own folders.
    const home = join(folder, 'home');
    mkdirSync(home);
    /** @type {NodeJS.ProcessEnv} */
    const env = { ...process.env, HOME: home, DENO_DIR: join(home, 'deno'), NO_COLOR: '1', NODE_OPTIONS: '' };
    delete env.FORCE_COLOR;
    for (const name of ['CONFIG', 'CACHE', 'DATA', 'STATE']) delete env[`XDG_${name}_HOME`];
    const surroundings = { folder, env, timeout, startTimeout };
    return engine.page
      ? runInPage(engine, found.program, module, surroundings)
      : runInProcess(engine, found.program, module, surroundings);
  });
}

/**
 * @param {import('./engines.js').Engine} engine
 * @param {string} program
 * @param {string} module
 * @param {Surroundings} surroundings
 */
async function runInProcess(engine, program, module, { folder, env, timeout }) {
  writeFileSync(join(folder, 'module.mjs'), module);
  writeFileSync(join(folder, 'entry.mjs'), ENTRY);
  const args = /** @type {NonNullable<typeof engine.command>} */ (engine.command)(join(folder, 'entry.mjs'));
  const { child, exited, stop, output } = start(program, args, { cwd: folder, env });
  let printed = '';
  child.stdout?.on('data', (chunk) => {
    printed += chunk;
  });
  try {
    const end = await within(exited, timeout, engine.name);
    const line = printed.split('\n').find((candidate) => candidate.startsWith(MARK));
    if (!line) throw new Error(`${engine.name} ${end} without a result:\n${output()}`);
    return JSON.parse(line.slice(MARK.length)).value;
  } finally {
    await stop();
  }
}

/**
 * @param {import('./engines.js').Engine} engine
 * @param {string} program
 * @param {string} module
 * @param {Surroundings} surroundings
 */
async function runInPage(engine, program, module, { folder, env, timeout, startTimeout }) {
  const profile = join(folder, 'profile');
  mkdirSync(profile);
  for (const [name, text] of Object.entries(engine.profile ?? {})) writeFileSync(join(profile, name), text);
  const server = await serve(module);
  const screen = engine.display ? startScreen() : undefined;
  /** @type {import('./processes.js').Started | undefined} */
  let browser;
  try {
    const display = await screen?.display;
    const args = /** @type {NonNullable<typeof engine.page>} */ (engine.page)(server.url, profile);
    const started = start(program, args, { cwd: folder, env: display ? { ...env, DISPLAY: display } : env });
    browser = started;
    const ended = started.exited.then((end) => {
      throw new Error(`${engine.name} ${end} without a result:\n${started.output()}`);
    });
    await within(Promise.race([server.asked, ended]), startTimeout, `starting ${engine.name}`);
    const outcome = await within(Promise.race([server.outcome, ended]), timeout, engine.name);
    if (outcome.error !== undefined) throw new Error(outcome.error);
    return outcome.value;
  } finally {
    await browser?.stop();
    await screen?.stop();
    server.close();
  }
}

/**
 * Serves the page and the module on a free port of this machine only. Browsers take such an address for secure, so that
 * `crypto.subtle` is there.
 * @param {string} module
 */
async function serve(module) {
  /** @type {(outcome: { value?: unknown, error?: string }) => void} */
  let resolve;
  /** @type {Promise<{ value?: unknown, error?: string }>} */
  const outcome = new Promise((settle) => {
    resolve = settle;
  });
  /** @type {(value?: unknown) => void} */
  let ask;
  const asked = new Promise((settle) => {
    ask = settle;
  });
  const server = createServer((request, response) => {
    if (request.method === 'POST' && request.url === '/result') {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        response.end();
        resolve(JSON.parse(body));
      });
    } else if (request.url === '/module.mjs') {
      ask();
      response.setHeader('content-type', 'text/javascript; charset=utf-8').end(module);
    } else if (request.url === '/') {
      response.setHeader('content-type', 'text/html; charset=utf-8').end(PAGE);
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', () => listening(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}/`, asked, outcome, close };
}

/** Starts an X server that shows nothing; it chooses a free display itself and says which. */
function startScreen() {
  const args = ['-displayfd', '3', '-screen', '0', '1280x720x24', '-nolisten', 'tcp'];
  const { child, exited, stop, output } = start('Xvfb', args, { pipes: 1 });
  /** @type {Promise<string>} */
  const ready = new Promise((resolve) => {
    child.stdio[3]?.once('data', (chunk) => resolve(`:${String(chunk).trim()}`));
  });
  const ended = exited.then((end) => {
    throw new Error(`Xvfb ${end}:\n${output()}`);
  });
  return { display: within(Promise.race([ready, ended]), 120_000, 'starting Xvfb'), stop };
}
