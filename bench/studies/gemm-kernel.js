// GFLOP/s of the bare matrix product by shape, and the ceiling it is measured against. Not a comparison with anything else.
//
//   node bench/studies/gemm-kernel.js [file.wasm ...] [--only=REGEXP] [--rounds=N] [--json]
//
// Default: the kernels in build/kernels that this engine accepts. Rounds are interleaved over files and shapes, so drift of
// the clock reaches all of them; "best" is the fastest round, "median" the middle one, "speed" the median over the rounds of
// how many times as fast as the first file.

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median, ratioOf, takeTurns } from '../turns.js';
import { ceiling } from './ceiling.js';

const arguments_ = process.argv.slice(2);
const option = (name, fallback) =>
  arguments_.find((text) => text.startsWith(`--${name}=`))?.slice(name.length + 3) ?? fallback;
const files = arguments_.filter((text) => !text.startsWith('--'));
const only = new RegExp(option('only', ''));
const rounds = Number(option('rounds', 15));
const json = arguments_.includes('--json');
const defaults = ['f32', 'f32-relaxed', 'f64'].map((name) =>
  fileURLToPath(new URL(`../../build/kernels/${name}.wasm`, import.meta.url)),
);

// [label, m, n, k, transA, transB, accumulate, packed]
const SHAPES = [
  ['tile 4x8, k 256', 4, 8, 256, false, false, true, true],
  ['step W2 forward', 32, 128, 128, false, false, true, true],
  ['step 32x512 by 128', 32, 512, 128, false, false, true, true],
  ['step W4 recurrent', 64, 2048, 512, false, false, true, true],
  ['step W5 recurrent', 32, 768, 256, false, false, true, true],
  ['step W7', 32, 32, 32, false, false, true, true],
  ['row W1', 1, 64, 64, false, false, true, true],
  ['row 128', 1, 128, 128, false, false, true, true],
  ['row G', 1, 512, 128, false, false, true, true],
  ['row W6', 1, 100, 100, false, false, true, true],
  ['rows 2', 2, 128, 128, false, false, true, true],
  ['rows 3', 3, 128, 128, false, false, true, true],
  ['rows 7', 7, 128, 128, false, false, true, true],
  ['gemm 32x512 by 128', 32, 512, 128, false, false, false, false],
  ['gemm 64x2048 by 512', 64, 2048, 512, false, false, false, false],
  ['inputs W2', 1600, 128, 65, false, false, false, false],
  ['head W2', 1600, 65, 128, false, false, false, false],
  ['head gradient W2', 1600, 128, 65, false, true, false, false],
  ['inputs back W4', 4096, 512, 2048, false, true, false, false],
  ['weights W2', 128, 128, 1600, true, false, true, false],
  ['head weights W2', 128, 65, 1600, true, false, true, false],
  ['weights W4', 512, 2048, 4096, true, false, true, false],
  ['head W6', 20, 8000, 100, false, false, false, false],
  ['head back W6', 20, 100, 8000, false, true, false, false],
  ['head weights W6', 100, 8000, 20, true, false, true, false],
  ['weights W6', 100, 100, 20, true, false, true, false],
  ['row head W6', 1, 8000, 100, false, false, false, false],
  ['head W7', 12800, 1, 32, false, false, false, false],
  ['head back W7', 12800, 32, 1, false, true, false, false],
  ['weights W7', 32, 32, 12800, true, false, true, false],
  ['inputs W7', 12800, 32, 2, false, false, false, false],
  ['head weights W1', 64, 65, 25, true, false, true, false],
  ['head W1', 25, 65, 64, false, false, false, false],
];

const padded = (columns, panel) => Math.ceil(columns / panel) * panel;

/** A shape as a function that runs it `count` times. */
function prepare(kernels, size, base, [label, m, n, k, transA, transB, accumulate, packed]) {
  const panel = 32 / size;
  const Real = size === 8 ? Float64Array : Float32Array;
  let top = base;
  const place = (reals) => {
    const at = top;
    top = (top + reals * size + 63) & ~63;
    const missing = top + (1 << 16) - kernels.memory.buffer.byteLength;
    if (missing > 0) kernels.memory.grow((missing >> 16) + 1);
    new Real(kernels.memory.buffer, at, reals).fill(1e-4);
    return at;
  };
  const lda = padded(transA ? m : k, panel);
  const ldb = padded(transB ? k : n, panel);
  const ldc = padded(n, panel);
  const a = place((transA ? k : m) * lda);
  const b = place((transB ? n : k) * ldb);
  const c = place(m * ldc);
  const scratch = place(kernels.gemmScratch(m, n, k) / size);
  const flops = 2 * m * n * k;
  if (!packed) {
    const { gemm } = kernels;
    const run = (count) => {
      for (; count > 0; count--) gemm(c, a, b, m, n, k, lda, ldb, ldc, transA, transB, accumulate ? c : 0, scratch);
    };
    return { label, shape: [m, k, n], flops, run };
  }
  const panels = place(k * ldc);
  kernels.packB(panels, b, k, n, ldb, transB);
  const { gemmPacked } = kernels;
  const run = (count) => {
    for (; count > 0; count--) gemmPacked(c, a, panels, m, n, k, lda, ldc, transA, accumulate ? c : 0, scratch);
  };
  return { label, shape: [m, k, n], flops, run };
}

/** Seconds of one call, after warm-up until the optimising compiler has taken over. */
function calibrate(job) {
  const time = (count) => {
    const start = performance.now();
    job.run(count);
    return performance.now() - start;
  };
  let count = 1;
  while (time(count) < 10) count *= 2;
  for (let warm = 0; warm < 3; warm++) time(count);
  job.count = Math.max(1, Math.round((10 * count) / time(count)));
  job.round = () => time(job.count) / job.count;
}

async function load(file) {
  const bytes = readFileSync(file);
  const name = basename(file, '.wasm');
  const precision = name.includes('f64') ? 'f64' : 'f32';
  const { instance } = await WebAssembly.instantiate(bytes, { env: { abort: () => {} } });
  const kernels = instance.exports;
  const size = precision === 'f64' ? 8 : 4;
  const jobs = SHAPES.filter(([label]) => only.test(label)).map((shape) => prepare(kernels, size, 1 << 16, shape));
  const registers = await ceiling({ relaxed: name.includes('relaxed'), precision });
  return { name: file, jobs: [{ label: 'registers', ...registers }, ...jobs] };
}

const builds = [];
for (const file of files.length > 0 ? files : defaults) {
  if (WebAssembly.validate(readFileSync(file))) builds.push(await load(file));
  else console.error(`${file}: not accepted by this engine, left out`);
}
const jobs = builds.flatMap((build) => build.jobs);
for (const job of jobs) calibrate(job);
// A shape of one build right after the same shape of the build before: what the machine does meanwhile hits both.
const order = builds[0].jobs.flatMap((_, shape) => builds.map((build) => build.jobs[shape]));
const allTimes = await takeTurns(
  order.map((job) => job.round),
  { rounds, warm: 0 },
);
for (const [index, times] of allTimes.entries()) order[index].times = times;

const results = builds.map(({ name, jobs }) => ({
  name,
  shapes: jobs.map(({ label, shape, flops, times }, at) => {
    const best = Math.min(...times);
    const ratio = ratioOf(builds[0].jobs[at].times, times);
    return {
      label,
      shape,
      microseconds: best * 1e3,
      best: flops / best / 1e6,
      median: flops / median(times) / 1e6,
      ratio,
    };
  }),
}));
if (json) console.log(JSON.stringify(results, null, 2));
else
  for (const { name, shapes } of results) {
    console.log(
      `\n${name}\n${'shape'.padEnd(24)}${'m x k x n'.padEnd(18)}${'us'.padStart(10)}${'GFLOP/s'.padStart(9)}${'median'.padStart(8)}  of registers  speed`,
    );
    const limit = shapes[0].best;
    for (const { label, shape, microseconds, best, median, ratio } of shapes) {
      const columns = [
        label.padEnd(24),
        (shape?.join(' x ') ?? '').padEnd(18),
        microseconds.toFixed(microseconds < 10 ? 3 : 1).padStart(10),
      ];
      console.log(
        [
          ...columns,
          best.toFixed(1).padStart(9),
          median.toFixed(1).padStart(8),
          `${Math.round((100 * best) / limit)} %`.padStart(7),
          ratio.toFixed(3).padStart(14),
        ].join(''),
      );
    }
  }
