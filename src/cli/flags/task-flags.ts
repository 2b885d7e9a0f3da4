// What `bptt train` learns from, and which flags each task takes.
import type { Command } from 'commander';
import { BpttError } from '../../base/errors.ts';
import { oneOf } from '../../base/fields.ts';
import { type Flags, flag, isTyped, typed, type Values, valuesOf } from './flags.ts';
import { folderFlags, folderShared } from './folder-flags.ts';
import { notWithVgsl, ocrFlags } from './ocr-flags.ts';
import { speechFlags } from './speech-flags.ts';
import { type TrainValues, trainFlags } from './train-flags.ts';
import { translateFlags, translateShared } from './translate-flags.ts';

/** The flags of a task alone, and those of a training on text that mean the same there, with its defaults for them. */
const tasks = {
  speech: { own: { ...folderFlags, ...speechFlags }, shared: folderShared },
  ocr: { own: { ...folderFlags, ...ocrFlags }, shared: folderShared },
  translate: { own: translateFlags, shared: translateShared },
} as const;

type Task = 'text' | keyof typeof tasks;

const allTasks = ['text', 'speech', 'ocr', 'translate'] as const;

export const taskFlags = { task: flag('what to learn from', oneOf(...allTasks), 'text') };

/** The task of a call, whose flags are all of it. @throws BpttError for a flag of another task. */
export function taskOf(command: Command): Task {
  const { task } = valuesOf(taskFlags, command) as { readonly task: Task };
  const names = Object.keys({ ...trainFlags, ...tasks.speech.own, ...tasks.ocr.own, ...translateFlags });
  const foreign = names.find((name) => isTyped(command, name) && !takes(task, name));
  if (foreign === undefined) return task;
  const others = allTasks.filter((other) => takes(other, foreign));
  throw new BpttError(
    'invalid-argument',
    `${typed(foreign)}: expected --task ${others.join(' or ')} with it, got ${task}`,
  );
}

const takes = (task: Task, name: string): boolean =>
  task === 'text' ? name in trainFlags : name in tasks[task].own || name in tasks[task].shared;

/** Those of both tasks on folders. */
export type LabelledValues = TaskValues<typeof folderFlags, typeof folderShared>;
export type SpeechValues = TaskValues<typeof tasks.speech.own, typeof folderShared>;
export type OcrValues = TaskValues<typeof tasks.ocr.own, typeof folderShared>;
export type TranslateValues = TaskValues<typeof translateFlags, typeof translateShared>;

type TaskValues<Own extends Flags, Shared> = Values<Own> & Pick<TrainValues, keyof Shared & keyof TrainValues>;

type Others = Readonly<Record<string, unknown>>;

/** @param others Values of a training that goes on. */
export const speechValues = (command: Command, others: Others = {}) =>
  valuesOfTask(command, 'speech', others) as SpeechValues;

/**
 * @param others Values of a training that goes on.
 * @throws BpttError for flags of the usual network beside one in VGSL.
 */
export function ocrValues(command: Command, others: Others = {}): OcrValues {
  const values = valuesOfTask(command, 'ocr', others) as OcrValues;
  const other = values.vgsl === undefined ? undefined : notWithVgsl.find((name) => isTyped(command, name));
  if (other === undefined) return values;
  throw new BpttError('invalid-argument', `${typed(other)}: expected no --vgsl beside it, which says that already`);
}

/** @param others Values of a training that goes on. */
export const translateValues = (command: Command, others: Others = {}) =>
  valuesOfTask(command, 'translate', others) as TranslateValues;

function valuesOfTask(command: Command, task: keyof typeof tasks, others: Others = {}): object {
  const { own, shared } = tasks[task];
  const values: Readonly<Record<string, unknown>> = valuesOf(trainFlags, command);
  const chosen = Object.entries(shared).map(([name, fallback]) => [
    name,
    isTyped(command, name) ? values[name] : (others[name] ?? fallback),
  ]);
  const all: Readonly<Record<string, unknown>> = { ...valuesOf(own, command, others), ...Object.fromEntries(chosen) };
  if (all.earlyStopping !== undefined && all.validation === 0) {
    throw new BpttError('invalid-argument', '--early-stopping: expected --validation above 0 with it, got 0');
  }
  return all;
}
