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
 * A tile goes over many panels in one call, which saves 10 cycles a panel: of 130 where k is 20.
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
 * @property {1 | 2} [panels] of B, side by side
 * @property {number} steps of k in one turn of the loop: a power of two
 * @property {boolean} [packs] whether B is read where it lies and packed on the way
 */

/** @type {readonly Tile[]} */
const tiles = [
  {
    name: 'tile4',
    what: 'Four rows: C[4, count·PANEL] = A·B, plus `from` where it adds, with rows of A `row` bytes apart, those of C `ldc`, those of `from` `ldf`, and `count` > 0 panels of B [k][PANEL], `panel` bytes apart.',
    rows: 4,
    steps: 8,
  },
  { name: 'tile5', what: 'Five rows, else as `tile4`.', rows: 5, steps: 16 },
  {
    name: 'tile2',
    what: 'Two rows of `count` pairs of panels, else as `tile4`.',
    rows: 2,
    panels: 2,
    steps: 8,
  },
  {
    name: 'pack5',
    what: 'As `tile5` with the rows of B `ldb` bytes apart, and leaves its panels in `packed`.',
    rows: 5,
    steps: 4,
    packs: true,
  },
];

/** @returns {string} the AssemblyScript of all tiles */
export function tilesSource() {
  return `// Written by scripts/tiles.js, which says why the tiles are as they are.

import { STRIDE, maddAfter, maddOf, product } from '../assembly/simd';

// @ts-ignore: decorator
@inline const S: usize = sizeof<real>();

/** Panels to come. In memory, because the loop over k needs every register of x64. */
let left: i32 = 0;
${tiles.map(tileSource).join('')}`;
}

/** @param {Tile} tile */
function tileSource(tile) {
  const { name, what, rows, panels = 1, steps, packs = false } = tile;
  const all = range(rows);
  // The sums in the order in which a step takes them: a panel's rows, then the next panel's.
  const sums = range(panels).flatMap((panel) =>
    all.flatMap((row) => [
      { row, vector: 2 * panel },
      { row, vector: 2 * panel + 1 },
    ]),
  );
  const sum = (/** @type {{ row: number, vector: number }} */ { row, vector }) => `c${row}${vector}`;
  const at = (/** @type {number} */ row) => (row === 0 ? 'c' : `r${row}`);
  const source = packs ? 'packed: usize, b: usize, ldb: usize' : 'b: usize';
  const moved = packs ? 'packed' : 'b';
  const lines = [
    `const start = -(-k & ${steps - 1});`,
    'const length = <usize>(k - start);',
    'a += <usize>start * S;',
    `${moved} += <usize>start * STRIDE;`,
    ...(packs ? ['b += <usize>start * ldb;', 'const across = STRIDE - length * ldb;'] : []),
    `const along = ${panels === 1 ? 'panel' : `<usize>${panels} * panel`} - length * STRIDE;`,
    'left = count;',
    'do {',
    ...indented([
      ...all.slice(1).map((row) => `const r${row} = ${at(row - 1)} + ldc;`),
      `let ${sums.map((each, i) => `${sum(each)} = ${i === 0 ? 'v128.splat<real>(0)' : 'c00'}`).join(', ')};`,
      'if (adds) {',
      ...indented([
        'let f = from;',
        ...all.flatMap((row) => [
          ...range(2 * panels).map((vector) => `c${row}${vector} = v128.load(f, ${16 * vector});`),
          ...(row === rows - 1 ? [] : ['f += ldf;']),
        ]),
      ]),
      '}',
      ...(panels === 2 ? ['let next = b + panel;'] : []),
      'let p = start, a0 = a;',
      ...all.slice(1).map((row) => `let a${row} = a${row - 1} + row;`),
      'do {',
      ...indented([
        ...range(steps).flatMap((step) => stepLines(tile, step)),
        ...all.map((row) => `a${row} += ${steps} * S;`),
        ...[moved, ...(panels === 2 ? ['next'] : [])].map((pointer) => `${pointer} += ${steps} * STRIDE;`),
        `p += ${steps};`,
      ]),
      '} while (p < k);',
      ...sums.map((each) => `v128.store(${at(each.row)}, ${sum(each)}, ${16 * each.vector});`),
      `c += ${panels} * STRIDE;`,
      `from += ${panels} * STRIDE;`,
      `${moved} += along;`,
      ...(packs ? ['b += across;'] : []),
    ]),
    '} while (--left > 0);',
  ];
  const sizes = 'panel: usize, k: i32, row: usize, ldc: usize, ldf: usize';
  return `
/** ${what} */
export function ${name}(c: usize, from: usize, a: usize, ${source}, count: i32, ${sizes}, adds: bool): void {
${indented(lines).join('\n')}
}
`;
}

/** @param {string[]} lines */
function indented(lines) {
  return lines.map((line) => `  ${line}`);
}

/**
 * One step of k: each row's value of A times the vectors of B's row.
 * @param {Tile} tile
 * @param {number} step
 */
function stepLines({ rows, panels = 1, steps, packs = false }, step) {
  const last = step === steps - 1;
  const halves = steps > 8;
  const order = (/** @type {number[]} */ list) => (last ? list : list.toReversed());
  const row = `${step} * STRIDE`;
  const panelLines = (/** @type {number} */ panel, /** @type {boolean} */ begins) => {
    const from = panel === 0 ? 'b' : 'next';
    const [low, high] = packs ? ['b', 'b, 16'] : [`${from}, ${row}`, `${from}, ${row} + 16`];
    const vectors = [2 * panel, 2 * panel + 1];
    const [first, second] = last ? vectors.toReversed() : vectors;
    return [
      `const b${vectors[0]} = v128.load(${low}), b${vectors[1]} = v128.load(${high});`,
      ...(packs ? [`v128.store(packed, b0, ${row});`, `v128.store(packed, b1, ${row} + 16);`] : []),
      ...order(range(rows)).flatMap((i) => [
        ...(begins ? [`const x${i} = v128.load_splat<real>(a${i}, ${step} * S);`] : []),
        `const m${i}${panel} = product(x${i}, b${first});`,
        `c${i}${second} = maddAfter(m${i}${panel}, x${i}, b${second}, c${i}${second});`,
        `c${i}${first} = maddOf(m${i}${panel}, x${i}, b${first}, c${i}${first});`,
      ]),
    ];
  };
  return [
    ...(halves && step === 0 ? [`if (p >= ${1 - steps / 2}) {`] : []),
    `if (p >= ${-step}) {`,
    ...order(range(panels)).flatMap((panel, i) => panelLines(panel, i === 0)),
    '}',
    ...(halves && step === steps / 2 - 1 ? ['}'] : []),
    ...(packs ? ['b += ldb;'] : []),
  ];
}

/** @param {number} count */
function range(count) {
  return Array.from({ length: count }, (_, i) => i);
}
