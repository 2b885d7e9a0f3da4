// The thread of run.js in which files are read: it may hang, and is then ended.
import { parentPort, workerData } from 'node:worker_threads';
import { fileOf, read } from './case.ts';
import { formats } from './formats.ts';

/** Microseconds of the processor. */
const LONG = 1e6;

const { type, name, first, end, begun } = workerData as {
  readonly type: 'names' | 'cases';
  readonly name: string;
  readonly first: number;
  readonly end: number;
  readonly begun: Int32Array;
};
const all = await formats();
if (type === 'names') parentPort!.postMessage({ answer: Object.keys(all) });
else {
  const format = all[name];
  if (format === undefined) throw new Error(`expected one of ${Object.keys(all).join(', ')}, got ${name}`);
  for (let seed = first; seed < end; seed++) {
    begun[0] = seed;
    const bytes = fileOf(format, seed);
    const before = process.cpuUsage();
    const fault = await read(format, bytes);
    const { user, system } = process.cpuUsage(before);
    if (fault !== undefined) parentPort!.postMessage({ fault: { ...fault, seed } });
    else if (user + system > LONG) {
      parentPort!.postMessage({ fault: { kind: 'hang', seed, message: `${(user + system) / 1e6} s` } });
    }
  }
  parentPort!.postMessage({ answer: end });
}
