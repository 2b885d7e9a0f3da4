// @ts-check
// What CTC costs: loss and gradient of 16 rows of 200 steps, 20 labels and 30 classes, against a training step of the network in front, a
// bidirectional GRU 64 over 40 features, and against PyTorch's CTCLoss on one core (apt-get install python3-torch).
//
//   npm run build && node bench/studies/ctc.js [--json]
//
// It may take 15 % of the step, and is to be five times as fast as PyTorch's. The time is that of the processor.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { adam, bidirectional, createModel, dense, features, gru, train } from 'bptt';
import { ctc } from 'bptt/speech';
import { median, ratioOf, takeTurns } from '../turns.js';
import { processorTime } from './trainings.js';

const [T, U, C, B, F, H] = [200, 20, 30, 16, 40, 64];
const SHARE = 0.15;
const FASTER = 5;
const ROUNDS = 21;

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });

let random = 1;
const next = () => {
  random = (Math.imul(random, 1664525) + 1013904223) >>> 0; // Numerical Recipes, section 7.1
  return random / 2 ** 32;
};
const targets = Array.from({ length: B }, () => Int32Array.from({ length: U }, () => 1 + Math.floor(next() * (C - 1))));

/** Milliseconds of one of so many. @param {number} repeats @param {() => unknown} once */
async function timed(repeats, once) {
  const start = processorTime();
  for (let i = 0; i < repeats; i++) await once();
  return (processorTime() - start) / repeats;
}

/** The kernel alone, on logits of its own. */
function kernel() {
  const memory = new WebAssembly.Memory({ initial: 64 });
  const path = new URL('../../build/kernels/ctc-f32.wasm', import.meta.url);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(path)), { env: { memory } });
  const run = /** @type {import('../../src/loss/kinds/ctc/kernels.ts').CtcKernels['ctc']} */ (exports.ctc);
  const ld = 8 * Math.ceil(C / 8);
  const [labels, logits] = [65536, 131072];
  const scratch = logits + T * B * ld * 4;
  for (const [row, given] of targets.entries()) new Int32Array(memory.buffer, labels + row * U * 4, U).set(given);
  const drawn = Float32Array.from({ length: T * B * ld }, (_, i) => (i % ld < C ? 2 * next() - 1 : 0));
  const view = new Float32Array(memory.buffer, logits, drawn.length);
  return () => {
    view.set(drawn);
    for (let row = B - 1; row >= 0; row--) {
      run(logits + row * ld * 4, B * ld * 4, T, T, C, ld, labels + row * U * 4, U, 0, 1 / B, scratch);
    }
  };
}

/** One update of the network with CTC behind it. */
async function update() {
  const model = await createModel([features(F), bidirectional(gru({ units: H })), dense({ units: C })], { seed: 1 });
  const inputs = Float32Array.from({ length: T * B * F }, () => 2 * next() - 1);
  const data = [{ steps: T, rows: B, inputs, targets }];
  const events = train(model, { data, loss: await ctc(), optimizer: adam() });
  return () => events.next();
}

/** PyTorch in a process of its own; undefined where no Python has it. */
async function pytorch() {
  const python = ['python3', '/usr/bin/python3'].find(
    (candidate) => spawnSync(candidate, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0,
  );
  if (python === undefined) return undefined;
  const script = fileURLToPath(new URL('./ctc.py', import.meta.url));
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const version = (await lines.next()).value;
  const ask = async () => {
    child.stdin.write(`${T} ${U} ${C} ${B} 5\n`);
    return Number((await lines.next()).value);
  };
  return { version, ask, stop: () => child.stdin.end() };
}

const [alone, step, peer] = [kernel(), await update(), await pytorch()];
const contenders = [() => timed(40, alone), () => timed(5, step), ...(peer ? [peer.ask] : [])];
const [own = [], steps = [], others] = await takeTurns(contenders, { rounds: ROUNDS, warm: 3 });
peer?.stop();

const share = ratioOf(own, steps);
const faster = others && ratioOf(others, own);
const failures = [
  ...(share > SHARE ? [`CTC takes more than ${100 * SHARE} % of a training step`] : []),
  ...(faster !== undefined && faster < FASTER ? [`CTC is less than ${FASTER} times as fast as PyTorch's`] : []),
];
if (values.json) {
  const milliseconds = { ctc: median(own), step: median(steps), pytorch: others && median(others) };
  console.log(JSON.stringify({ milliseconds, share, faster, pytorch: peer?.version, failures }));
} else {
  console.log(`CTC, loss and gradient (T = ${T}, ${U} labels, ${C} classes, ${B} rows): ${median(own).toFixed(2)} ms`);
  console.log(
    `  ${(100 * share).toFixed(1)} % of a training step of a bidirectional GRU ${H}: ${median(steps).toFixed(2)} ms`,
  );
  if (others === undefined || peer === undefined)
    console.log('  PyTorch: not found. Run: apt-get install python3-torch');
  else {
    console.log(
      `  ${faster?.toFixed(1)} times as fast as CTCLoss of PyTorch ${peer.version}: ${median(others).toFixed(2)} ms`,
    );
  }
  for (const failure of failures) console.log(`FAILED: ${failure}`);
}
process.exitCode = failures.length > 0 ? 1 : 0;
