// @ts-check
// Forms of one training that take turns, a round of updates each.
import { createHash } from 'node:crypto';
import { serialize } from 'bptt';
import { median, ratioOf, takeTurns } from '../turns.js';

/** @typedef {AsyncGenerator<import('bptt').TrainEvent>} Events */
/** @typedef {{ model: import('bptt').Model, events: Events }} Training */
/** @typedef {{ name: string, milliseconds: number, ratio: number, fastest: number, bits: string }} Result */

/** A batch of random tokens below V. @param {number} V @param {number} steps @param {number} rows @returns {import('bptt').Batch} */
export function batchOf(V, steps, rows) {
  let random = 1;
  const next = () => {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0; // Numerical Recipes, section 7.1
    return Math.floor((random / 2 ** 32) * V);
  };
  const inputs = Int32Array.from({ length: steps * rows }, next);
  return { steps, rows, inputs, targets: Int32Array.from(inputs, next) };
}

/** Milliseconds that this process has had a processor: what others do with it meanwhile does not count. */
export function processorTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Milliseconds for an update of each form, and how many times as long that is as with the first form: the median of the ratios of
 * the rounds, and the ratio of the fastest rounds, which other work on the machine disturbs less. `bits` tells parameters apart.
 * @param {Readonly<Record<string, () => Promise<Training>>>} forms
 * @param {{ updates: number, rounds: number, now?: () => number }} pace `updates` of a round; `now` tells milliseconds, by default those
 * of the clock on the wall
 * @returns {Promise<readonly Result[]>}
 */
export async function compare(forms, { updates, rounds, now = () => performance.now() }) {
  const trainings = await Promise.all(Object.values(forms).map((form) => form()));
  const round =
    (/** @type {Training} */ { events }) =>
    async () => {
      const start = now();
      for (let update = 0; update < updates; update++) {
        const { value } = await events.next();
        if (value?.type !== 'step') throw new Error('no update');
      }
      return (now() - start) / updates;
    };
  const times = await takeTurns(trainings.map(round), { rounds });
  const [first = []] = times;
  const results = [];
  for (const [index, name] of Object.keys(forms).entries()) {
    const own = /** @type {number[]} */ (times[index]);
    const { model, events } = /** @type {Training} */ (trainings[index]);
    await events.return(undefined);
    results.push({
      name,
      milliseconds: median(own),
      ratio: ratioOf(own, first),
      fastest: Math.min(...own) / Math.min(...first),
      bits: createHash('sha256').update(serialize(model)).digest('hex').slice(0, 12),
    });
  }
  return results;
}
