// What a sweep searches: parameters as plain data, each with its range, and when it counts at all.
import { fail, isPlain, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { exp, log } from '../base/exact-log.ts';
import {
  type Checked,
  checkFields,
  checkKind,
  type Field,
  integer,
  list,
  named,
  number,
  type OneOfKinds,
  type Options,
  oneOf,
  optional,
  withDefault,
} from '../base/fields.ts';

/** A value of a parameter. */
export type ParameterValue = number | string | boolean;

/** The values of a trial by the names of the parameters. Those whose condition does not hold are not there. */
export type Parameters = Readonly<Record<string, ParameterValue>>;

const isValue = (value: unknown): value is ParameterValue =>
  typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));

const value: Field<ParameterValue> = {
  check: (where, given) => (isValue(given) ? given : fail(where, 'a string, a number, true or false', show(given))),
};

const oneOrSeveral: Field<readonly ParameterValue[]> = {
  check: (where, given) =>
    Array.isArray(given) ? list(value, 'values', 1).check(where, given) : [value.check(where, given)],
};

/** Names of other parameters, and the values with which this one counts. */
const when = optional({ ...named(oneOrSeveral), given: undefined as Condition | undefined });

/** When a parameter counts: where each of these others has the value, or one of the values. */
export type Condition = Readonly<Record<string, ParameterValue | readonly ParameterValue[]>>;

const scale = withDefault(oneOf('linear', 'log'), 'linear');

export const parameterFields = {
  float: {
    /** The least value; with the scale `log` above 0. */
    min: number(),
    /** The greatest value, above `min`. */
    max: number(),
    /** Whether equal distances or equal ratios are alike. Default `linear`. */
    scale,
    /** When it counts: where other parameters, which stand before it, have these values. Default: always. */
    when,
  },
  int: {
    /** The least value; with the scale `log` 1 or more. */
    min: integer(),
    /** The greatest value, above `min`. */
    max: integer(),
    /** Whether equal distances or equal ratios are alike. Default `linear`. */
    scale,
    /** From one value to the next, ≥ 1; not with the scale `log`. Default 1. */
    step: withDefault(integer({ min: 1 }), 1),
    /** When it counts: where other parameters, which stand before it, have these values. Default: always. */
    when,
  },
  choice: {
    /** Strings, numbers, true or false: at least one, none of them twice. */
    values: list(value, 'values', 1),
    /** When it counts: where other parameters, which stand before it, have these values. Default: always. */
    when,
  },
};

/** A parameter as plain data, all defaults filled in. */
export type Parameter = OneOfKinds<typeof parameterFields>;

type Of<Kind extends Parameter['kind']> = Extract<Parameter, { readonly kind: Kind }>;

/** A number from a range. */
export type FloatParameter = Of<'float'>;
/** A whole number from a range. */
export type IntParameter = Of<'int'>;
/** One of some values. */
export type ChoiceParameter = Of<'choice'>;

type Given<Kind extends Parameter['kind']> = Omit<Options<(typeof parameterFields)[Kind]>, 'when'> & {
  /** When it counts: where other parameters, which stand before it, have these values. Default: always. */
  readonly when?: Condition;
};

/** The range of a `float`, and whether its scale is linear or logarithmic. */
export interface FloatOptions extends Given<'float'> {}
/** The range of an `int`, from how far to the next, and whether its scale is linear or logarithmic. */
export interface IntOptions extends Given<'int'> {}
/** The values of a `choice`. */
export interface ChoiceOptions extends Given<'choice'> {}

/** The parameters of a sweep by their names. */
export type SearchSpace = Readonly<Record<string, Parameter>>;

/**
 * A number from `min` to `max`.
 *
 * @example float({ min: 1e-4, max: 1e-1, scale: 'log' })
 * @throws BpttError for an empty range, and for a range with 0 or less on the scale `log`.
 */
export function float(options: FloatOptions): FloatParameter {
  return checkRange('float', { kind: 'float', ...checkFields('float', options, parameterFields.float) });
}

/**
 * A whole number: `min`, `min + step` and so on, up to `max`.
 *
 * @example int({ min: 16, max: 256, scale: 'log' })
 * @throws BpttError for an empty range, a range below 1 on the scale `log`, and a `step` on that scale.
 */
export function int(options: IntOptions): IntParameter {
  return checkRange('int', { kind: 'int', ...checkFields('int', options, parameterFields.int) });
}

/**
 * One of some values, of which none is nearer to another.
 *
 * @example choice({ values: ['gru', 'lstm'] })
 * @throws BpttError for a value that is there twice.
 */
export function choice(options: ChoiceOptions): ChoiceParameter {
  return checkValues('choice', { kind: 'choice', ...checkFields('choice', options, parameterFields.choice) });
}

function checkRange<T extends FloatParameter | IntParameter>(where: string, parameter: T): T {
  const { kind, min, max, scale } = parameter;
  if (!(max > min)) fail(`${where}.max`, `a number above min, ${min}`, show(max));
  if (!Number.isFinite(max - min)) fail(`${where}.max`, 'a range with a finite width', `${min} to ${max}`);
  if (scale === 'linear') return parameter;
  if (kind === 'float' && min <= 0) fail(`${where}.min`, 'a number above 0 with the scale "log"', show(min));
  if (kind === 'int' && min < 1) fail(`${where}.min`, 'a number from 1 on with the scale "log"', show(min));
  if (kind === 'int' && parameter.step !== 1) fail(`${where}.step`, '1 with the scale "log"', show(parameter.step));
  return parameter;
}

function checkValues(where: string, parameter: ChoiceParameter): ChoiceParameter {
  const { values } = parameter;
  const twice = values.findIndex((each, index) => values.indexOf(each) < index);
  return twice < 0 ? parameter : fail(`${where}.values[${twice}]`, 'each value once', `${show(values[twice])} again`);
}

/** A search space: plain data of each parameter, conditions on parameters that stand before. */
export const searchSpace: Field<SearchSpace> = {
  check(where, given) {
    if (!isPlain(given) || Object.keys(given).length === 0) {
      return fail(
        where,
        'an object with parameters by their names, such as { units: int({ min: 8, max: 64 }) }',
        show(given),
      );
    }
    const space: Record<string, Parameter> = Object.create(null);
    for (const [name, each] of Object.entries(given)) {
      const place = `${where}.${name}`;
      // Objects give names that are numbers first, whatever stood first; and these names would be lost.
      if (!/^[\p{L}_][\p{L}\p{N}_.-]*$/u.test(name) || name === '__proto__') {
        fail(where, 'names that begin with a letter, of letters, digits, and _ . -', show(name));
      }
      const parameter = checkKind(place, each, parameterFields);
      if (parameter.kind === 'choice') checkValues(place, parameter);
      else checkRange(place, parameter);
      checkCondition(`${place}.when`, parameter.when, space);
      space[name] = parameter;
    }
    return { ...space };
  },
};

function checkCondition(
  where: string,
  condition: Checked<typeof parameterFields.float>['when'],
  before: SearchSpace,
): void {
  for (const [name, values] of Object.entries(condition ?? {})) {
    const other = before[name];
    if (other === undefined) {
      throw new BpttError(
        'invalid-argument',
        `${where}: expected parameters that stand before this one, got ${show(name)}`,
      );
    }
    for (const each of values) {
      if (!has(other, each)) fail(`${where}.${name}`, `values that ${name} can have`, show(each));
    }
  }
}

/** Whether a parameter can have a value. */
export function has(parameter: Parameter, value: unknown): boolean {
  if (parameter.kind === 'choice') return parameter.values.includes(value as ParameterValue);
  if (typeof value !== 'number' || !(value >= parameter.min && value <= parameter.max)) return false;
  return parameter.kind === 'float' || (Number.isSafeInteger(value) && (value - parameter.min) % parameter.step === 0);
}

/** Whether a parameter counts with these values of those before it. */
export function counts({ when = {} }: Parameter, before: Parameters): boolean {
  return Object.entries(when).every(([name, values]) => Object.hasOwn(before, name) && values.includes(before[name]!));
}

/** The values of the parameters that count, each from `suggest`, in the order of the space. */
export function fill(
  space: SearchSpace,
  suggest: (name: string, parameter: Parameter, index: number, before: Parameters) => ParameterValue,
): Parameters {
  const values: Record<string, ParameterValue> = {};
  for (const [index, [name, parameter]] of Object.entries(space).entries()) {
    if (counts(parameter, values)) values[name] = suggest(name, parameter, index, values);
  }
  return values;
}

/** @throws BpttError for values that are not those of a trial of this space: too many, too few, or out of their range. */
export function checkParameters(where: string, given: unknown, space: SearchSpace): Parameters {
  const values = named(value).check(where, given);
  const right = fill(space, (name, parameter) => {
    if (!Object.hasOwn(values, name)) fail(where, `a value of ${name}`, 'none');
    return has(parameter, values[name])
      ? values[name]!
      : fail(`${where}.${name}`, rangeOf(parameter), show(values[name]));
  });
  const other = Object.keys(values).find((name) => !Object.hasOwn(right, name));
  return other === undefined ? right : fail(where, 'parameters of the space that count', show(other));
}

function rangeOf(parameter: Parameter): string {
  if (parameter.kind === 'choice') return `one of ${parameter.values.map(show).join(', ')}`;
  const { kind, min, max } = parameter;
  const step = kind === 'int' && parameter.step > 1 ? ` in steps of ${parameter.step}` : '';
  return `${kind === 'int' ? 'a whole number' : 'a number'} from ${min} to ${max}${step}`;
}

/** How many values a parameter has; infinite for numbers that are not whole. */
export function sizeOf(parameter: Parameter): number {
  if (parameter.kind === 'choice') return parameter.values.length;
  return parameter.kind === 'float'
    ? Number.POSITIVE_INFINITY
    : Math.floor((parameter.max - parameter.min) / parameter.step) + 1;
}

/** The ends of a range on its own scale. Whole numbers are intervals there: the ends are half a step further. */
export function boundsOf(parameter: FloatParameter | IntParameter): readonly [low: number, high: number] {
  const half = parameter.kind === 'int' ? parameter.step / 2 : 0;
  const { min, max, scale } = parameter;
  const last = parameter.kind === 'int' ? min + (sizeOf(parameter) - 1) * parameter.step : max;
  return scale === 'log' ? [log(min - half), log(last + half)] : [min - half, last + half];
}

/** The value at a place of its scale: the nearest that the parameter has. */
export function valueAt(parameter: FloatParameter | IntParameter, place: number): number {
  const raw = parameter.scale === 'log' ? exp(place) : place;
  if (parameter.kind === 'float') return Math.min(parameter.max, Math.max(parameter.min, raw));
  const { min, step } = parameter;
  const index = Math.round((raw - min) / step);
  return min + Math.min(sizeOf(parameter) - 1, Math.max(0, index)) * step;
}

/** The value at a fraction u of the range, 0 ≤ u < 1: uniform u gives uniform values on the parameter's scale. */
export function atFraction(parameter: Parameter, u: number): ParameterValue {
  if (parameter.kind === 'choice') return parameter.values[Math.floor(u * parameter.values.length)]!;
  const [low, high] = boundsOf(parameter);
  return valueAt(parameter, low + u * (high - low));
}
