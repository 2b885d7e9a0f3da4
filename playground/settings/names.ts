// What two networks are called: by what one has other than the other.
import type { Key } from '../app/strings.ts';
import type { Locale } from '../ui/locale.ts';
import { isUsed, type RunField, type RunSettings, runFieldNames, runFields } from './fields.ts';

/** Settings that a name tells at most. */
const MOST = 2;

/** Two names that differ; A and B where the networks do not. */
export function namesOf(a: RunSettings, b: RunSettings, locale: Locale): readonly [string, string] {
  const names = [a, b].map((run) => nameOf(run, differing(a, b), locale)) as [string, string];
  return names[0] === names[1] ? ['A', 'B'] : names;
}

/** The settings in which they differ, as far as these mean something for both. */
function differing(a: RunSettings, b: RunSettings): readonly RunField[] {
  const both = (name: RunField) => isUsed(name, a) && isUsed(name, b);
  return runFieldNames.filter((name) => a[name] !== b[name] && both(name)).slice(0, MOST);
}

function nameOf(run: RunSettings, fields: readonly RunField[], { t, number }: Locale): string {
  // A cell says so much that the rest need not be told; the simplest is known by its activation.
  if (fields.includes('cell')) return run.cell === 'elman' ? t(`activation.${run.activation}`) : t(`cell.${run.cell}`);
  if (fields.includes('activation')) return t(`activation.${run.activation}`);
  const part = (name: RunField) => {
    if (name === 'k1' || name === 'k2') return `${name} = ${run[name]}`;
    if (name === 'bptt') return run.bptt === 'full' ? t('bptt.full') : `k2 = ${run.k2}`;
    if (name === 'clip')
      return run.clip === 'off' ? t('name.unclipped') : t('name.clip', { how: t(`clip.${run.clip}`) });
    if ('values' in runFields[name]) return t(`${name}.${run[name]}` as Key);
    return `${t(`field.${name}`)} ${number(Number(run[name]))}`;
  };
  return fields.map(part).join(', ');
}
