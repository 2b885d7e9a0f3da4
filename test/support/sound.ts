// Sounds of a seed.
import { numbers } from './models.ts';

/** Noise from -0.5 to 0.5. */
export function noise(seed: number, length: number): Float32Array<ArrayBuffer> {
  const next = numbers(seed);
  return Float32Array.from({ length }, () => next() - 0.5);
}
