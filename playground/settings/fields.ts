// What can be set, as a table: each field's kind and limits. The form, the link and the checks all read this.

import { type ChoiceField, integer, type NumberField, number, oneOf, type ValueOf } from '../../src/base/fields.ts';
import { parseField } from '../../src/base/parse-field.ts';
import { cellNames, isOwn } from './cells.ts';

export type Field = ChoiceField<string> | NumberField;

/** What both networks share: the task and its data. */
export const taskFields = {
  /** What is to be learned: one file each in tasks/. */
  task: oneOf('text', 'adding', 'copy', 'order', 'sine', 'csv'),
  /** Steps of a sequence; of the copy problem those between what is shown and what is to be repeated. */
  length: integer({ min: 4, max: 300 }),
  /** Sequences that are learned from at the same time, B. */
  batch: integer({ min: 1, max: 64 }),
  /** Fixes the data, the initial weights and all random masks. */
  seed: integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  /** Of a network that writes: 1 draws each character as often as the network finds it likely, less the likelier ones more often. */
  temperature: number({ min: 0.01, max: 2 }),
};

/** What one network may have of its own. */
export const runFields = {
  cell: oneOf(...cellNames),
  /** f of a cell without gates. */
  activation: oneOf('tanh', 'relu', 'identity'),
  /** H. */
  hidden: integer({ min: 1, max: 256 }),
  layers: integer({ min: 1, max: 3 }),
  /** Of W; `none` is 0 and stays so: a network without memory. */
  init: oneOf('orthogonal', 'identity', 'glorot', 'pytorch', 'none'),
  /** What an orthogonal or an identity W is multiplied by. */
  gain: number({ min: 0, max: 10 }),
  /** Added to the initial biases of the forget gates of an LSTM. */
  forget: number({ min: -10, max: 10 }),
  bptt: oneOf('full', 'truncated'),
  k1: integer({ min: 1, max: 300 }),
  k2: integer({ min: 1, max: 300 }),
  optimizer: oneOf('sgd', 'momentum', 'rmsprop', 'adagrad', 'adam', 'adamw'),
  rate: number({ min: 0, max: 10 }),
  clip: oneOf('norm', 'value', 'off'),
  /** The norm or value that gradients are kept within. */
  limit: number({ min: 1e-6, max: 1e6 }),
  /** λ of the penalty λ/2 Σw². */
  l2: number({ min: 0, max: 1 }),
  /** Share of the features between layers that are zero while it learns. */
  dropout: number({ min: 0, max: 0.95 }),
};

type Values<Fields> = {
  readonly [Name in keyof Fields]: ValueOf<Fields[Name]>;
};

export type TaskSettings = Values<typeof taskFields>;
export type RunSettings = Values<typeof runFields>;
export type TaskName = TaskSettings['task'];
export type TaskField = keyof typeof taskFields;
export type RunField = keyof typeof runFields;

/** What can be another while the network learns: it goes on with it. */
export const liveFields = ['rate', 'clip', 'limit'] as const satisfies readonly RunField[];
export type LiveSettings = Pick<RunSettings, (typeof liveFields)[number]> & Pick<TaskSettings, 'temperature'>;

/** Whether a network can go on with a setting that is another. */
export function isLive(name: TaskField | RunField): boolean {
  return name === 'temperature' || (liveFields as readonly string[]).includes(name);
}

export const taskFieldNames = Object.keys(taskFields) as TaskField[];
export const runFieldNames = Object.keys(runFields) as RunField[];

/** The value that a text means, or undefined when it is none of this field's. */
export function readField(field: Field, text: string): string | number | undefined {
  try {
    const value = parseField<Field>('', field, text);
    // No -0: it would not come back from a text.
    return typeof value === 'number' ? value + 0 : value;
  } catch {
    return undefined;
  }
}

/** Whether a field means something beside these others; the form hides those that do not. */
export function isUsed(name: RunField, run: RunSettings): boolean {
  switch (name) {
    case 'activation':
    case 'init':
    case 'forget':
      return isOwn(run.cell, name);
    case 'gain':
      return isOwn(run.cell, 'init') && (run.init === 'orthogonal' || run.init === 'identity');
    case 'k1':
    case 'k2':
      return run.bptt === 'truncated';
    case 'limit':
      return run.clip !== 'off';
    default:
      return true;
  }
}
