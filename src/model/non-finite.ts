// The error of a model whose outputs or losses are not finite.
import { BpttError } from '../base/errors.ts';
import type { Window } from './window.ts';

/** Names the first layer that is at fault in the steps from `from` on. */
export function nonFinite(window: Window, from: number, where: string, expected: string, got: number): BpttError {
  const layer = window.firstNonFinite(from, window.filled);
  return new BpttError('non-finite', `${where}, ${layer}: expected ${expected}, got ${got}`);
}
