// What the page says in words about how it stands, and about what is wrong.
import type { ConfigProblem } from '../settings/config.ts';
import { expected } from '../settings/field.tsx';
import type { Locale } from '../ui/locale.ts';
import type { NamedRun } from '../ui/named-run.ts';
import type { Note } from './playground.ts';

/** The newest note, or else whether it trains. Changes seldom: it is read out. */
export function statusText(note: Note | undefined, runs: readonly NamedRun[], { t, count }: Locale): string {
  if (note !== undefined) return t(note.key, note.values);
  const states = runs.map(({ state }) => state);
  if (states.some(({ status }) => status === 'running')) return t('status.running');
  const paused = states.find(({ status }) => status === 'paused');
  if (paused?.snapshot === undefined) return states.some(({ status }) => status === 'idle') ? t('status.idle') : '';
  const { step } = paused.snapshot;
  return step === 0 ? t('status.ready') : t('status.paused', { step: count(step) });
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
  const values = { name: name === undefined ? '' : ` ${name}`, message, step: count(diverged ?? 0) };
  return t(diverged === undefined ? 'error.start' : 'error.diverged', values);
}
