// @ts-check
// Independent chains of multiply and add in vector registers, with nothing to load or store, compiled as the kernels are. A matrix
// product's speed is given as a part of it, which a slower or busier machine does not change. It is no hard limit: the kernels'
// order of instructions (assembly/simd.ts) is better than the one that a compiler gives these chains.

import asc from 'assemblyscript/asc';

/** As many as hide the latency of a multiply and an add, and still fit the 16 registers of x64. */
const CHAINS = [...'abcdefghijkl'];

/**
 * @param {{ relaxed?: boolean, precision?: 'f32' | 'f64' }} [options]
 * @returns {Promise<{ flops: number, run: (rounds: number) => number }>} the FLOP of a round, and what runs rounds; its number is
 *   for a sink, so that nothing is left out
 */
export async function ceiling({ relaxed = false, precision = 'f32' } = {}) {
  const step = (/** @type {string} */ v) =>
    relaxed ? `${v} = v128.relaxed_madd<real>(${v}, x, y);` : `${v} = v128.add<real>(v128.mul<real>(${v}, x), y);`;
  const source = `export function registers(rounds: i32, x0: real, y0: real): real {
    const x = v128.splat<real>(x0), y = v128.splat<real>(y0);
    let ${CHAINS.map((v, i) => `${v} = v128.splat<real>(${i})`).join(', ')};
    for (; rounds > 0; rounds--) { ${CHAINS.map(step).join(' ')} }
    return v128.extract_lane<real>(${CHAINS.reduce((sum, v) => `v128.add<real>(${sum}, ${v})`)}, 0);
  }`;
  const { error, binary, stderr } = await asc.compileString(source, {
    runtime: 'stub',
    optimizeLevel: 3,
    use: `real=${precision}`,
    enable: relaxed ? 'simd,relaxed-simd' : 'simd',
  });
  if (error !== null || binary === null) throw new Error(`the ceiling does not compile: ${stderr}`);
  const bytes = /** @type {Uint8Array<ArrayBuffer>} */ (binary);
  if (!WebAssembly.validate(bytes)) {
    throw new Error(
      `this engine has no ${relaxed ? 'relaxed SIMD: Node 24 has, Node 20 with --experimental-wasm-relaxed-simd' : 'SIMD'}`,
    );
  }
  const { instance } = await WebAssembly.instantiate(bytes);
  const registers = /** @type {(rounds: number, x: number, y: number) => number} */ (instance.exports.registers);
  return { flops: 2 * CHAINS.length * (precision === 'f64' ? 2 : 4), run: (rounds) => registers(rounds, 0.5, 1) };
}
