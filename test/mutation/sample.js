// @ts-check
/**
 * Which mutants are run: all, or a sample that depends on the seed and on the mutants alone. Stryker has no samples, but it asks
 * checkers which mutants are worth a run; this one answers for the sample, and what it refuses counts nowhere.
 */
import { createHash } from 'node:crypto';
import { relative } from 'node:path';

/** @typedef {import('@stryker-mutator/api/core').Mutant} Mutant */

/** The options of Stryker that this plugin reads, for Stryker's own check of its options. */
export const strykerValidationSchema = {
  properties: {
    sample: {
      type: 'object',
      properties: { seed: { type: 'integer' }, size: { type: 'integer', minimum: 1 } },
      required: ['seed', 'size'],
    },
  },
};

/** A checker that passes the mutants of the sample. */
class SampleChecker {
  /** @param {{ sample: { seed: number, size: number } }} options */
  constructor({ sample }) {
    this.sample = sample;
    /** @type {ReadonlySet<string>} */
    this.chosen = new Set();
  }

  async init() {}

  /** @param {readonly Mutant[]} mutants all that there are: Stryker asks once */
  async group(mutants) {
    this.chosen = choose(mutants, this.sample);
    return [mutants.map(({ id }) => id)];
  }

  /** @param {readonly Mutant[]} mutants */
  async check(mutants) {
    const answer = (/** @type {string} */ id) =>
      this.chosen.has(id) ? { status: 'passed' } : { status: 'compileError', reason: 'not in the sample' };
    return Object.fromEntries(mutants.map(({ id }) => [id, answer(id)]));
  }
}

/**
 * The first `size` mutants in the order of a hash, which is as good as drawing them.
 *
 * @param {readonly Mutant[]} mutants
 * @param {{ seed: number, size: number }} sample
 */
function choose(mutants, { seed, size }) {
  const drawn = mutants.map(({ id, fileName, location, mutatorName, replacement }) => {
    const what = [seed, relative(process.cwd(), fileName), location, mutatorName, replacement];
    return { id, order: createHash('sha256').update(JSON.stringify(what)).digest('hex') };
  });
  drawn.sort((a, b) => (a.order < b.order ? -1 : 1));
  return new Set(drawn.slice(0, size).map(({ id }) => id));
}

/** @param {{ sample: { seed: number, size: number } }} options */
const createChecker = (options) => new SampleChecker(options);
createChecker.inject = /** @type {const} */ (['options']);

export const strykerPlugins = [{ kind: 'Checker', name: 'sample', factory: createChecker }];
