// @ts-check
/**
 * Trains the fixture in every engine that is found and compares the parameters' SHA-256 with expected.json:
 * `node test/truth/bits/run.js [--update] [ID ...]`. The ids are those of test/truth/engines/engines.js; with none, all nine.
 * `--update` writes expected.json anew, and only when all engines that were found agree.
 * An engine that is not found is listed with the command that installs it; with CI=true it is a failure.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { engineOf, engines, findEngine, installCommand } from '../engines/engines.js';
import { runInEngine } from '../engines/run.js';

const EXPECTED = fileURLToPath(new URL('./expected.json', import.meta.url));
const FIXTURE = fileURLToPath(new URL('./fixture.ts', import.meta.url));
const KERNELS = fileURLToPath(new URL('../../../build/kernels/f64.js', import.meta.url));

/** @typedef {Record<string, string>} Hashes SHA-256 by case */

const ids = process.argv.slice(2).filter((argument) => argument !== '--update');
const update = process.argv.includes('--update');
process.exitCode = (await main(ids.length > 0 ? ids.map(engineOf) : engines)) > 0 ? 1 : 0;

/**
 * @param {import('../engines/engines.js').Engine[]} wanted
 * @returns {Promise<number>} how many checks failed
 */
async function main(wanted) {
  if (!existsSync(KERNELS)) throw new Error('the kernels are not built. Run: npm run build');
  const module = await bundle();
  const missing = [];
  /** @type {Hashes | undefined} */
  let expected = update ? undefined : JSON.parse(readFileSync(EXPECTED, 'utf8'));
  let passed = 0;
  let failed = 0;

  for (const engine of wanted) {
    const found = findEngine(engine);
    if (!found) {
      missing.push(engine);
      continue;
    }
    const label = `${engine.name.padEnd(10)} ${found.version.padEnd(16)}`;
    const began = performance.now();
    try {
      const hashes = /** @type {Hashes} */ (await runInEngine(engine, found, module));
      expected ??= hashes; // with --update the first engine says what the others must agree with
      const different = compare(hashes, expected);
      const count = Object.keys(expected).length;
      passed += count - different.length;
      failed += different.length;
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      console.log(`${label} ${count - different.length} of ${count} equal, ${seconds} s`);
      for (const line of different) console.log(`  ${line}`);
    } catch (error) {
      failed++;
      console.log(`${label} failed: ${error instanceof Error ? error.message : error}`);
    }
  }

  for (const engine of missing) console.log(`${engine.name.padEnd(10)} not found. Run: ${installCommand(engine)}`);
  if (process.env.CI === 'true') failed += missing.length;
  else if (missing.length === wanted.length) failed++; // nothing ran
  if (update && failed === 0 && expected) write(expected);
  console.log(`bits: ${passed} passed, ${failed} failed`);
  return failed;
}

/** The fixture as one module that imports nothing: the kernels are inside it. */
async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [FIXTURE],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    logLevel: 'warning',
  });
  return /** @type {import('esbuild').OutputFile} */ (outputFiles[0]).text;
}

/**
 * One line for each case that is not the same.
 * @param {Hashes} got
 * @param {Hashes} expected
 */
function compare(got, expected) {
  const names = new Set([...Object.keys(expected), ...Object.keys(got)]);
  return [...names]
    .filter((name) => got[name] !== expected[name])
    .map((name) => `${name}: expected ${expected[name] ?? 'no such case'}, got ${got[name] ?? 'no such case'}`);
}

/**
 * Writes expected.json whole or not at all.
 * @param {Hashes} hashes
 */
function write(hashes) {
  const temporary = `${EXPECTED}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(hashes, null, 2)}\n`);
  renameSync(temporary, EXPECTED);
  console.log(`${EXPECTED} written`);
}
