// The losses of `bptt/losses` and others by the names of their kinds: for threads, which are sent plain data. Pages have those that they name.
import { checkObject, checkOneOf } from '../base/check.ts';
import type { Fields } from '../base/fields.ts';
import { describeLoss, type LossKind } from './describe.ts';
import { crossEntropyLoss } from './kinds/cross-entropy.ts';
import { ctcLoss } from './kinds/ctc.ts';
import { focalLoss } from './kinds/focal.ts';
import { huberLoss } from './kinds/huber.ts';
import { meanAbsoluteLoss } from './kinds/mean-absolute.ts';
import { quantileLoss } from './kinds/quantile.ts';
import type { LossDescription } from './losses.ts';

const kinds: readonly LossKind<never>[] = [
  crossEntropyLoss,
  ctcLoss,
  focalLoss,
  huberLoss,
  meanAbsoluteLoss,
  quantileLoss,
] as never;

/**
 * The loss that plain data describes.
 *
 * @throws BpttError for a kind that is not there, and options that are wrong.
 */
export function lossFrom(where: string, data: LossDescription): LossDescription {
  const { kind, ...options } = checkObject(where, data);
  const known = kinds.map((one) => one.kind);
  checkOneOf(`${where}.kind`, kind, known);
  return describeLoss(kinds[known.indexOf(kind as string)] as LossKind<Fields>, options);
}
