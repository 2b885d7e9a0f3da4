// @ts-check
/**
 * Writes build/tiles.ts, the micro-kernels of the matrix product: some sums of C in registers while k runs, each one sequential
 * over ascending k. One step of k is said once here, and repeated there.
 *
 * Their shape is V8's. Node 20's TurboFan moves all loads of a basic block in front of its arithmetic, spilling the sums, where a
 * block hands values to the next one directly. So each step of k is a conditional block of its own (a phi of each sum lies between
 * two steps), the steps before the last name the sums in descending order and the last one in ascending order: then a load stands
 * next to its use (four rows: 32 to 38.9 GFLOP/s). Later engines keep the order as written. The conditions serve as the remainder:
 * the first block of steps may be short; half of a long one is skipped at once.
 *
 * A pointer for each row of A makes an immediate offset of every step. The two sums of a row are in the order of simd.ts's
 * `product`, which takes five rows from 46 to 51 GFLOP/s on Zen 4 (V8 11 to 14). What then counts is the number of instructions
 * beside the arithmetic, of 6 that a core takes a cycle with 4 of arithmetic among them: 1.5 for each of it with five rows and four
 * steps a turn of the loop, 1.6 with four rows; with 16 steps 0.1 fewer, another 3 to 5 % of speed. Six rows do not fit into
 * the 16 registers of x64.
 */

/**
 * @typedef {object} Tile
 * @property {string} name
 * @property {string} what
 * @property {number} rows of A and C
 * @property {number} steps of k in one turn of the loop: a power of two
 * @property {boolean} [packs] whether B is read where it lies and packed on the way
 */

/** @type {readonly Tile[]} */
const tiles = [
  {
    name: 'tile4',
    what: 'Four rows of one panel: C[4, PANEL] (+)= A·B with rows of A `row` bytes apart and a panel of B [k][PANEL].',
    rows: 4,
    steps: 16,
  },
  { name: 'tile5', what: 'Five rows of one panel, else as `tile4`.', rows: 5, steps: 16 },
  {
    name: 'pack5',
    what: 'As `tile5` with the rows of B `ldb` bytes apart, and leaves the panel in `packed`.',
    rows: 5,
    steps: 4,
    packs: true,
  },
];

/** @returns {string} the AssemblyScript of all tiles */
export function tilesSource() {
  return `// Written by scripts/tiles.js, which says why the tiles are as they are.

import { maddBehind, maddOf, product } from '../assembly/simd';
import { STRIDE } from '../assembly/gemm/pack';

// @ts-ignore: decorator
@inline const S: usize = sizeof<real>();
${tiles.map(tileSource).join('')}`;
}

/** @param {Tile} tile */
function tileSource({ name, what, rows, steps, packs = false }) {
  const all = Array.from({ length: rows }, (_, i) => i);
  const sums = all.flatMap((i) => [`c${i}0`, `c${i}1`]);
  const at = (/** @type {number} */ i) => (i === 0 ? 'c' : `r${i}`);
  const source = packs ? 'packed: usize, b: usize, ldb: usize' : 'b: usize';
  const lines = [
    ...all.slice(1).map((i) => `const r${i} = ${at(i - 1)} + ldc;`),
    `let ${sums.map((sum, i) => `${sum} = ${i === 0 ? 'v128.splat<real>(0)' : sums[0]}`).join(', ')};`,
    'if (accumulate) {',
    ...all.flatMap((i) => [`c${i}0 = v128.load(${at(i)});`, `c${i}1 = v128.load(${at(i)}, 16);`]),
    '}',
    `let p = -(-k & ${steps - 1});`,
    ...(packs ? ['packed += <usize>p * STRIDE;'] : []),
    `b += <usize>p * ${packs ? 'ldb' : 'STRIDE'};`,
    'let a0 = a + <usize>p * S;',
    ...all.slice(1).map((i) => `let a${i} = a${i - 1} + row;`),
    'do {',
    ...Array.from({ length: steps }, (_, step) => stepLines(all, step, steps, packs)).flat(),
    ...all.map((i) => `a${i} += ${steps} * S;`),
    `${packs ? 'packed' : 'b'} += ${steps} * STRIDE;`,
    `p += ${steps};`,
    '} while (p < k);',
    ...all.flatMap((i) => [`v128.store(${at(i)}, c${i}0);`, `v128.store(${at(i)}, c${i}1, 16);`]),
  ];
  return `
/** ${what} */
export function ${name}(c: usize, a: usize, ${source}, k: i32, row: usize, ldc: usize, accumulate: bool): void {
${lines.map((line) => `  ${line}\n`).join('')}}
`;
}

/**
 * One step of k: each row's value of A times both vectors of B's row.
 * @param {readonly number[]} rows
 * @param {number} step
 * @param {number} steps
 * @param {boolean} packs
 */
function stepLines(rows, step, steps, packs) {
  const last = step === steps - 1;
  const [first, second] = last ? [1, 0] : [0, 1];
  const halves = steps > 8;
  const panel = `${step} * STRIDE`;
  const [low, high] = packs ? ['b', 'b, 16'] : [`b, ${panel}`, `b, ${panel} + 16`];
  return [
    ...(halves && step === 0 ? [`if (p >= ${1 - steps / 2}) {`] : []),
    `if (p >= ${-step}) {`,
    `const b0 = v128.load(${low}), b1 = v128.load(${high});`,
    ...(packs ? [`v128.store(packed, b0, ${panel});`, `v128.store(packed, b1, ${panel} + 16);`] : []),
    ...(last ? rows : rows.toReversed()).flatMap((i) => [
      `const x${i} = v128.load_splat<real>(a${i}, ${step} * S), m${i} = product(x${i}, b${first});`,
      `c${i}${second} = maddBehind(m${i}, x${i}, b${second}, c${i}${second});`,
      `c${i}${first} = maddOf(m${i}, x${i}, b${first}, c${i}${first});`,
    ]),
    '}',
    ...(halves && step === steps / 2 - 1 ? ['}'] : []),
    ...(packs ? ['b += ldb;'] : []),
  ];
}
