// The networks that the views show.

import type { RunState } from '../app/runner.ts';
import type { Translate } from '../app/strings.ts';
import type { RunSettings } from '../settings/fields.ts';

/** A network with its name and colour. */
export interface NamedRun {
  readonly letter: 'a' | 'b';
  /** What it has other than the second network; undefined when there is only one. */
  readonly name: string | undefined;
  readonly color: '--a' | '--b';
  readonly settings: RunSettings;
  readonly state: RunState;
}

/** `LSTM: text`, or the text alone when there is only one network. */
export function labeled({ name }: NamedRun, text: string): string {
  return name === undefined ? text : `${name}: ${text}`;
}

/** What a network is called in a sentence. */
export function nameOf(name: string | undefined, t: Translate): string {
  return name === undefined ? t('network') : t('network.named', { name });
}
