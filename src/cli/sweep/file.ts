// The file of a sweep: what is searched, in what text, and what a trial is, with `{ "parameter": NAME }` where a parameter goes.
import { dirname, resolve } from 'node:path';
import { checkObject, isPlain, show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import {
  type Checked,
  checkFields,
  type Field,
  integer,
  list,
  number,
  omit,
  oneOf,
  optional,
  string,
  withDefault,
} from '../../base/fields.ts';
import { parseJson } from '../../base/parse-json.ts';
import { readBytes } from '../../node/atomic-file.ts';
import type { Parameters } from '../../sweep/space.ts';
import { studyFields } from '../../sweep/study.ts';
import { decodeText } from '../io/text-file.ts';

/** What stands for the number of tokens. */
const VOCABULARY = 'vocabulary';

const template: Field<Readonly<Record<string, unknown>>> = { check: (where, value) => checkObject(where, value) };

const fields = {
  /** Texts and folders, from where the file is. Default: the first chapters of Moby-Dick. */
  text: withDefault(list(string, 'paths of texts'), () => []),
  /** What tokens are. */
  tokenizer: withDefault(oneOf('characters', 'words', 'byte-pairs'), 'characters'),
  /** How many tokens there may be of words and byte pairs. */
  vocabularySize: optional(integer({ min: 2 })),
  /** The last part of the text, on which trials are measured. */
  validation: withDefault(number({ exclusiveMin: 0, exclusiveMax: 1 }), 0.1),
  ...omit(studyFields, 'objectives', 'trials'),
  trials: integer({ min: 1 }),
  checkpointEvery: withDefault(integer({ min: 1 }), 100),
  /** `{ layers, fit }` as `sweep` takes them. */
  trial: template,
};

export type SweepFile = Checked<typeof fields>;

/** @throws BpttError that begins with the path, for what is no sweep. */
export async function readSweepFile(path: string): Promise<SweepFile> {
  const text = decodeText(await readBytes(path), path);
  let content: unknown;
  try {
    content = parseJson(text);
  } catch (cause) {
    throw new BpttError('bad-file', `${path}: expected JSON, got ${(cause as Error).message}`, { cause });
  }
  const twice = nameTwice(text);
  if (twice !== undefined)
    throw new BpttError('bad-file', `${path}: expected each name once, got ${show(twice)} again`);
  const file = checkFields(path, content, fields);
  if (Object.hasOwn(file.space, VOCABULARY)) {
    throw new BpttError(
      'bad-file',
      `${path}.space: expected another name than ${show(VOCABULARY)}, which is the number of tokens`,
    );
  }
  filled(`${path}.trial`, file.trial, (where, name) => known(where, name, file));
  return { ...file, text: file.text.map((each) => resolve(dirname(path), each)) };
}

/** The first name that an object has twice: JSON takes the last of them, and says nothing. */
function nameTwice(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  const tokens = text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g);
  for (const [token, colon] of tokens) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (colon !== undefined) {
      const name: string = JSON.parse(token.slice(0, -colon.length));
      const names = open.at(-1);
      if (names?.has(name)) return name;
      names?.add(name);
    }
  }
  return undefined;
}

function known(where: string, name: string, { space }: SweepFile): unknown {
  if (name === VOCABULARY || Object.hasOwn(space, name)) return null;
  const names = [...Object.keys(space), VOCABULARY].map(show).join(', ');
  throw new BpttError('bad-file', `${where}: expected one of ${names}, got ${show(name)}`);
}

/** A template with a value in each place of a parameter; those that do not count are left out. */
function filled(where: string, template: unknown, valueFor: (where: string, name: string) => unknown): unknown {
  if (Array.isArray(template)) return template.map((each, i) => filled(`${where}[${i}]`, each, valueFor));
  if (!isPlain(template)) return template;
  if (Object.keys(template).join() === 'parameter') return valueFor(where, String(template.parameter));
  return Object.fromEntries(
    Object.entries(template).map(([name, each]) => [name, filled(`${where}.${name}`, each, valueFor)]),
  );
}

/** What the trial with these parameters is. */
export function trialOf({ trial }: SweepFile, parameters: Parameters, tokens: number): unknown {
  return filled('trial', trial, (_, name) => (name === VOCABULARY ? tokens : parameters[name]));
}
