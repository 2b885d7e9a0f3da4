// @ts-check
/**
 * The nine engines in which the same training must leave the same bits: where each is found, which version is
 * installed when it is missing, and how it is started. Running and installing are in run.js and install.js.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the engines that come as npm packages are installed; not in git. */
export const ENGINES_FOLDER = fileURLToPath(new URL('../../../.engines', import.meta.url));

/**
 * @typedef {object} Engine
 * @property {string} id the name on install.js's command line
 * @property {string} name
 * @property {{ spec: string, version: string, binary: string }} [npm] an exact package, and the program in it
 * @property {string[]} [debian] packages; in the version that Debian has, because it keeps no older one
 * @property {() => string[]} programs other places to look in: absolute paths or names on the PATH, the best first
 * @property {string} [major] the only major version of `programs` that is this engine
 * @property {() => string[]} [versionCommand] prints the version, where `program --version` does not
 * @property {boolean} [display] needs an X server: Xvfb is started for it
 * @property {(file: string) => string[]} [command] arguments that run a module file
 * @property {(url: string, profile: string) => string[]} [page] arguments that open a page with a new profile
 * @property {Record<string, string>} [profile] files of the new profile
 *
 * @typedef {{ program: string, version: string }} Found
 */

/** @type {Engine[]} */
export const engines = [
  node('20', '20.19.0'), // the oldest that the package supports
  node('22', '22.23.3'),
  node('24', '24.21.0'),
  node('26', '26.10.0'),
  {
    id: 'bun',
    name: 'Bun',
    npm: { spec: `@oven/bun-${platform({ arm64: 'aarch64' })}`, version: '1.4.5', binary: 'bin/bun' },
    programs: () => ['bun'],
    command: (file) => [file],
  },
  {
    id: 'deno',
    name: 'Deno',
    npm: {
      spec: `@deno/${platform()}${process.platform === 'linux' ? '-glibc' : ''}`,
      version: '2.9.6',
      binary: 'deno',
    },
    programs: () => ['deno'],
    command: (file) => ['run', '--quiet', '--no-prompt', '--no-config', '--no-lock', file],
  },
  {
    id: 'chromium',
    name: 'Chromium',
    debian: ['chromium'],
    programs: () => [
      'chromium',
      'chromium-browser',
      'google-chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    ],
    page: (url, profile) => [...chromiumFlags, `--user-data-dir=${profile}`, url],
  },
  {
    id: 'firefox',
    name: 'Firefox',
    debian: ['firefox-esr'],
    programs: () => ['firefox-esr', 'firefox', '/Applications/Firefox.app/Contents/MacOS/firefox'],
    page: (url, profile) => ['--headless', '--no-remote', '--profile', profile, url],
    profile: { 'user.js': firefoxPreferences() },
  },
  {
    id: 'webkit',
    name: 'WebKit',
    debian: ['libwebkit2gtk-4.1-0', 'xvfb'],
    programs: miniBrowsers,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a field in dpkg's own syntax
    versionCommand: () => ['dpkg-query', '--show', '--showformat=${Version}', 'libwebkit2gtk-4.1-0'],
    display: true,
    page: (url) => ['--private', url],
  },
];

/** What Chromium needs to start without a screen, as root too, and to ask nobody but us for anything. */
export const chromiumFlags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Where the engine is on this machine and in which version, or undefined. One installed by install.js counts only in
 * its exact version; one that the machine has anyway counts in any (Node: in its major version).
 * @param {Engine} engine
 * @returns {Found | undefined}
 */
export function findEngine(engine) {
  if (engine.display && !findProgram('Xvfb')) return undefined;
  if (engine.npm) {
    const program = join(ENGINES_FOLDER, 'node_modules', engine.id, engine.npm.binary);
    if (findProgram(program) && versionOf([program, '--version']) === engine.npm.version) {
      return { program, version: engine.npm.version };
    }
  }
  for (const name of engine.programs()) {
    const program = findProgram(name);
    if (!program) continue;
    const version = versionOf(engine.versionCommand?.() ?? [program, '--version']);
    if (engine.major && version?.split('.')[0] !== engine.major) continue;
    return { program, version: version ?? 'unknown' };
  }
  return undefined;
}

/**
 * The engine with this id.
 * @param {string} id
 * @returns {Engine}
 */
export function engineOf(id) {
  const engine = engines.find((candidate) => candidate.id === id);
  if (!engine) throw new Error(`unknown engine '${id}': expected one of ${engines.map(({ id }) => id).join(', ')}`);
  return engine;
}

/**
 * The command that installs the engine, for a person to copy.
 * @param {Engine} engine
 */
export function installCommand(engine) {
  return engine.debian
    ? `sudo apt-get install -y --no-install-recommends ${engine.debian.join(' ')}`
    : `node test/truth/engines/install.js ${engine.id}`;
}

/**
 * @param {string} major
 * @param {string} version
 * @returns {Engine}
 */
function node(major, version) {
  return {
    id: `node-${major}`,
    name: `Node ${major}`,
    npm: { spec: `node-${platform()}`, version, binary: 'bin/node' },
    programs: () => [process.execPath],
    major,
    command: (file) => [file],
  };
}

/**
 * This machine as the packages call it: `linux-x64`.
 * @param {Record<string, string>} [names] another name for a processor
 */
function platform(names = {}) {
  return `${process.platform}-${names[process.arch] ?? process.arch}`;
}

/**
 * The full path of a program that may be run, or undefined.
 * @param {string} name a path, or a name to look up on the PATH
 */
function findProgram(name) {
  const paths = isAbsolute(name)
    ? [name]
    : (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * The first thing that looks like a version in what a command prints.
 * @param {string[]} command
 */
function versionOf([program, ...args]) {
  const { stdout } = spawnSync(/** @type {string} */ (program), args, { encoding: 'utf8', timeout: 120_000 });
  return /\d+(\.\d+)+/.exec(stdout ?? '')?.[0];
}

/** MiniBrowser comes with the WebKitGTK library, in a folder named after the library's version and the processor. */
function miniBrowsers() {
  return ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib', '/usr/libexec'].flatMap((folder) => {
    try {
      const versions = readdirSync(folder).filter((name) => /^webkit(2gtk|gtk)-/.test(name));
      return versions.map((name) => join(folder, name, 'MiniBrowser'));
    } catch {
      return [];
    }
  });
}

/** A profile that opens no page but ours and asks nobody but us for anything. */
function firefoxPreferences() {
  return Object.entries({
    'app.normandy.enabled': false,
    'app.update.disabledForTesting': true,
    'browser.aboutwelcome.enabled': false,
    'browser.newtabpage.enabled': false,
    'browser.safebrowsing.malware.enabled': false,
    'browser.safebrowsing.phishing.enabled': false,
    'browser.shell.checkDefaultBrowser': false,
    'datareporting.policy.dataSubmissionEnabled': false,
    'extensions.update.enabled': false,
    'network.captive-portal-service.enabled': false,
    'network.connectivity-service.enabled': false,
    'toolkit.telemetry.reportingpolicy.firstRun': false,
  })
    .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
    .join('');
}
