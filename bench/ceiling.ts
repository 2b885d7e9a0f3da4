// What the core can do with nothing to load or store: independent chains of multiply and add in vector registers, compiled
// as the kernels are. A matrix product's speed is given as a part of it, which a slower or busier machine does not change.

import asc from 'assemblyscript/asc';
import type { Contender } from './measure.ts';

/** 12 chains: as many as hide the latency of a multiply and an add, and still fit the 16 registers of x64. */
const CHAINS = [...'abcdefghijkl'];
const LANES = 4;
const ROUNDS = 20_000;

/** FLOP of one step. */
export const ceilingFlops = 2 * LANES * CHAINS.length * ROUNDS;

export async function ceiling(relaxed: boolean): Promise<Contender> {
  const step = (v: string) =>
    relaxed ? `${v} = f32x4.relaxed_madd(${v}, x, y);` : `${v} = f32x4.add(f32x4.mul(${v}, x), y);`;
  const source = `export function registers(x0: f32, y0: f32): f32 {
    const x = f32x4.splat(x0), y = f32x4.splat(y0);
    let ${CHAINS.map((v, i) => `${v} = f32x4.splat(${i})`).join(', ')};
    for (let n = ${ROUNDS / 2}; n > 0; n--) { ${CHAINS.map(step).join(' ').repeat(2)} }
    return f32x4.extract_lane(${CHAINS.reduce((sum, v) => `f32x4.add(${sum}, ${v})`)}, 0);
  }`;
  const enable = relaxed ? 'simd,relaxed-simd' : 'simd';
  const { error, binary, stderr } = await asc.compileString(source, { runtime: 'stub', optimizeLevel: 3, enable });
  if (error !== null || binary === null) throw new Error(`the ceiling does not compile: ${stderr}`);
  if (!WebAssembly.validate(binary as Uint8Array<ArrayBuffer>)) {
    throw new Error(
      `this engine has no ${relaxed ? 'relaxed SIMD: Node 24 has, Node 20 with --experimental-wasm-relaxed-simd' : 'SIMD'}`,
    );
  }
  const { instance } = await WebAssembly.instantiate(binary as Uint8Array<ArrayBuffer>);
  const registers = instance.exports.registers as (x: number, y: number) => number;
  return { name: 'registers', step: () => registers(0.5, 1) };
}
