// @ts-check
/**
 * `npm run mutate [room ...]`: changes the sources of a room in one small way after another and looks whether a test fails.
 * What lives is listed in build/mutation/; a score below 90 % is a failure.
 *
 *   --all            every mutant, not a sample
 *   --sample 200     how many mutants of a room
 *   --seed 1         which ones
 *   --concurrency 1  how many at once
 *   --only src/loss/evaluate.ts:80-96   these lines alone, to see whether a survivor is mended
 */
import { mkdirSync } from 'node:fs';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { report } from './report.js';
import { rooms } from './rooms.js';

const GOAL = 90; // per cent
const FOLDER = 'build/mutation';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
process.exitCode = (await main()) ? 0 : 1;

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      all: { type: 'boolean', default: false },
      sample: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      concurrency: { type: 'string', default: '1' },
      only: { type: 'string' },
    },
  });
  const unknown = positionals.filter((room) => rooms[room] === undefined);
  if (unknown.length > 0) {
    console.error(`No room ${unknown.join(', ')}: expected ${Object.keys(rooms).join(', ')}`);
    return false;
  }
  setPriority(10);
  const folder = values.only === undefined ? FOLDER : `${FOLDER}/only`;
  mkdirSync(folder, { recursive: true });
  const sample = { seed: Number(values.seed), size: values.all ? Number.MAX_SAFE_INTEGER : Number(values.sample) };
  const scores = [];
  for (const room of positionals.length > 0 ? positionals : Object.keys(rooms)) {
    process.env.MUTATED_ROOM = room;
    const mutate = values.only === undefined ? [`src/${room}/**/*.ts`, '!src/**/*.d.ts'] : [values.only];
    const stryker = new Stryker(options(mutate, sample, Number(values.concurrency)));
    scores.push(report(room, await stryker.runMutationTest(), folder));
  }
  for (const { room, score } of scores) console.log(`${room}: ${score.toFixed(1)} %`);
  return scores.every(({ score }) => score >= GOAL);
}

/** @param {string} file of this folder */
function pathOf(file) {
  return fileURLToPath(new URL(file, import.meta.url));
}

/**
 * @param {string[]} mutate the files, by Stryker's patterns
 * @param {{ seed: number, size: number }} sample
 * @param {number} concurrency
 */
function options(mutate, sample, concurrency) {
  return {
    mutate,
    ignorePatterns: ['.engines', 'assembly', 'bench', 'build', '!build/kernels', 'docs', 'examples', 'playground'],
    plugins: ['@stryker-mutator/vitest-runner', ...['sample.js', 'report.js'].map(pathOf)],
    checkers: ['sample'],
    sample,
    testRunner: 'vitest',
    vitest: { configFile: 'test/mutation/vitest.config.js', related: false },
    coverageAnalysis: /** @type {const} */ ('perTest'),
    concurrency,
    timeoutMS: 30_000,
    timeoutFactor: 2, // a machine that does something else beside it must not turn survivors into timeouts
    dryRunTimeoutMinutes: 60,
    disableTypeChecks: false,
    tsconfigFile: 'none', // the sandbox lies inside the project: no path in tsconfig.json is to be rewritten
    tempDirName: `${FOLDER}/sandbox`,
    reporters: ['progress-append-only', 'survivors'],
    allowConsoleColors: false,
  };
}
