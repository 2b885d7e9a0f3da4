// An opt-in of V8: 256-bit instructions for kernels that are written in 128-bit ones.
import { setFlagsFromString } from 'node:v8';
import { BpttError } from '../base/errors.ts';
import { replaceEmbedded } from '../wasm/load.ts';
import { useWideKernels } from '../wasm/threads/team.ts';

/** The first Node whose V8 has the flag. */
const FIRST = 24;

/**
 * Lets V8 pair neighbouring 128-bit operations into 256-bit ones in all kernels: call it before the first model is made. Large products
 * take about two thirds of the time, with the same bits. The flag, `--experimental-wasm-revectorize`, is an experiment of V8's
 * and holds for the whole process, so it is off unless this is called.
 *
 * @throws BpttError `unsupported-engine` where there is no such flag (it came with Node 24), `invalid-argument` after the first model.
 *
 * @example
 * try {
 *   revectorize(); // before the first model
 * } catch (error) {
 *   if (!(error instanceof BpttError)) throw error; // Node before 24 computes with 128 bits, to the same result
 * }
 */
export function revectorize(): void {
  const other = otherEngine();
  if (other !== undefined) {
    throw new BpttError('unsupported-engine', `revectorize: expected Node ${FIRST} or later, got ${other}`);
  }
  // The usual kernels of f32 are in the best order for 128 bits, in which V8 finds no pairs.
  if (!replaceEmbedded('f32', () => import('../../build/kernels/f32-wide.js'))) {
    throw new BpttError(
      'invalid-argument',
      'revectorize: expected to be called before the first model is made, got a later call',
    );
  }
  useWideKernels();
  setFlagsFromString('--experimental-wasm-revectorize');
}

/** The engine that this is, where it does not have the flag. */
export function otherEngine(): string | undefined {
  const { node, bun, deno } = process.versions as Readonly<Record<string, string | undefined>>;
  if (bun !== undefined) return `Bun ${bun}`;
  if (deno !== undefined) return `Deno ${deno}`;
  return Number.parseInt(node ?? '', 10) < FIRST ? `Node ${node}` : undefined;
}
