// @ts-check
/**
 * Ends `bptt train` in every way there is, again and again, and looks what is left: `node test/endurance/run.js [--kills 100] [--signals 30]
 * [--disks 10] [--seed 1]` (`npm run build` first; full disks need Linux with `unshare`). After each end the model file that was there, or the
 * one that replaced it, must be whole, and going on with `--resume` must end with the bytes of a training that was never ended.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { deserialize } from '../../build/index.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    signals: { type: 'string', default: '30' },
    disks: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
  },
});
const cli = fileURLToPath(new URL('../../build/cli.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bptt-endurance-'));
const text = join(folder, 'text.txt');
writeFileSync(text, 'The whale, the whale! Up helm, up helm!\n'.repeat(40));

/** Updates of a training. */
const STEPS = 400;
const flags = ['--hidden', '8', '--batch', '4', '--k1', '10', '--steps', String(STEPS), '--checkpoint-every', '7'];
const report = ['--json', '--log-every', '1', '--validate-every', '50'];

let state = Number(values.seed);
/** A whole number from 0 to `below` - 1. @param {number} below */
function random(below) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

/** Arguments of a training into `out`: a new one, or what is left of one. @param {string} out @param {boolean} resume */
const train = (out, resume) => [
  cli,
  'train',
  text,
  ...flags,
  ...report,
  '--out',
  out,
  resume ? '--resume' : '--restart',
];

/**
 * Runs a training, which is sent a signal after so many of its updates, if any.
 * @param {string} out
 * @param {boolean} resume
 * @param {{ signal: NodeJS.Signals, updates: number, wait: number }} [end] wait: milliseconds more
 */
async function run(out, resume, end) {
  const child = spawn(process.execPath, [...train(out, resume), '--overwrite'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const closed = once(child, 'close');
  let left = end?.updates ?? Infinity;
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.includes('"type":"step"') || --left !== 0 || end === undefined) continue;
    setTimeout(() => child.kill(end.signal), end.wait);
  }
  const [code, signal] = await closed;
  return { code, signal, errors };
}

/** @type {string[]} */
const faults = [];
/** @param {boolean} holds @param {string} what */
function expect(holds, what) {
  if (holds) return;
  faults.push(what);
  console.log(`  ${what}`);
}

/** Whether a file is a whole model. @param {string} path */
async function isWhole(path) {
  try {
    await deserialize(readFileSync(path));
    return true;
  } catch {
    return false;
  }
}

const checkpointsOf = (/** @type {string} */ path) => readdirSync(path).filter((name) => name.includes('checkpoint'));

/** A directory in which a model is already, and the path of that model. @param {string} name */
function place(name) {
  const path = join(folder, name);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  copyFileSync(former, join(path, 'model.safetensors'));
  return { path, out: join(path, 'model.safetensors') };
}

/**
 * Trainings that are ended and go on until so many ends have been made.
 * @param {number} ends
 * @param {(index: number) => NodeJS.Signals} signalOf
 */
async function endAgain(ends, signalOf) {
  for (let made = 0; made < ends; ) {
    const { path, out } = place('ended');
    for (let resume = false; ; resume = checkpointsOf(path).length > 0) {
      const signal = signalOf(made);
      const end = made < ends ? { signal, updates: 1 + random(60), wait: random(20) } : undefined;
      const { code, signal: by, errors } = await run(out, resume, end);
      if (code === 0) break;
      made++;
      const what = `${signal} ${made}`;
      expect(by === 'SIGKILL' || (code ?? 0) > 128, `${what}: ended with ${code ?? by}: ${errors}`);
      expect(await isWhole(out), `${what}: the model is lost`);
    }
    expect(
      readFileSync(out).equals(whole),
      `after ${made} ends: the model is not that of a training that was not ended`,
    );
  }
}

/** On a disk of so many bytes; then on a larger one to the end. @param {number} size */
async function fillDisk(size) {
  const { path, out } = place('disk');
  const kept = join(folder, 'kept');
  rmSync(kept, { recursive: true, force: true });
  mkdirSync(kept);
  // The disk is there within the shell alone.
  const commands = `
    mount -t tmpfs -o size=${size} none "$1" && cp "$2" "$1/model.safetensors"
    shift 2; kept=$1; shift
    "$@" --restart --overwrite > "$kept/said" 2> "$kept/errors"; echo $? > "$kept/code"
    cp -r "$DISK" "$kept/then"; mount -o remount,size=64m none "$DISK"
    if ls "$DISK" | grep -q checkpoint; then how=--resume; else how=--restart; fi
    "$@" $how --overwrite > "$kept/said2" 2> "$kept/errors2"; cp "$DISK/model.safetensors" "$kept/last"`;
  const program = [process.execPath, ...train(out, true).slice(0, -1)];
  execFileSync('unshare', ['-rm', 'sh', '-c', commands, 'sh', path, former, kept, ...program], {
    env: { ...process.env, DISK: path },
  });
  const said = (/** @type {string} */ name) => readFileSync(join(kept, name), 'utf8').trim();
  const what = `a disk of ${size} bytes`;
  const ended = said('code') === '0';
  expect(ended || /no space/i.test(said('errors')), `${what}: ended with ${said('code')}: ${said('errors')}`);
  expect(await isWhole(join(kept, 'then/model.safetensors')), `${what}: the model is lost`);
  expect(
    ended || readFileSync(join(kept, 'then/model.safetensors')).equals(readFileSync(former)),
    `${what}: another model`,
  );
  const strange = readdirSync(join(kept, 'then')).filter(
    (name) => !/^model\.(safetensors|checkpoint-\d+\.safetensors)$/.test(name),
  );
  expect(strange.length === 0, `${what}: ${strange.join(', ')} is left`);
  expect(
    existsSync(join(kept, 'last')) && readFileSync(join(kept, 'last')).equals(whole),
    `${what}: not exact: ${said('errors2')}`,
  );
  return !ended;
}

const former = join(folder, 'former.safetensors');
execFileSync(process.execPath, [cli, 'train', text, '--hidden', '8', '--steps', '3', '--seed', '9', '--out', former]);
const reference = place('reference');
await run(reference.out, false);
const whole = readFileSync(reference.out);

await endAgain(Number(values.kills), () => 'SIGKILL');
console.log(`${values.kills} SIGKILLs: ${faults.length} faults`);
await endAgain(
  Number(values.signals),
  (index) => /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])[index % 3] ?? 'SIGINT',
);
console.log(`${values.signals} signals: ${faults.length} faults`);
const disks = Number(values.disks);
let full = 0;
// From less than a checkpoint beside the model to about all that is kept: some of them are large enough.
for (let tries = 0; full < disks && tries < 20 * disks; tries++) full += +(await fillDisk(4096 * (2 + random(7))));
expect(full === disks, `${disks} full disks: only ${full}`);
console.log(`${full} full disks: ${faults.length} faults`);
rmSync(folder, { recursive: true });
process.exitCode = faults.length > 0 ? 1 : 0;
