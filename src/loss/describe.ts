// From options to a loss: plain data of one kind, checked, with all defaults filled in, which brings along what it does.
import { type Checked, checkFields, type Fields } from '../base/fields.ts';
import { bringLoss, type Loss, type LossDescription } from './losses.ts';

/** A kind of loss: how plain data becomes a loss. */
export interface LossKind<F extends Fields, Kind extends string = string> {
  readonly kind: Kind;
  /** Its options: what a description holds besides `kind`. */
  readonly fields: F;
  create(options: Checked<F>): Loss;
}

/** A loss of the kind with these options. @throws BpttError that begins with the kind, for options that are wrong. */
export function describeLoss<const F extends Fields, Kind extends string>(
  { kind, fields, create }: LossKind<F, Kind>,
  options: unknown,
): { readonly kind: Kind } & Checked<F> {
  const checked = checkFields(kind, options, fields);
  return bringLoss({ kind, ...checked } satisfies LossDescription, create(checked));
}
