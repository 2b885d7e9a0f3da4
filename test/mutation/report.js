// @ts-check
/** What a run found: the score, and each survivor with its place, its change, and the reason if it is known to be equivalent. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * @typedef {object} Survivor
 * @property {string} place file:line
 * @property {string} change
 * @property {string} status Survived, or NoCoverage where no test comes by
 * @property {string} [equivalent] why no test can tell it from the source
 *
 * @typedef {{ file: string, line: string, change: string, reason: string }} Equivalent
 */

/** @type {Equivalent[]} */
const equivalents = JSON.parse(readFileSync(new URL('equivalent.json', import.meta.url), 'utf8'));

/** Prints survivors while the others are still being run. */
class SurvivorReporter {
  /** @param {import('@stryker-mutator/api/core').MutantResult} result */
  onMutantTested(result) {
    if (lives(result)) console.log(lineOf(survivor(result)));
  }
}

const createReporter = () => new SurvivorReporter();
createReporter.inject = /** @type {const} */ ([]);

export const strykerPlugins = [{ kind: 'Reporter', name: 'survivors', factory: createReporter }];

/**
 * Writes a room's report as text and as JSON, and prints the text.
 *
 * @param {string} room
 * @param {readonly import('@stryker-mutator/api/core').MutantResult[]} results
 * @param {string} folder
 */
export function report(room, results, folder) {
  const count = (/** @type {string[]} */ ...statuses) =>
    results.filter(({ status }) => statuses.includes(status)).length;
  const timeouts = count('Timeout');
  const killed = count('Killed', 'RuntimeError') + timeouts;
  const survivors = results.filter(lives).map(survivor);
  survivors.sort((a, b) => a.place.localeCompare(b.place, 'en', { numeric: true }));
  const equivalent = survivors.filter((mutant) => mutant.equivalent !== undefined).length;
  const score = share(killed, killed + survivors.length - equivalent);
  const ofAll = share(killed, killed + survivors.length);
  const summary = {
    room,
    score,
    ofAll,
    killed,
    timeouts,
    survived: survivors.length - equivalent,
    equivalent,
    mutants: results.length,
  };
  const text = [
    `${room}: ${score.toFixed(1)} % (${ofAll.toFixed(1)} % with equivalent ones): ${killed} killed (${timeouts} by their time), ${summary.survived} survived, ${equivalent} equivalent; of ${results.length} mutants`,
    ...survivors.map(lineOf),
  ].join('\n');
  console.log(text);
  writeFileSync(join(folder, `${room}.txt`), `${text}\n`);
  writeFileSync(join(folder, `${room}.json`), `${JSON.stringify({ ...summary, survivors }, undefined, 2)}\n`);
  return summary;
}

/** @param {number} part @param {number} whole */
function share(part, whole) {
  return whole === 0 ? 100 : (100 * part) / whole;
}

/** @param {import('@stryker-mutator/api/core').MutantResult} mutant */
function lives({ status }) {
  return status === 'Survived' || status === 'NoCoverage';
}

/** @param {Survivor} survivor */
function lineOf({ place, status, change, equivalent }) {
  return `${place} ${status} ${change}${equivalent === undefined ? '' : `\n  equivalent: ${equivalent}`}`;
}

/**
 * @param {import('@stryker-mutator/api/core').MutantResult} mutant
 * @returns {Survivor}
 */
function survivor({ fileName, location: { start, end }, mutatorName, replacement, status }) {
  const file = relative(process.cwd(), fileName);
  const lines = readFileSync(file, 'utf8').split('\n');
  const original = lines.slice(start.line - 1, end.line);
  original[original.length - 1] = original.at(-1)?.slice(0, end.column - 1) ?? '';
  original[0] = original[0]?.slice(start.column - 1) ?? '';
  const change = `${mutatorName}: ${short(original.join(' '))} => ${short(replacement ?? '')}`;
  const line = lines[start.line - 1]?.trim() ?? '';
  const known = equivalents.find((other) => other.file === file && other.line === line && other.change === change);
  return { place: `${file}:${start.line}`, status, change, ...(known && { equivalent: known.reason }) };
}

/** @param {string} code */
function short(code) {
  const line = code.replaceAll(/\s+/g, ' ');
  return line.length > 80 ? `${line.slice(0, 77)}...` : line;
}
