// The bench: Wasm against plain JavaScript, and PyTorch where it is installed. Kernels, then whole training steps.

import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { revectorize } from '../src/node/revectorize.ts';
import { type Contender, inTurns, type Timing } from './measure.ts';
import { type Comparison, compare, type Row, row, table } from './report.ts';
import { generationPair } from './steps/generation.ts';
import { kernelCases } from './steps/kernels.ts';
import { type Choice, installation, peers, startPyTorch } from './steps/pytorch.ts';
import { trainingPair } from './steps/training.ts';
import { flops, generation, samplings, workloads } from './steps/workloads.ts';
import { ceiling } from './studies/ceiling.js';

const usage = `npm run bench -- [options]
  --filter TEXT    only what has TEXT in its name, upper case or lower (gemm, tanh, softmax, W1 to W7, G)
  --relaxed        the relaxed-SIMD kernels in place of the default ones
  --revectorize    256-bit instructions from the default ones (Node 24 and later)
  --pytorch        fail when PyTorch is not there; without it PyTorch is left out then
  --no-pytorch     leave PyTorch out
  --turns N        how often each contender gets its turn (10)
  --time MS        how long a turn is (200)
  --json           print JSON in place of the table`;

const values = options();
if (values.help) {
  console.log(usage);
  process.exit();
}
if (values.relaxed && values.revectorize) fail('--revectorize: expected it without --relaxed');
if (values.revectorize) {
  try {
    revectorize();
  } catch (error) {
    fail((error as Error).message);
  }
}
const wide = values.relaxed || values.revectorize;
/** Turns of a workload that takes plain JavaScript ten seconds a step. */
const SLOW_TURNS = 3;
const pace = { turns: positive('--turns'), milliseconds: positive('--time') };
const selected = <T extends { name: string }>(list: T[]) =>
  values.filter === generation.name
    ? []
    : list.filter(({ name }) => name.toLowerCase().includes(values.filter.toLowerCase()));
const kernels = selected(kernelCases);
const training = selected(workloads);
const generates = generation.name.toLowerCase() === values.filter.toLowerCase() || values.filter === '';
if (kernels.length + training.length === 0 && !generates) fail(`--filter: nothing has "${values.filter}" in its name`);

// Of the 58 GFLOP/s of a core at 3.65 GHz; elsewhere the part of what registers reach counts.
const speedTarget = { gflops: wide ? 54 : 43, ofRegisters: 0.85 };
const targeted = ['GEMM 32x128·128x512', 'GEMM 64x512·512x2048'];

const log = (text: string) => (values.json ? undefined : console.log(text));
const torch = values['no-pytorch'] || (training.length === 0 && !generates) ? undefined : await startPyTorch();
if (values.pytorch && torch === undefined) fail(`PyTorch is not installed: ${installation}`);
// Netlib's reference BLAS is many times slower than what PyTorch is built for.
const fair = torch?.blas !== 'reference';

const rows: Row[] = [];
/** Rounds of one timed step of the ceiling. */
const ROUNDS = 20_000;
const limits = await ceiling({ relaxed: values.relaxed }).catch((error) => fail(error.message));
const registers = { name: 'registers', step: () => limits.run(ROUNDS) };
const ceilingFlops = limits.flops * ROUNDS;
for (const { name, create, flops } of kernels) {
  progress(name);
  const { ours, js } = await create(values.relaxed);
  const [wasm, plain, limit] = await inTurns([ours, js, registers], pace);
  const target = targeted.includes(name) ? speedTarget : null;
  const against = [compare(wasm, plain, null)];
  rows.push(row(name, wasm, flops, { timing: limit, flops: ceilingFlops }, target, against));
}
for (const workload of training) {
  const { name, targets, slow } = workload;
  progress(name);
  const { ours, js, end } = await trainingPair(workload, values.relaxed);
  const [wasm, plain, limit, ...others] = await inTurns(
    [ours, js, registers, ...pytorch(name)],
    slow ? { ...pace, turns: Math.min(pace.turns, SLOW_TURNS) } : pace,
  );
  await end();
  const against = [
    compare(wasm, plain, targets.js),
    ...judged(wasm, others, 'modules', (wide && targets.wide) || targets.pytorch),
  ];
  rows.push(row(name, wasm, flops(workload), { timing: limit, flops: ceilingFlops }, null, against));
}
for (const { name, options } of generates ? samplings : []) {
  const { units, size, targets } = generation;
  progress(name);
  const { ours, js } = await generationPair(options, values.relaxed);
  const [wasm, plain, limit, ...others] = await inTurns([ours, js, registers, ...pytorch(generation.name)], pace);
  // The target is said of TorchScript.
  const against = [compare(wasm, plain, targets.js), ...judged(wasm, others, 'fastest', targets.pytorch)];
  rows.push(row(name, wasm, 2 * units * (4 * units + size), { timing: limit, flops: ceilingFlops }, null, against));
}
progress('');
torch?.stop();

const machine = { cpu: cpus()[0]?.model ?? 'unknown', node: process.version, v8: process.versions.v8 };
const formsOf = (choice: Choice) =>
  Object.fromEntries(
    [...training, ...(generates ? [generation] : [])].map(({ name }) => [name, torch?.form(name, choice)]),
  );
const compared = torch && {
  version: torch.version,
  blas: torch.blas,
  forms: { modules: formsOf('modules'), fastest: formsOf('fastest') },
};
if (values.json) {
  console.log(
    JSON.stringify(
      {
        machine,
        kernels: values.relaxed ? 'f32-relaxed' : values.revectorize ? 'f32-wide' : 'f32',
        pytorch: compared,
        pace,
        rows,
      },
      null,
      2,
    ),
  );
} else {
  log(
    `${machine.cpu}, Node ${machine.node}${values.relaxed ? ', relaxed SIMD' : values.revectorize ? ', revectorized' : ''}; medians, ratios within a turn\n`,
  );
  log(table(rows, ['pure JS', ...(torch === undefined ? [] : Object.values(peers))]));
  if (compared !== undefined) {
    const forms = Object.entries(compared.forms.fastest).map(([name, form]) => `${name} ${form}`);
    log(
      `\nPyTorch ${compared.version} on ${compared.blas} BLAS, one thread: its own modules, and the fastest way to write each: ${forms.join('; ')}`,
    );
    if (!fair) log(`It runs on the reference BLAS, so it is not judged. ${installation}`);
  } else if (training.length > 0 && !values['no-pytorch']) {
    log(`\nPyTorch is not installed, so it is left out: ${installation}`);
  }
}

/** PyTorch's contenders for a workload, where it is installed. */
function pytorch(name: string): Contender[] {
  return torch === undefined ? [] : [torch.contender(name, 'modules'), torch.contender(name, 'fastest')];
}

/** Ours against each of them; the target is that of one. */
function judged(ours: Timing, others: Timing[], choice: Choice, target: number): Comparison[] {
  return others.map((other) => compare(ours, other, other.name === peers[choice] ? target : null, fair));
}

function progress(name: string): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\r\x1b[K${name}`);
}

function options() {
  try {
    return parseArgs({
      options: {
        filter: { type: 'string', default: '' },
        relaxed: { type: 'boolean', default: false },
        revectorize: { type: 'boolean', default: false },
        pytorch: { type: 'boolean', default: false },
        'no-pytorch': { type: 'boolean', default: false },
        turns: { type: 'string', default: '10' },
        time: { type: 'string', default: '200' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${usage}`);
  }
}

function positive(option: '--turns' | '--time'): number {
  const text = values[option.slice(2) as 'turns' | 'time'];
  const value = Number(text);
  if (!(Number.isInteger(value) && value > 0)) fail(`${option}: expected a whole number above 0, got ${text}`);
  return value;
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
