// Flags as a table: name, help, field, default. A field is the library's own where a flag is an option of it, so that limits and words
// are written once; the flag has the option's name, as it is typed.
import { type Command, Option } from 'commander';
import { boolean, type ChoiceField, type Field, integer, type ValueOf } from '../../base/fields.ts';
import { isNumber, parseField } from '../../base/parse-field.ts';

/** One flag whose value is a T. */
export interface Flag<T> {
  readonly help: string;
  readonly default: T;
  /** What the help calls the value; none for a flag that is there or not. */
  readonly value?: string;
  /** @throws BpttError that begins with `where`. */
  parse(where: string, text: string): T;
}

/** A command's flags, each under its name in camel case. */
export type Flags = Readonly<Record<string, Flag<unknown>>>;

/** What a command gets. */
export type Values<F extends Flags> = { readonly [Name in keyof F]: F[Name] extends Flag<infer T> ? T : never };

/** A flag that takes a value of a field; `value` is what the help calls it. */
export function flag<F extends Field<unknown>, const D extends ValueOf<F> | undefined>(
  help: string,
  field: F,
  fallback: D,
  value = valueName(field),
): Flag<ValueOf<F> | D> {
  const choices = isChoice(field) ? `: ${field.values.join(', ')}` : '';
  return { help: help + choices, default: fallback, value, parse: (where, text) => parseField(where, field, text) };
}

/** A flag that is there or not. */
export function toggle(help: string, { check }: Field<boolean> = boolean): Flag<boolean> {
  return { help, default: false, parse: (where) => check(where, true) };
}

/** The flag of each command that prints labels. */
export const beamsFlag = flag(
  'prefixes that a beam search follows (default: the likeliest label of each step)',
  integer({ min: 1 }),
  undefined,
);

/** The flag of each command that writes files. */
export const overwriteFlag = toggle('replace files that are there already');

function isChoice(field: object): field is ChoiceField<unknown> {
  return 'values' in field;
}

function valueName(field: object): string {
  if (isNumber(field)) return field.whole ? 'n' : 'x';
  return isChoice(field) ? 'name' : 'text';
}

/** `learningRate` as it is typed: `--learning-rate`. */
export function typed(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Declares the flags on a command; its action finds their values in `command.opts()`. `heading`: where the help lists them. */
export function addFlags(command: Command, flags: Flags, heading?: string): Command {
  for (const [name, flag] of Object.entries(flags)) {
    const option = new Option(flag.value === undefined ? typed(name) : `${typed(name)} <${flag.value}>`, flag.help);
    if (flag.default !== undefined && flag.value !== undefined) option.default(flag.default);
    if (flag.value !== undefined) option.argParser((given: string) => flag.parse(typed(name), given));
    if (heading !== undefined) option.helpGroup(heading);
    command.addOption(option);
  }
  return command;
}

/** Whether a flag was given to a command. */
export const isTyped = (command: Command, name: string) => command.getOptionValueSource(name) === 'cli';

/** The values that a command was called with; those that were not given are in `others`, or the defaults. */
export function valuesOf<F extends Flags>(
  flags: F,
  command: Command,
  others: Readonly<Record<string, unknown>> = {},
): Values<F> {
  const given = command.opts();
  return Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      isTyped(command, name) ? given[name] : (others[name] ?? given[name] ?? flag.default),
    ]),
  ) as Values<F>;
}
