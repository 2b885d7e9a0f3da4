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

// What ends the process while a call is awaited is a call that is never answered.
const alive = setInterval(() => {}, 1 << 30);

process.on('message', async (/** @type {any} */ { of, from, share, seed }) => {
  const calls = await wrongCalls(of);
  for (const [index, call] of calls.entries()) {
    if (index < from || !chosen(seed, share, of.name, index)) continue;
    const { row, place, value } = call;
    say({ index, row, place: place.name, value });
    const result = await judge(of, call);
    // An exception that nobody caught comes a turn later.
    await new Promise((resolve) => setImmediate(resolve));
    if (foreign !== '') Object.assign(result, { answer: 'foreign', said: foreign });
    foreign = '';
    say(result);
    if (index % 50 === 0) globalThis.gc?.();
  }
  say({ done: true });
});
process.on('disconnect', () => {
  clearInterval(alive);
  process.exit();
});
