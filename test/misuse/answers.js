// @ts-check
/** One function for each way to answer, on which it is tested that wrong answers are seen. Their argument is a number `count`. */
import { BpttError } from '../../build/index.js';

export const accepted = () => {};

/** @param {any} count */
export const foreign = (count) => count.toFixed().length;

export function unnamed() {
  throw new BpttError('invalid-argument', 'expected something else');
}

/** @param {unknown} count */
export function refused(count) {
  if (typeof count !== 'number') throw new BpttError('invalid-argument', `count: expected a number`);
}
