// What the page says in words about how it stands, and about what is wrong.
import type { ConfigProblem } from '../settings/config.ts';
import { expected } from '../settings/field.tsx';
import type { Locale } from '../ui/locale.ts';
import { type NamedRun, nameOf } from '../ui/named-run.ts';
import type { Playground } from './playground.ts';

/** The newest note, or else whether it trains. Changes seldom: it is read out. */
export function statusText(playground: Playground, { t }: Locale): string {
  const { note, running, config } = playground;
  if (note !== undefined) return t(note.key, note.values);
  if (running) return t('status.running');
  const states = [playground.a, ...(config.b === undefined ? [] : [playground.b])];
  if (states.some(({ status }) => status === 'idle')) return t('status.idle');
  if (states.every(({ status }) => status === 'failed')) return '';
  const { learned } = playground;
  return learned === 0 ? t('status.ready') : t('status.paused', { step: learned });
}

/** What is wrong with a link. */
export function problemText({ key, value, field, taken }: ConfigProblem, { t }: Locale): string {
  if (field === undefined) return t('problem.key', { key });
  return t('problem.value', { key, value, expected: expected(field, t), taken: taken ?? '' });
}

/** Why a network can not go on. */
export function failureText({ name, state }: NamedRun, { t, count }: Locale): string | undefined {
  if (state.status !== 'failed') return undefined;
  const { problem, diverged } = state;
  const message = problem === undefined ? (state.message ?? '') : t(problem.key, problem.values);
  const values = { name: nameOf(name, t), message, step: count(diverged ?? 0) };
  return t(diverged === undefined ? 'error.start' : 'error.diverged', values);
}
