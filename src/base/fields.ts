// Options as tables of fields. A field says how its value is checked and what it is where it is left out; the types of options, the
// names that are known, the checks, the flags of the command line and the inputs of the playground follow from the table.
// What an option means stands once, as the comment on its field: editors and declarations show it on the types that follow.
import {
  checkBoolean,
  checkInteger,
  checkNumber,
  checkObject,
  checkOneOf,
  checkOptions,
  checkSignal,
  checkString,
  fail,
  isCallable,
  type NumberLimits,
  readable,
  show,
} from './check.ts';

/** How one option is checked. */
export interface Field<Value> {
  /** Returns the value when it is right, with what it leaves out filled in. @throws BpttError that begins with `where`. */
  check(where: string, value: unknown): Value;
}

/** A field whose value is a number. */
export interface NumberField extends Field<number> {
  readonly whole: boolean;
  readonly limits: NumberLimits;
}

/** A field whose value is one of a list. */
export interface ChoiceField<Value> extends Field<Value> {
  readonly values: readonly Value[];
}

/** A field that is an object with fields of its own. */
export interface ObjectField<F, Given = Options<F>> extends Field<Checked<F>> {
  readonly fields: F;
  /** Never there: the type of what a caller gives, so that it can have a name. */
  readonly given?: Given;
}

/** A field that may be left out, and its value then: undefined where nothing takes its place. */
export interface Omissible<Default> {
  readonly otherwise: Default;
}

/** A table: each option's name and its field. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** What the check of a field returns. */
export type ValueOf<F> = F extends Field<infer Value> ? Value : never;

/** What a caller may give it. */
type GivenOf<F> = F extends { readonly fields: unknown; readonly given?: infer Given }
  ? NonNullable<Given>
  : ValueOf<F>;

type NamesOf<F, Kind> = { [Name in keyof F]: F[Name] extends Kind ? Name : never }[keyof F];

// Mapped over a list of its names, a table's comments stay with its properties.
type Given<F, Needed extends keyof F, Others extends keyof F> = { readonly [Name in Needed]: GivenOf<F[Name]> } & {
  readonly [Name in Others]?: GivenOf<F[Name]>;
};
type Filled<F, Sure extends keyof F, Others extends keyof F> = { readonly [Name in Sure]: ValueOf<F[Name]> } & {
  readonly [Name in Others]?: ValueOf<F[Name]>;
};

/** What a caller gives: fields with a default may be left out. */
export type Options<F> = Given<F, Exclude<keyof F, NamesOf<F, Omissible<unknown>>>, NamesOf<F, Omissible<unknown>>>;

/** What the check returns: all defaults filled in. */
export type Checked<F> = Filled<
  F,
  Exclude<keyof F, NamesOf<F, Omissible<undefined>>>,
  NamesOf<F, Omissible<undefined>>
>;

/** Plain data of one of several kinds: `kind`, and the fields of that kind. */
export type OneOfKinds<Kinds> = {
  [Kind in keyof Kinds & string]: {
    /** Which of the kinds it is; the other fields are those of that kind. */
    readonly kind: Kind;
  } & Checked<Kinds[Kind]>;
}[keyof Kinds & string];

export const boolean: Field<boolean> = { check: checkBoolean };
export const string: Field<string> = { check: checkString };
export const signal: Field<AbortSignal> = { check: checkSignal };

/** Whatever it is: it is checked where it is used. */
export const unchecked = <Value>(): Field<Value> => ({ check: (_, value) => value as Value });

/** What passes a test; `expected` says what that is. */
export const such = <Value>(expected: string, is: (value: Value) => boolean): Field<Value> => ({
  check(where, value) {
    return readable(where, () => is(value as Value)) ? (value as Value) : fail(where, expected, show(value));
  },
});

/** A function. */
export const callable = <Value>(expected = 'a function'): Field<Value> => such<Value>(expected, isCallable);

/** An integer from `min` to `max`; both default to the safe integers' ends. */
export const integer = (limits: Pick<NumberLimits, 'min' | 'max'> = {}): NumberField => ({
  check: (where, value) => checkInteger(where, value, limits.min, limits.max),
  whole: true,
  limits,
});

/** A finite number within the limits. */
export const number = (limits: NumberLimits = {}): NumberField => ({
  check: (where, value) => checkNumber(where, value, limits),
  whole: false,
  limits,
});

/** One of the values. */
export const oneOf = <const Value>(...values: readonly Value[]): ChoiceField<Value> => ({
  check: (where, value) => checkOneOf(where, value, values),
  values,
});

/** A list of names, none of them twice; `what` says of what. */
export const names = (what = 'names'): Field<readonly string[]> => ({
  check(where, value) {
    const all = list(string, what).check(where, value);
    const before = new Set<string>();
    const twice = all.findIndex((name) => before.size === before.add(name).size);
    return twice < 0 ? all : fail(`${where}[${twice}]`, 'each name once', `${show(all[twice])} again`);
  },
});

/** An array of at least `min` values. */
export const list = <Value>(item: Field<Value>, what: string, min = 0): Field<readonly Value[]> => ({
  check(where, value) {
    if (readable(where, () => Array.isArray(value)) && (value as readonly unknown[]).length >= min) {
      // Holes too: `map` passes over them.
      return Array.from(value as readonly unknown[], (each, index) => {
        const place = `${where}[${index}]`;
        return readable(place, () => item.check(place, each));
      });
    }
    const least = min === 0 ? '' : ' with at least one';
    return fail(where, `an array of ${what}${least}`, show(value));
  },
});

/** An object of which these fields alone are looked at, whatever else it has. */
export const having = <F extends Fields>(fields: F): Field<Checked<F>> => ({
  check(where, value) {
    const given = checkObject(where, value);
    const known = Object.keys(fields).filter((name) => name in given);
    return checkFields(where, Object.fromEntries(known.map((name) => [name, given[name]])), fields);
  },
});

/** Values by names. */
export const named = <Value>(item: Field<Value>): Field<Readonly<Record<string, Value>>> => ({
  check: (where, value) =>
    Object.fromEntries(
      Object.entries(checkObject(where, value)).map(([name, each]) => [name, item.check(`${where}.${name}`, each)]),
    ),
});

/** An object with fields of its own. */
export const object = <F extends Fields, Given = Options<F>>(fields: F): ObjectField<F, Given> => ({
  check: (where, value) => checkFields(where, value, fields),
  fields,
});

/** A field that may be left out. */
export const optional = <F extends Field<unknown>>(field: F): F & Omissible<undefined> => ({
  ...field,
  otherwise: undefined,
});

/** A field that may be left out, and what it is then: a value, or a function of the fields that stand before it in the table. */
export const withDefault = <F extends Field<unknown>, Before = unknown>(
  field: F,
  otherwise: ValueOf<F> | ((before: Before) => ValueOf<F>),
): F & Omissible<ValueOf<F>> => ({ ...field, otherwise: otherwise as ValueOf<F> });

/** A table without some of its fields. */
export const omit = <F extends Fields, Name extends keyof F & string>(fields: F, ...names: Name[]): Omit<F, Name> =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name as Name))) as Omit<F, Name>;

/**
 * Checks options by their table and fills in the defaults.
 *
 * @throws BpttError for what is not a plain object, for names that the table does not have, and from the checks of the fields.
 */
export function checkFields<const F extends Fields>(where: string, value: unknown, fields: F): Checked<F> {
  const given = checkOptions(where, checkObject(where, value, expectedOf(value, fields)), Object.keys(fields));
  const checked: Record<string, unknown> = {};
  for (const [name, field] of Object.entries<Field<unknown> & Partial<Omissible<unknown>>>(fields)) {
    const option = given[name];
    const place = `${where}.${name}`;
    if (option !== undefined || !('otherwise' in field))
      checked[name] = readable(place, () => field.check(place, option));
    else if (typeof field.otherwise === 'function') checked[name] = field.otherwise(checked);
    else if (field.otherwise !== undefined) checked[name] = field.otherwise;
  }
  return checked as Checked<F>;
}

/** Checks plain data `{ kind, … }` of one of several kinds, each with a table of its own. */
export function checkKind<const Kinds extends Readonly<Record<string, Fields>>>(
  where: string,
  value: unknown,
  kinds: Kinds,
): OneOfKinds<Kinds> {
  const { kind: given, ...options } = checkObject(where, value);
  const kind = checkOneOf(`${where}.kind`, given, Object.keys(kinds));
  return { kind, ...checkFields(where, options, kinds[kind]!) } as OneOfKinds<Kinds>;
}

/** What options are; where something is given bare that could be one of them, that one as an example. */
function expectedOf(value: unknown, fields: Fields): string {
  const meant = Object.keys(fields).find((name) => takesBare(fields[name]!, value));
  return `an object of options${meant === undefined ? '' : ` such as { ${meant}: ${show(value)} }`}`;
}

/** Whether an option given bare, as in adam(0.01), could be this field's. */
function takesBare(field: Field<unknown>, value: unknown): boolean {
  if (value === undefined || Object(value) === value) return false;
  try {
    field.check('', value);
    return true;
  } catch {
    return false;
  }
}
