// Single kernels, ours and in plain JavaScript, over the same numbers: matrix products, tanh, softmax.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Arena } from '../../src/wasm/arena.ts';
import type { Kernels, Pointer, Variant } from '../../src/wasm/kernels.ts';
import { instantiate, type KernelSource, loadModule } from '../../src/wasm/load.ts';
import { softmax, tanh } from '../../test/truth/reference/activations.ts';
import { random, randomReals } from '../../test/truth/reference/data.ts';
import { gemm } from '../../test/truth/reference/gemm.ts';
import type { Real } from '../../test/truth/reference/real.ts';
import type { Contender } from '../measure.ts';

/** The kernels with those of assembly/bench.ts. */
interface BenchKernels extends Kernels {
  vtanh(y: Pointer, x: Pointer, n: number): void;
  softmaxRows(p: Pointer, logits: Pointer, rows: number, classes: number, ld: number): void;
}

export interface KernelCase {
  name: string;
  flops?: number;
  create: (relaxed: boolean) => Promise<{ ours: Contender; js: Contender }>;
}

const shapes = [
  [32, 512, 128],
  [64, 2048, 512],
  [1600, 65, 128],
  [1, 128, 128],
];

export const kernelCases: KernelCase[] = [
  ...shapes.map(([m, n, k]) => matrixProduct(m, n, k)),
  elementwise(
    'tanh 65536',
    1,
    65536,
    3,
    (kernels, y, x) => kernels.vtanh(y, x, 65536),
    (y, x) => tanh(y, x, 0, 65536),
  ),
  elementwise(
    'softmax 1600x65',
    1600,
    65,
    10,
    (kernels, y, x) => kernels.softmaxRows(y, x, 1600, 65, kernels.padded(65)),
    (y, x) => softmax(y, x, 1600, 65),
  ),
];

function matrixProduct(m: number, n: number, k: number): KernelCase {
  const name = `GEMM ${m}x${k}·${k}x${n}`;
  const flops = 2 * m * n * k;
  const repeat = Math.ceil(1e6 / flops);
  const create = async (relaxed: boolean) => {
    const { kernels, arena, put, get } = await memory(variantOf(relaxed));
    const next = random(1);
    const a = randomReals('f32', m * k, 1, next);
    const b = randomReals('f32', k * n, 1, next);
    const c = new Float32Array(m * n);
    const aAt = put(a, m, k);
    const bAt = put(b, k, n);
    const cAt = put(c, m, n);
    const scratch = arena.allocate(kernels.gemmScratch(m, n, k));
    const [lda, ldb] = [k, n].map(kernels.padded);
    const first = arena.reals(cAt, 1);
    const ours = () => {
      for (let i = 0; i < repeat; i++) kernels.gemm(cAt, aAt, bAt, m, n, k, lda, ldb, ldb, false, false, 0, scratch);
      return first[0];
    };
    const js = () => {
      for (let i = 0; i < repeat; i++) gemm(c, 0, a, 0, b, 0, m, n, k);
      return c[0];
    };
    return checked(name, ours, js, () => get(cAt, m, n), c, 1e-4 * Math.sqrt(k), repeat);
  };
  return { name, flops, create };
}

function elementwise(
  name: string,
  rows: number,
  columns: number,
  limit: number,
  kernel: (kernels: BenchKernels, y: Pointer, x: Pointer) => void,
  plain: (y: Real, x: Real) => void,
): KernelCase {
  const create = async (relaxed: boolean) => {
    const variant = variantOf(relaxed);
    const { kernels, arena, put, get } = await memory(variant, { bytes: compiled(variant) });
    const x = randomReals('f32', rows * columns, limit, random(1));
    const y = new Float32Array(x.length);
    const xAt = put(x, rows, columns);
    const yAt = put(y, rows, columns);
    const first = arena.reals(yAt, 1);
    const ours = () => {
      kernel(kernels as BenchKernels, yAt, xAt);
      return first[0];
    };
    const js = () => {
      plain(y, x);
      return y[0];
    };
    return checked(name, ours, js, () => get(yAt, rows, columns), y, 1e-6);
  };
  return { name, create };
}

/** Both have to give the same numbers before they are timed. */
function checked(
  name: string,
  ours: () => number,
  js: () => number,
  result: () => Real,
  want: Real,
  tolerance: number,
  repeat = 1,
) {
  ours();
  js();
  const got = result();
  let worst = 0;
  for (let i = 0; i < want.length; i++) worst = Math.max(worst, Math.abs(got[i] - want[i]));
  if (!(worst <= tolerance)) throw new Error(`${name}: the kernel is off by ${worst}, allowed ${tolerance}`);
  return { ours: { name: 'Wasm', step: ours, repeat }, js: { name: 'pure JS', step: js, repeat } };
}

const variantOf = (relaxed: boolean) => (relaxed ? 'f32-relaxed' : 'f32');

/** The kernels with those of assembly/bench.ts, which takes some seconds. */
function compiled(variant: Variant): BufferSource {
  const outFile = `build/bench/${variant}.wasm`;
  const config = ['--config', 'asconfig.json', '--target', variant, '--outFile', outFile];
  // Bundled or not, the folder above this file is the repository's root.
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  execFileSync(process.execPath, ['node_modules/assemblyscript/bin/asc.js', 'assembly/bench.ts', ...config], { cwd });
  return readFileSync(`${cwd}${outFile}`);
}

/** An instance of the kernels, and matrices in its memory with the rows padded as the kernels want them. */
async function memory(variant: Variant, source?: KernelSource) {
  const kernels = instantiate(await loadModule(variant, source));
  const arena = new Arena(kernels);
  const put = (x: Real, rows: number, columns: number): Pointer => {
    const ld = kernels.padded(columns);
    const at = arena.allocate(4 * rows * ld);
    const view = arena.reals(at, rows * ld);
    for (let r = 0; r < rows; r++) view.set(x.subarray(r * columns, (r + 1) * columns), r * ld);
    return at;
  };
  const get = (at: Pointer, rows: number, columns: number): Real => {
    const ld = kernels.padded(columns);
    const view = arena.reals(at, rows * ld);
    return Float32Array.from({ length: rows * columns }, (_, i) => view[Math.floor(i / columns) * ld + (i % columns)]);
  };
  return { kernels, arena, put, get };
}
