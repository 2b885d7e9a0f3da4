// The networks that the views show.

import type { RunState } from '../app/runner.ts';
import type { RunSettings } from '../settings/fields.ts';

/** A network with its name and colour. */
export interface NamedRun {
  /** Undefined when there is only one. */
  readonly name: 'A' | 'B' | undefined;
  readonly color: '--a' | '--b';
  readonly settings: RunSettings;
  readonly state: RunState;
}

/** `A: text`, or the text alone when there is only one network. */
export function labeled({ name }: NamedRun, text: string): string {
  return name === undefined ? text : `${name}: ${text}`;
}
