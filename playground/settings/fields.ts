// What can be set, as a table: each field's kind and limits. The form, the link and the checks all read this.

import { parseDecimal } from '../../src/base/decimal.ts';
import { cellNames, isOwn } from './cells.ts';

export interface ChoiceField<Value extends string = string> {
  readonly kind: 'choice';
  readonly values: readonly Value[];
}

export interface NumberField {
  readonly kind: 'number';
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

export type Field = ChoiceField | NumberField;

const choice = <const Value extends string>(...values: Value[]): ChoiceField<Value> => ({ kind: 'choice', values });
const whole = (min: number, max: number): NumberField => ({ kind: 'number', min, max, whole: true });
const real = (min: number, max: number): NumberField => ({ kind: 'number', min, max, whole: false });

/** What both networks share: the task and its data. */
export const taskFields = {
  /** What is to be learned: one file each in tasks/. */
  task: choice('text', 'adding', 'copy', 'order', 'sine', 'csv'),
  /** Steps of a sequence; of the copy problem those between what is shown and what is to be repeated. */
  length: whole(4, 300),
  /** Sequences that are learned from at the same time, B. */
  batch: whole(1, 64),
  /** Fixes the data, the initial weights and all random masks. */
  seed: whole(0, Number.MAX_SAFE_INTEGER),
};

/** What one network may have of its own. */
export const runFields = {
  cell: choice(...cellNames),
  /** f of a cell without gates. */
  activation: choice('tanh', 'relu', 'identity'),
  /** H. */
  hidden: whole(1, 256),
  layers: whole(1, 3),
  /** Of W. */
  init: choice('orthogonal', 'identity', 'glorot', 'pytorch'),
  /** What an orthogonal or an identity W is multiplied by. */
  gain: real(0, 10),
  /** Added to the initial biases of the forget gates of an LSTM. */
  forget: real(-10, 10),
  bptt: choice('full', 'truncated'),
  k1: whole(1, 300),
  k2: whole(1, 300),
  optimizer: choice('sgd', 'momentum', 'rmsprop', 'adagrad', 'adam', 'adamw'),
  rate: real(0, 10),
  clip: choice('norm', 'value', 'off'),
  /** The norm or value that gradients are kept within. */
  limit: real(1e-6, 1e6),
  /** λ of the penalty λ/2 Σw². */
  l2: real(0, 1),
  /** Share of the features between layers that are zero while it learns. */
  dropout: real(0, 0.95),
};

type Values<Fields> = {
  readonly [Name in keyof Fields]: Fields[Name] extends ChoiceField<infer Value> ? Value : number;
};

export type TaskSettings = Values<typeof taskFields>;
export type RunSettings = Values<typeof runFields>;
export type TaskName = TaskSettings['task'];
export type TaskField = keyof typeof taskFields;
export type RunField = keyof typeof runFields;

export const taskFieldNames = Object.keys(taskFields) as TaskField[];
export const runFieldNames = Object.keys(runFields) as RunField[];

/** The value that a text means, or undefined when it is none of this field's. */
export function parseField(field: Field, text: string): string | number | undefined {
  if (field.kind === 'choice') return field.values.find((value) => value === text);
  const value = parseDecimal(text);
  if (value === undefined) return undefined;
  const right = value >= field.min && value <= field.max && (!field.whole || Number.isInteger(value));
  // No -0: it would not come back from a text.
  return right ? value + 0 : undefined;
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
