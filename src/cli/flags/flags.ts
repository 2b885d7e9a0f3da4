// Flags as a table: name, what it takes, default, help. A value is checked as the library's arguments are, with its errors.
import { type Command, Option } from 'commander';
import { checkInteger, checkNumber, checkOneOf, type NumberLimits } from '../../base/check.ts';
import { parseDecimal } from '../../base/decimal.ts';

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

/** What is not a number stays a string, and the check's message shows it. */
const numberOf = (text: string): unknown => parseDecimal(text) ?? text;

/** A whole number from `min` on. */
export function integer<D extends number | undefined>(
  help: string,
  fallback: D,
  { min = 0, value = 'n' }: { readonly min?: number; readonly value?: string } = {},
): Flag<number | D> {
  return { help, default: fallback, value, parse: (where, text) => checkInteger(where, numberOf(text), min) };
}

/** A finite number within limits. */
export function number<D extends number | undefined>(
  help: string,
  fallback: D,
  limits: NumberLimits = { min: 0 },
): Flag<number | D> {
  return { help, default: fallback, value: 'x', parse: (where, text) => checkNumber(where, numberOf(text), limits) };
}

/** One of a list of words. */
export function choice<const T extends string, D extends T | undefined>(
  help: string,
  fallback: D,
  list: readonly T[],
): Flag<T | D> {
  return {
    help: `${help}: ${list.join(', ')}`,
    default: fallback,
    value: 'name',
    parse: (where, text) => checkOneOf(where, text, list),
  };
}

/** Any text. */
export function text<D extends string | undefined>(help: string, fallback: D, value: string): Flag<string | D> {
  return { help, default: fallback, value, parse: (_, given) => given };
}

/** There or not. */
export function toggle(help: string): Flag<boolean> {
  return { help, default: false, parse: () => true };
}

/** `learningRate` as it is typed: `--learning-rate`. */
export function typed(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Declares the flags on a command; its action finds their values in `command.opts()`. */
export function addFlags(command: Command, flags: Flags): Command {
  for (const [name, flag] of Object.entries(flags)) {
    const option = new Option(flag.value === undefined ? typed(name) : `${typed(name)} <${flag.value}>`, flag.help);
    if (flag.default !== undefined && flag.value !== undefined) option.default(flag.default);
    if (flag.value !== undefined) option.argParser((given: string) => flag.parse(typed(name), given));
    command.addOption(option);
  }
  return command;
}

/** The values that a command was called with; those that were not given are in `others`, or the defaults. */
export function valuesOf<F extends Flags>(
  flags: F,
  command: Command,
  others: Readonly<Record<string, unknown>> = {},
): Values<F> {
  const given = command.opts();
  const typedIn = (name: string) => command.getOptionValueSource(name) === 'cli';
  return Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      typedIn(name) ? given[name] : (others[name] ?? given[name] ?? flag.default),
    ]),
  ) as Values<F>;
}
