// The whole configuration of the playground, and how it stands in the page's link:
// `#lang=en&task=adding&length=50&cell=lstm&compare=on&b.cell=elman`. What is not there has the task's default; `b.` is what the second
// network has other than the first.
import { oneOf } from '../../src/base/fields.ts';
import { defaultsOf } from './defaults.ts';
import {
  type Field,
  type RunField,
  type RunSettings,
  readField,
  runFieldNames,
  runFields,
  type TaskField,
  type TaskSettings,
  taskFieldNames,
  taskFields,
} from './fields.ts';

export const languages = ['en', 'ru'] as const;
export type Language = (typeof languages)[number];

/** Everything that a link says. Plain data. */
export interface Config {
  readonly language: Language;
  readonly task: TaskSettings;
  /** The text or the CSV file that the task learns from; empty: the one that comes with the page. */
  readonly data: string;
  readonly a: RunSettings;
  /** The second network, when two are compared. */
  readonly b: RunSettings | undefined;
}

/** Something in a link that is not understood, and what is taken instead. */
export interface ConfigProblem {
  readonly key: string;
  readonly value: string;
  /** Undefined when there is no such key. */
  readonly field: Field | undefined;
  readonly taken: string | number | undefined;
}

export interface ParsedConfig {
  readonly config: Config;
  readonly problems: readonly ConfigProblem[];
}

/** The longest text of one's own that a link holds, in characters. */
export const LONGEST_DATA = 4000;

const B = 'b.';
const onOff: Field = oneOf('on', 'off');
const languageField: Field = oneOf(...languages);

/** The configuration of a task as the page begins with it. */
export function defaultConfig(task: TaskSettings['task'], language: Language): Config {
  const { task: settings, run } = defaultsOf(task);
  return { language, task: settings, data: '', a: run, b: undefined };
}

/**
 * Reads the part of a link behind `#`. Never throws: what is wrong or unknown is among `problems`, and its default is taken.
 *
 * @param language Where the link names none.
 */
export function parseConfig(hash: string, language: Language = 'en'): ParsedConfig {
  const entries = new Map(new URLSearchParams(hash.replace(/^#/, '')));
  const problems: ConfigProblem[] = [];
  const take = <Value extends string | number>(key: string, field: Field, otherwise: Value): Value => {
    const text = entries.get(key);
    entries.delete(key);
    if (text === undefined) return otherwise;
    const value = readField(field, text);
    if (value !== undefined) return value as Value;
    problems.push({ key, value: text, field, taken: otherwise });
    return otherwise;
  };
  const takeRun = (prefix: string, otherwise: RunSettings): RunSettings =>
    Object.fromEntries(
      runFieldNames.map((name) => [name, take(prefix + name, runFields[name], otherwise[name])]),
    ) as RunSettings;

  const name = take('task', taskFields.task, 'text' as TaskSettings['task']);
  const defaults = defaultsOf(name);
  const others = taskFieldNames.filter((field) => field !== 'task');
  const task = {
    task: name,
    ...Object.fromEntries(others.map((field) => [field, take(field, taskFields[field], defaults.task[field])])),
  } as TaskSettings;
  const chosen = take('lang', languageField, language);
  const a = takeRun('', defaults.run);
  const b = take<string>('compare', onOff, 'off') === 'on' ? takeRun(B, a) : undefined;
  const data = entries.get('data') ?? '';
  entries.delete('data');
  for (const [key, value] of entries) problems.push({ key, value, field: undefined, taken: undefined });
  return { config: { language: chosen, task, data, a, b }, problems };
}

/** The link's part behind `#`; `parseConfig` gives the same configuration back, except for data longer than `LONGEST_DATA`. */
export function formatConfig({ language, task, data, a, b }: Config): string {
  const defaults = defaultsOf(task.task);
  const entries: [key: string, value: string][] = [
    ['lang', language],
    ['task', task.task],
  ];
  const add = <Name extends TaskField | RunField>(
    prefix: string,
    names: readonly Name[],
    values: Readonly<Record<Name, string | number>>,
    otherwise: Readonly<Record<Name, string | number>>,
  ) => {
    for (const name of names) {
      if (values[name] !== otherwise[name]) entries.push([prefix + name, String(values[name])]);
    }
  };
  add('', taskFieldNames, task, defaults.task);
  add('', runFieldNames, a, defaults.run);
  if (b !== undefined) {
    entries.push(['compare', 'on']);
    add(B, runFieldNames, b, a);
  }
  if (data !== '' && fitsLink(data)) entries.push(['data', data]);
  return new URLSearchParams(entries).toString();
}

/** Whether a text of one's own is short enough to be part of the link. */
export function fitsLink(data: string): boolean {
  return data.length <= LONGEST_DATA;
}
