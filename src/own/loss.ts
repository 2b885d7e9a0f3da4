// `defineLoss`: a loss in a user's own JavaScript, row by row.
import { show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { callable, checkFields, oneOf, string } from '../base/fields.ts';
import { bringLoss, type Loss, type OwnLoss } from '../loss/losses.ts';
import type { Reals } from '../wasm/arena.ts';
import type { Kernels } from '../wasm/kernels.ts';
import { checkName, guard } from './guard.ts';

/** One row of outputs. The same object, with the same arrays, for each row. */
export interface LossRow<Target> {
  /** The outputs, O numbers. */
  readonly y: Reals;
  /** A class from 0 to O - 1; or O numbers. */
  readonly target: Target;
  /** The gradient of the row's loss, O numbers, to be written; zero before. */
  readonly dy: Reals;
}

/** A loss as a user defines it. */
export interface LossDefinition<Targets extends 'classes' | 'reals'> {
  /** What checkpoints call it. */
  readonly name: string;
  /** What a row is compared with: a class, or as many numbers as it has outputs. A mean is over rows, or over the numbers of all rows. */
  readonly targets: Targets;
  /** The loss of one row; its gradient goes to `dy`. */
  readonly loss: (row: LossRow<Targets extends 'classes' ? number : Reals>) => number;
}

const fields = {
  name: string,
  targets: oneOf('classes', 'reals'),
  loss: callable<(row: LossRow<number | Reals>) => number>(),
};

/**
 * A loss of your own, to be given in place of a loss's name: `loss: huber`, or of one of several outputs `loss: { level: huber }`. Steps
 * that do not count are not asked for, means and weights are seen to.
 *
 * Its bits are the same everywhere if it computes with + - * / and Math.sqrt alone. Threads know it from `modules`.
 *
 * @example
 * const huber = defineLoss({
 *   name: 'huber',
 *   targets: 'reals',
 *   loss({ y, target, dy }) {
 *     let sum = 0;
 *     for (let j = 0; j < y.length; j++) {
 *       const d = y[j] - target[j];
 *       const small = Math.abs(d) <= 1;
 *       sum += small ? (d * d) / 2 : Math.abs(d) - 0.5;
 *       dy[j] = small ? d : Math.sign(d);
 *     }
 *     return sum;
 *   },
 * });
 *
 * @throws BpttError for definitions that are wrong.
 */
export function defineLoss<Targets extends 'classes' | 'reals'>(definition: LossDefinition<Targets>): OwnLoss {
  const { name, targets, loss } = checkFields('defineLoss', definition, fields);
  checkName('defineLoss.name', name);
  return bringLoss({ name, targets }, lossOn(targets === 'classes', name, loss));
}

function lossOn(classes: boolean, name: string, loss: (row: LossRow<number | Reals>) => number): Loss {
  let spoilt = false;
  return {
    atFault: () => (spoilt ? `loss ${name}` : undefined),
    targets: (outputs) => ({ kind: classes ? 'tokens' : 'features', size: outputs }),
    perStep: (outputs) => (classes ? 1 : outputs),
    run(kernels, y, targets, mask, rows, size, ld, scale, sum) {
      const { buffer } = kernels.memory;
      const Real = realOf(kernels);
      const outputs = new Real(buffer, y, rows * ld);
      const wanted = classes ? new Int32Array(buffer, targets, rows) : new Real(buffer, targets, rows * ld);
      const counts = new Uint8Array(buffer, mask, rows);
      const row = { y: new Real(size), target: classes ? 0 : new Real(size), dy: new Real(size) };
      // As the kernels do: the factor in the precision of what it is multiplied with.
      const factor = Real === Float32Array ? Math.fround(scale) : scale;
      spoilt = false;
      for (let r = rows - 1; r >= 0; r--) {
        const start = r * ld;
        if (counts[r] === 0) {
          outputs.fill(0, start, start + ld);
          continue;
        }
        for (let j = 0; j < size; j++) row.y[j] = outputs[start + j]!;
        if (typeof row.target === 'number') row.target = wanted[r]!;
        else for (let j = 0; j < size; j++) row.target[j] = wanted[start + j]!;
        row.dy.fill(0);
        const value = checkLoss(
          name,
          guard(`loss ${name}`, () => loss(row as LossRow<number | Reals>)),
        );
        spoilt ||= !(Number.isFinite(value) && row.dy.every(Number.isFinite)) && row.y.every(Number.isFinite);
        sum += value;
        for (let j = 0; j < size; j++) outputs[start + j] = row.dy[j]! * factor;
      }
      return sum;
    },
  };
}

function realOf(kernels: Kernels) {
  return kernels.realBytes() === 4 ? Float32Array : Float64Array;
}

function checkLoss(name: string, value: unknown): number {
  if (typeof value === 'number') return value;
  throw new BpttError('invalid-argument', `loss ${name}: expected it to return a number, got ${show(value)}`);
}
