// What people type, as values: flags of the command line, inputs and links of the playground, fields of CSV files.
import { parseDecimal } from './decimal.ts';
import type { Field, NumberField, ValueOf } from './fields.ts';

/** The value that a text means for a field. @throws BpttError that begins with `where` and shows what was typed. */
export function parseField<F extends Field<unknown>>(where: string, field: F, text: string): ValueOf<F> {
  return field.check(where, isNumber(field) ? (parseDecimal(text) ?? text) : text) as ValueOf<F>;
}

export function isNumber(field: object): field is NumberField {
  return 'limits' in field;
}
