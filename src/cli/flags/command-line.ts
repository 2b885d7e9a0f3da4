// A training as it would be typed.
import { isChosen } from './choose.ts';
import { typed } from './flags.ts';
import { type TrainValues, trainFlags } from './train-flags.ts';

/** Flags that say what to do with this run, and nothing about the training. */
export const runFlags: readonly string[] = ['resume', 'restart', 'overwrite', 'json', 'chart', 'report'];

/** The flags of a training with their values, as they are typed. */
export function flagsOf(values: TrainValues): Readonly<Record<string, unknown>> {
  const kept = Object.entries(values).filter(([name]) => !runFlags.includes(name));
  return Object.fromEntries(kept.map(([name, value]) => [typed(name), value]));
}

/** The command that does a training again: the flags whose values are not the defaults, and those that would be chosen. */
export function commandLine(paths: readonly string[], values: TrainValues): string {
  const flags = Object.entries(trainFlags).flatMap(([name, flag]) => {
    const value = values[name as keyof TrainValues];
    if (runFlags.includes(name) || value === undefined || value === false) return [];
    if (value === flag.default && !isChosen(name)) return [];
    return value === true ? [typed(name)] : [typed(name), quoted(String(value))];
  });
  return ['npx bptt train', ...paths.map(quoted), ...flags].join(' ');
}

/** Some flags with their values as one types them. */
export function typedFlags(values: Partial<TrainValues>): string {
  const said = Object.entries(values).filter(([, value]) => value !== false && value !== undefined);
  return said
    .map(([name, value]) => (value === true ? typed(name) : `${typed(name)} ${quoted(String(value))}`))
    .join(' ');
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w./:=+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
