// @ts-check
/**
 * Installs the engines that are missing: `node test/truth/engines/install.js [ID ...]`, with no ID all nine, and the servers.
 * Those that come as npm packages go into .engines/ in the exact versions of engines.js; those of Debian are installed
 * with apt-get when this runs as root, otherwise the command for it is printed. Exit code 1 when any is still missing.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ENGINES_FOLDER, engineOf, engines, findEngine, installCommand } from './engines.js';
import { servers } from './servers.js';

/** All that the tests need beside npm's packages. */
export const machinery = [...engines, ...servers];

/**
 * Installs what is missing of these engines, and says what it does.
 * @param {import('./engines.js').Engine[]} wanted
 * @returns {import('./engines.js').Engine[]} those that are still missing; the command for each has been printed
 */
export function installEngines(wanted) {
  const missing = wanted.filter((engine) => !findEngine(engine));
  installFromNpm(missing.filter(({ npm }) => npm));
  installFromDebian(missing.filter(({ debian }) => debian));
  const remaining = missing.filter((engine) => !findEngine(engine));
  for (const engine of remaining) console.error(`${engine.name} is missing. Run: ${installCommand(engine)}`);
  return remaining;
}

/** @param {import('./engines.js').Engine[]} missing */
function installFromNpm(missing) {
  if (missing.length === 0) return;
  console.log(`Installing ${missing.map(({ name }) => name).join(', ')} into .engines/`);
  const file = join(ENGINES_FOLDER, 'package.json');
  const dependencies = readDependencies(file);
  for (const { id, npm } of missing) if (npm) dependencies[id] = `npm:${npm.spec}@${npm.version}`;
  mkdirSync(ENGINES_FOLDER, { recursive: true });
  writeFileSync(file, `${JSON.stringify({ private: true, dependencies }, null, 2)}\n`);
  // No links: four packages would each want to be .bin/node. No scripts: the programs lie in the packages themselves.
  run('npm', ['install', '--no-bin-links', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: ENGINES_FOLDER,
  });
}

/** @param {import('./engines.js').Engine[]} missing */
function installFromDebian(missing) {
  if (missing.length === 0 || process.platform !== 'linux' || process.getuid?.() !== 0) return;
  console.log(`Installing ${missing.map(({ name }) => name).join(', ')} with apt-get`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const packages = missing.flatMap(({ debian }) => debian ?? []);
  run('apt-get', ['update', '--quiet=2'], { env });
  run('apt-get', ['install', '--yes', '--quiet=2', '--no-install-recommends', ...packages], { env });
}

/**
 * What earlier calls asked for, so that npm does not remove it now.
 * @param {string} file
 * @returns {Record<string, string>}
 */
function readDependencies(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).dependencies ?? {};
  } catch {
    return {};
  }
}

/**
 * Runs a command to its end; a failure is reported here and shows later as an engine that is still missing.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} options
 */
function run(command, args, { cwd, env = process.env }) {
  // Some development dependencies bring an npm of their own, which `npm run` puts in front of the machine's.
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  const { status, error } = spawnSync(command, args, {
    cwd,
    env: { ...env, PATH: folders.join(delimiter) },
    stdio: ['ignore', 'ignore', 'inherit'], // apt-get says a thousand lines when all is well
    timeout: 900_000,
  });
  if (error) console.error(`${command}: ${error.message}`);
  else if (status !== 0) console.error(`${command} ${args.join(' ')}: exit code ${status}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const ids = process.argv.slice(2);
  const wanted =
    ids.length > 0 ? ids.map((id) => servers.find((server) => server.id === id) ?? engineOf(id)) : machinery;
  const missing = installEngines(wanted);
  for (const engine of wanted) console.log(`${engine.name}: ${findEngine(engine)?.version ?? 'missing'}`);
  process.exitCode = missing.length > 0 ? 1 : 0;
}
