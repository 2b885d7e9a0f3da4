// @ts-check
/**
 * The process in which wrong calls are made: gets functions, one after the other, and says before each call which it is and after it how it
 * was answered, in lines on file descriptor 3, which are written at once.
 */
import { writeSync } from 'node:fs';
import { folder } from './calls/node.js';
import { judge, wrongCalls } from './judge.js';
import { chosen } from './sample.js';

// A file whose name is a wrong value lands there.
process.chdir(folder);

/** @param {unknown} line */
const say = (line) => writeSync(3, `${JSON.stringify(line)}\n`);

let foreign = '';
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, (error) => {
    foreign = `${event}: ${error instanceof Error ? error.stack : String(error)}`;
  });
}

/** What all objects have: a call that adds to it changes every other. */
const everywhere = Reflect.ownKeys(Object.prototype);

function addedEverywhere() {
  const added = Reflect.ownKeys(Object.prototype).filter((key) => !everywhere.includes(key));
  for (const key of added) Reflect.deleteProperty(Object.prototype, key);
  return added.map(String).join(', ');
}

// What ends the process while a call is awaited is a call that is never answered.
const alive = setInterval(() => {}, 1 << 30);

process.on('message', async (/** @type {any} */ { of, from, share, seed }) => {
  const calls = await wrongCalls(of);
  for (const index of chosen(seed, share, of.name, calls.length)) {
    const call = calls[index];
    if (index < from || call === undefined) continue;
    const { row, place, value } = call;
    say({ index, row, place: place.name, value });
    const result = await judge(of, call);
    // An exception that nobody caught comes a turn later.
    await new Promise((resolve) => setImmediate(resolve));
    if (foreign !== '') Object.assign(result, { answer: 'foreign', said: foreign });
    foreign = '';
    const added = addedEverywhere();
    if (added !== '') Object.assign(result, { answer: 'foreign', said: `all objects have got ${added}` });
    say(result);
    if (index % 50 === 0) globalThis.gc?.();
  }
  say({ done: true });
});
process.on('disconnect', () => {
  clearInterval(alive);
  process.exit();
});
