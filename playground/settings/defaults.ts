// How each task begins: settings with which something can be seen within a minute.
import type { RunSettings, TaskName, TaskSettings } from './fields.ts';

export interface Defaults {
  readonly task: TaskSettings;
  readonly run: RunSettings;
}

const run: RunSettings = {
  cell: 'lstm',
  activation: 'tanh',
  hidden: 32,
  layers: 1,
  init: 'orthogonal',
  gain: 1,
  forget: 1,
  bptt: 'full',
  k1: 10,
  k2: 10,
  optimizer: 'adam',
  rate: 0.005,
  clip: 'norm',
  limit: 1,
  l2: 0,
  dropout: 0,
};

const defaults: Readonly<Record<TaskName, Defaults>> = {
  text: {
    task: { task: 'text', length: 50, batch: 16, seed: 1, temperature: 0.7 },
    run: { ...run, hidden: 128, rate: 0.003 },
  },
  adding: { task: { task: 'adding', length: 30, batch: 32, seed: 1, temperature: 0.7 }, run: { ...run, rate: 0.01 } },
  copy: {
    task: { task: 'copy', length: 10, batch: 32, seed: 1, temperature: 0.7 },
    run: { ...run, hidden: 64, rate: 0.005 },
  },
  order: { task: { task: 'order', length: 40, batch: 32, seed: 1, temperature: 0.7 }, run },
  sine: { task: { task: 'sine', length: 60, batch: 16, seed: 1, temperature: 0.7 }, run },
  csv: { task: { task: 'csv', length: 56, batch: 16, seed: 1, temperature: 0.7 }, run: { ...run, dropout: 0.1 } },
};

/** The settings that a task begins with. */
export function defaultsOf(task: TaskName): Defaults {
  return defaults[task];
}
