// @ts-check
/**
 * `npm test`: builds when something has changed, runs every runner, and closes with what they counted.
 * `npm test -- NAME ...` runs only those whose name contains one of the words: kernels, node, chromium, bits.
 *
 * Chromium is installed when it is missing and this may do so; with CI=true all nine engines and the servers are, and what is then still
 * missing, or skipped, is a failure. A runner that ran no test has failed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { engineOf, installCommand } from '../test/truth/engines/engines.js';
import { installEngines, machinery } from '../test/truth/engines/install.js';
import { start, withFolder, within } from '../test/truth/engines/processes.js';
import { isStale } from './stale.js';

const CI = process.env.CI === 'true';
const LIMIT = 7_200_000; // milliseconds for one runner

/**
 * @typedef {{ passed: number, failed: number, skipped: number, unwell?: string[] }} Counts `unwell` names what failed or was skipped
 *
 * @typedef {object} Runner
 * @property {string} name
 * @property {(report: string) => string[]} args for this Node; `report` is where a JSON report may be written
 * @property {(output: string, report: string) => Counts | undefined} count what its own report or closing lines say
 * @property {RegExp} closing its closing lines
 * @property {import('../test/truth/engines/engines.js').Engine} [engine] what it cannot do without
 */

/** @type {Runner[]} */
const runners = [
  kernels('f32'),
  kernels('f64'),
  vitest('node'),
  vitest('chromium', engineOf('chromium')),
  {
    name: 'bits',
    args: () => ['test/truth/bits/run.js'],
    count: (output) => countsOf(/^bits: (?<passed>\d+) passed, (?<failed>\d+) failed$/m.exec(output)),
    closing: /^bits: .*/gm,
  },
];

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;

/**
 * @param {string[]} words
 * @returns {Promise<boolean>} whether all is well
 */
async function main(words) {
  const chosen = runners.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  if (chosen.length === 0) {
    console.error(`No runner is called ${words.join(' or ')}: expected ${runners.map(({ name }) => name).join(', ')}`);
    return false;
  }
  if (isStale() && spawnSync(process.execPath, ['scripts/build.js'], { stdio: 'inherit' }).status !== 0) {
    console.error('The build failed.');
    return false;
  }
  const missing = installEngines(CI ? machinery : chosen.flatMap(({ engine }) => engine ?? []));

  const results = [];
  for (const runner of chosen) {
    console.log(`\n── ${runner.name}`);
    results.push({ runner, ...(runner.engine && missing.includes(runner.engine) ? lacks(runner) : await run(runner)) });
  }

  console.log('\n── what the runners say');
  for (const { runner, closing } of results) console.log(`${runner.name}:\n${closing}`);
  console.log('');
  for (const { runner, counts } of results) console.log(`${runner.name.padEnd(16)} ${sentence(counts)}`);
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { counts } of results) {
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
  console.log(sentence(total));
  return total.failed === 0;
}

/**
 * Runs one runner to its end, shows what it prints, and counts.
 * @param {Runner} runner
 * @returns {Promise<{ counts: Counts, closing: string }>}
 */
function run(runner) {
  return withFolder(async (folder) => {
    const report = join(folder, 'report.json');
    const { child, exited, stop, output } = start(process.execPath, runner.args(report));
    child.stdout?.pipe(process.stdout, { end: false });
    child.stderr?.pipe(process.stderr, { end: false });
    let end = '';
    try {
      end = `it ${await within(exited, LIMIT, 'it')}`;
    } catch (error) {
      end = error instanceof Error ? error.message : String(error);
    } finally {
      await stop();
    }
    const text = stripVTControlCharacters(output());
    const counts = runner.count(text, report) ?? { passed: 0, failed: 0, skipped: 0 };
    const closing = [...(text.match(runner.closing) ?? []), ...(counts.unwell ?? [])];
    const reasons = [];
    if (counts.failed === 0 && child.exitCode !== 0) reasons.push(`${end}, though no test failed`);
    if (counts.passed + counts.failed === 0) reasons.push('it ran no test');
    if (CI && counts.skipped > 0) reasons.push(`it skipped ${counts.skipped}, and with CI=true nothing may be skipped`);
    if (reasons.length > 0 && counts.failed === 0) counts.failed = 1;
    return { counts, closing: [...closing, ...reasons.map((reason) => `failed: ${reason}`)].join('\n') };
  });
}

/**
 * @param {Runner} runner
 * @returns {{ counts: Counts, closing: string }}
 */
function lacks({ engine }) {
  const closing = engine ? `failed: ${engine.name} is missing. Run: ${installCommand(engine)}` : '';
  return { counts: { passed: 0, failed: 1, skipped: 0 }, closing };
}

/**
 * as-pect over the kernels in one precision.
 * @param {'f32' | 'f64'} dtype
 * @returns {Runner}
 */
function kernels(dtype) {
  return {
    name: `kernels ${dtype}`,
    args: () => ['node_modules/@as-pect/cli/bin/asp.js', '--as-config', `as-pect.${dtype}.json`, '--summary'],
    count(output) {
      const found = /^\s*\[Tests\]: (?<passed>\d+) \/ (?<total>\d+)$/m.exec(output)?.groups;
      if (!found) return undefined;
      return { passed: Number(found.passed), failed: Number(found.total) - Number(found.passed), skipped: 0 };
    },
    closing: /^\s*\[(Tests|Groups|Result)\]: .*/gm,
  };
}

/**
 * One of vitest's projects.
 * @param {'node' | 'chromium'} project
 * @param {import('../test/truth/engines/engines.js').Engine} [engine]
 * @returns {Runner}
 */
function vitest(project, engine) {
  return {
    name: `suites ${project}`,
    ...(engine && { engine }),
    args: (report) => {
      const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
      return ['node_modules/vitest/vitest.mjs', 'run', '--project', project, ...reporters];
    },
    count(_, report) {
      if (!existsSync(report)) return undefined;
      const { numPassedTests, numFailedTests, numTotalTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
      const skipped = numTotalTests - numPassedTests - numFailedTests;
      return { passed: numPassedTests, failed: numFailedTests, skipped, unwell: unwell(testResults) };
    },
    closing: /^ *(Test Files|Tests|Errors|Duration) .*/gm,
  };
}

/**
 * The tests that failed, with the first line of why, and those that were skipped: in a log of megabytes these are what is looked for.
 * @param {{ name: string, status: string, message: string, assertionResults: { status: string, fullName: string, failureMessages: string[] }[] }[]} files
 */
function unwell(files) {
  return files.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative('.', name);
    const tests = assertionResults
      .filter((test) => test.status !== 'passed')
      .map((test) => `${test.status}: ${file}: ${test.fullName}: ${firstLine(test.failureMessages[0] ?? '')}`);
    return status === 'failed' && tests.length === 0 ? [`failed: ${file}: ${firstLine(message)}`] : tests;
  });
}

/** @param {string} text */
function firstLine(text) {
  return stripVTControlCharacters(text.split('\n', 1)[0] ?? '').slice(0, 300);
}

/**
 * @param {RegExpExecArray | null} match with groups passed and failed
 * @returns {Counts | undefined}
 */
function countsOf(match) {
  if (!match?.groups) return undefined;
  return { passed: Number(match.groups.passed), failed: Number(match.groups.failed), skipped: 0 };
}

/** @param {Counts} counts */
function sentence({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
