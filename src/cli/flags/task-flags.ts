// What `bptt train` learns from, and which flags each task takes.
import type { Command } from 'commander';
import { BpttError } from '../../base/errors.ts';
import { oneOf } from '../../base/fields.ts';
import { type Flags, flag, isTyped, typed, type Values, valuesOf } from './flags.ts';
import { speechFlags, speechShared } from './speech-flags.ts';
import { type TrainValues, trainFlags } from './train-flags.ts';
import { translateFlags, translateShared } from './translate-flags.ts';

/** The flags of a task alone, and those of a training on text that mean the same there, with its defaults for them. */
const tasks = {
  speech: { own: speechFlags, shared: speechShared },
  translate: { own: translateFlags, shared: translateShared },
} as const;

type Task = 'text' | keyof typeof tasks;

export const taskFlags = { task: flag('what to learn from', oneOf('text', 'speech', 'translate'), 'text') };

/** The task of a call, whose flags are all of it. @throws BpttError for a flag of another task. */
export function taskOf(command: Command): Task {
  const { task } = valuesOf(taskFlags, command) as { readonly task: Task };
  const names = Object.keys({ ...trainFlags, ...speechFlags, ...translateFlags });
  const foreign = names.find((name) => isTyped(command, name) && !takes(task, name));
  if (foreign === undefined) return task;
  const others = (['text', 'speech', 'translate'] as const).filter((other) => takes(other, foreign));
  throw new BpttError(
    'invalid-argument',
    `${typed(foreign)}: expected --task ${others.join(' or ')} with it, got ${task}`,
  );
}

const takes = (task: Task, name: string): boolean =>
  task === 'text' ? name in trainFlags : name in tasks[task].own || name in tasks[task].shared;

export type SpeechValues = TaskValues<typeof speechFlags, typeof speechShared>;
export type TranslateValues = TaskValues<typeof translateFlags, typeof translateShared>;

type TaskValues<Own extends Flags, Shared> = Values<Own> & Pick<TrainValues, keyof Shared & keyof TrainValues>;

export const speechValues = (command: Command) => valuesOfTask(command, 'speech') as SpeechValues;
export const translateValues = (command: Command) => valuesOfTask(command, 'translate') as TranslateValues;

function valuesOfTask(command: Command, task: keyof typeof tasks): object {
  const { own, shared } = tasks[task];
  const values: Readonly<Record<string, unknown>> = valuesOf(trainFlags, command);
  const chosen = Object.entries(shared).map(([name, fallback]) => [
    name,
    isTyped(command, name) ? values[name] : fallback,
  ]);
  const all: Readonly<Record<string, unknown>> = { ...valuesOf(own, command), ...Object.fromEntries(chosen) };
  if (all.earlyStopping !== undefined && all.validation === 0) {
    throw new BpttError('invalid-argument', '--early-stopping: expected --validation above 0 with it, got 0');
  }
  return all;
}
