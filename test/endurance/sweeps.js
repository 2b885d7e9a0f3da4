// @ts-check
/**
 * Kills the processes of a sweep again and again, and looks whether it ends as one that was never killed:
 * `node test/endurance/sweeps.js [--kills 100] [--processes 3] [--zombies 0] [--node PATH,PATH] [--seed 1]` (`npm run build` first). Several processes share the
 * folder and run the same trials; of several Nodes each process has the next. Zombies are processes that stand still for a while and go on.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    processes: { type: 'string', default: '3' },
    zombies: { type: 'string', default: '0' },
    node: { type: 'string', default: process.execPath },
    seed: { type: 'string', default: '1' },
  },
});
const program = fileURLToPath(new URL('sweep-program.js', import.meta.url));
const nodes = values.node.split(',');
const folder = mkdtempSync(join(tmpdir(), 'bptt-sweeps-'));

let state = Number(values.seed);
/** A whole number from 0 to `below` - 1. @param {number} below */
function random(below) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

let started = 0;
/**
 * A process of the sweep in `path`, to the end of its last line, or to a signal after so many events.
 * @param {string} path
 * @param {{ events: number, wait: number, stands: boolean }} [end] wait: milliseconds more; stands: it is stopped and goes on, and not killed
 * @returns {Promise<{ last: string, code: number | null, signal: string | null, errors: string }>}
 */
async function run(path, end) {
  const node = nodes[started++ % nodes.length] ?? process.execPath;
  const child = spawn(node, [program, path, String(1 + random(2))], { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const closed = once(child, 'close');
  let left = end?.events ?? Infinity;
  let last = '';
  for await (const line of createInterface({ input: child.stdout })) {
    last = line;
    if (--left !== 0 || end === undefined) continue;
    setTimeout(async () => {
      child.kill(end.stands ? 'SIGSTOP' : 'SIGKILL');
      if (end.stands) await sleep(500);
      if (end.stands) child.kill('SIGCONT');
    }, end.wait);
  }
  const [code, signal] = await closed;
  return { last, code, signal, errors };
}

const whole = await run(join(folder, 'whole'));
if (whole.code !== 0) throw new Error(whole.errors);

/** @type {string[]} */
const faults = [];
/** @param {boolean} holds @param {string} what */
function expect(holds, what) {
  if (holds) return;
  faults.push(what);
  console.log(`  ${what}`);
}

let kills = 0;
let zombies = 0;
let sweeps = 0;
while (kills < Number(values.kills)) {
  const path = join(folder, String(sweeps++));
  /** One of the processes: killed and begun again until it comes to its end. */
  const process = async () => {
    for (;;) {
      const stands = zombies < Number(values.zombies) && random(3) === 0;
      const ends = kills < Number(values.kills);
      const { last, code, signal, errors } = await run(
        path,
        ends ? { events: 1 + random(250), wait: random(20), stands } : undefined,
      );
      if (signal === 'SIGKILL') kills++;
      else {
        if (stands) zombies++;
        expect(code === 0, `ended with ${code ?? signal}: ${errors}`);
        expect(last === whole.last, `another end: ${last}`);
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: Number(values.processes) }, process));
  const left = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /checkpoint-.*safetensors/.test(name),
  );
  expect(left.length === 0, `checkpoints are left: ${left.join(', ')}`);
  rmSync(path, { recursive: true });
}
console.log(
  `${kills} SIGKILLs, ${zombies} zombies, ${sweeps} sweeps of ${values.processes} processes: ${faults.length} faults`,
);
rmSync(folder, { recursive: true });
process.exitCode = faults.length > 0 ? 1 : 0;
