// @ts-check
// What a convolution reaches of the product that it is made of: conv2d of 3x3 over images 32 pixels high, forward and back, beside the same
// products alone, in turn, in one run; GFLOP/s of the best round each.
//
//   npm run build && node bench/studies/convolution.js
//
// At 32 channels and 32 filters both ways shall reach 60 % of the product. What is lost goes into patches, which are gathered once forward and once
// back, and whose gradients are scattered; with one channel they are more work than the product. Measured in Node 20: 83 % forward and 67 % back at
// 32 channels and filters, 96 and 90 % at 64, 18 % both ways at one channel.
import { conv2d, createModel, image } from 'bptt';

const AT_LEAST = 0.6;
const [H, W, B] = [32, 100, 4];
const ROUNDS = 15;
/** Rows of the products alone. */
const ROWS = 1000;
const PLACES = H * W * B;

/** The rate of each in the best of some rounds in turn. @param {Readonly<Record<string, readonly [flops: number, run: () => void]>>} all */
function rates(all) {
  /** @type {Record<string, number>} */
  const best = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, [flops, run]] of Object.entries(all)) {
      const start = performance.now();
      run();
      best[name] = Math.max(best[name] ?? 0, flops / (performance.now() - start) / 1e6);
    }
  }
  return best;
}

let slow = 0;
for (const [C, F] of /** @type {const} */ ([
  [1, 32],
  [16, 32],
  [32, 32],
  [32, 64],
  [64, 64],
])) {
  const model = await createModel([
    image({ height: H, channels: C }),
    conv2d({ filters: F, kernel: 3, padding: 'same' }),
  ]);
  // What is inside is no part of the package's types.
  const { kernels, arena, graph } = /** @type {{ network: any }} */ (/** @type {unknown} */ (model)).network;
  const { layer } = graph.layers[0];
  const K = 9 * C;
  const [ldK, ldF] = [kernels.padded(K), kernels.padded(F)];
  /** @param {number} rows @param {number} columns */
  const matrix = (rows, columns) => {
    const pointer = arena.allocate(rows * columns * 4);
    const values = arena.reals(pointer, rows * columns);
    for (let i = 0; i < values.length; i++) values[i] = ((i * 7) % 13) / 13;
    return pointer;
  };
  /** @param {number} columns */
  const track = (columns) => ({ pointer: matrix(W * B, columns), stride: B * columns * 4, ld: columns });
  const [x, dx, y, dy] = [track(H * C), track(H * C), track(H * F), track(H * F)];
  const flags = { pointer: arena.allocate(W * B), stride: B, ld: 1 };
  const [weight, gradient, bias] = [matrix(K, ldF), matrix(K, ldF), matrix(1, ldF)];
  const scratch = arena.allocate(layer.scratch(kernels, W, B, () => W));
  const plan = { pointer: arena.allocate(64), stride: 0, ld: 0 };
  const bound = layer.bind({
    ...{ kernels, rows: B, scratch, started: false, dOutput: dy, resets: flags, padding: flags },
    inputs: [{ track: x, gradient: dx, add: false, filled: () => W, states: [], padding: flags }],
    parameter: () => bias,
    weight: () => ({ pointer: weight, packed: 0, gradient, shared: false, turned: false }),
    gradient: () => bias,
    isFrozen: () => false,
    buffer: (/** @type {string} */ name) => (name === 'plan' ? plan : y),
  });
  const no = {
    resets: false,
    padding: false,
    keepsActivations: false,
    continuesFromLater: false,
    continuesToEarlier: false,
  };
  const pass = { ...no, training: true };
  const [a, c, packed, turned] = [matrix(ROWS, ldK), matrix(ROWS, ldF), matrix(K, ldF), matrix(F, ldK)];
  const { gemmScratch } = kernels;
  const own = arena.allocate(Math.max(gemmScratch(ROWS, F, K), gemmScratch(K, F, ROWS), gemmScratch(ROWS, K, F)));
  const flops = 2 * PLACES * K * F;
  const times = Math.ceil(PLACES / ROWS);
  const ofProduct = 2 * times * ROWS * K * F;
  const repeat = (/** @type {() => void} */ run) => () => {
    for (let i = 0; i < times; i++) run();
  };
  const found = rates({
    product: [
      ofProduct,
      () => {
        kernels.packB(packed, weight, K, F, ldF, false);
        repeat(() => kernels.gemmPacked(c, a, packed, ROWS, F, K, ldK, ldF, false, 0, own))();
      },
    ],
    forward: [flops, () => bound.forward(0, W, pass)],
    products: [
      2 * ofProduct,
      () => {
        kernels.packB(turned, weight, F, K, ldF, true);
        repeat(() => {
          kernels.gemm(gradient, a, c, K, F, ROWS, ldK, ldF, ldF, true, false, gradient, own);
          kernels.gemmPacked(a, c, turned, ROWS, K, F, ldF, ldK, false, 0, own);
        })();
      },
    ],
    backward: [2 * flops, () => bound.backward(0, W, pass)],
  });
  const [forward, backward] = [found.forward / found.product, found.backward / found.products];
  const rate = (/** @type {string} */ name) => `${found[name]?.toFixed(1)}`.padStart(5);
  const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(0)} %`.padStart(5);
  console.log(
    `${`${C} -> ${F}`.padStart(8)}: product ${rate('product')}, forward ${rate('forward')} ${percent(forward)}; products of the way back ${rate('products')}, backward ${rate('backward')} ${percent(backward)}`,
  );
  if (C === 32 && F === 32 && Math.min(forward, backward) < AT_LEAST) slow++;
}
process.exitCode = slow;
