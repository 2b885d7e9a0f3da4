// From options to a description: plain data of one kind of layer, checked, with all defaults filled in.
import { checkObject, checkOneOf } from '../base/check.ts';
import { checkFields } from '../base/fields.ts';
import type { LayerKind } from './contract.ts';

/** The description of a layer with these options. */
export function describe<Description extends { readonly kind: string }>(
  layer: LayerKind<Description>,
  options: unknown,
  where: string = layer.kind,
): Description {
  const description = { kind: layer.kind, ...checkFields(where, options, layer.fields) } as unknown as Description;
  layer.refuse?.(description, where);
  return description;
}

/** Checks a description, which may come from a file, of one of several kinds of layers. */
export function checkDescription<Description extends { readonly kind: string }>(
  where: string,
  value: unknown,
  kinds: readonly LayerKind<Description>[],
): Description {
  const { kind, ...options } = checkObject(where, value);
  const names = kinds.map((layer) => layer.kind);
  checkOneOf(`${where}.kind`, kind, names);
  return describe(kinds.find((layer) => layer.kind === kind)!, options, where);
}
