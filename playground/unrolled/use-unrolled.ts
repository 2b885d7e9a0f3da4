// The numbers of the network for the newest settings.
import { useEffect, useState } from 'preact/hooks';
import type { Settings } from './settings.ts';
import { type Unrolled, unroll } from './unroll.ts';

/** The numbers with the settings that they are of: while others are computed, those before stay. */
export interface Seen extends Unrolled {
  readonly settings: Settings;
}

export function useUnrolled(settings: Settings): Seen | undefined {
  const [seen, setSeen] = useState<Seen>();
  useEffect(() => {
    let newest = true;
    unroll(settings).then((numbers) => {
      if (newest) setSeen({ ...numbers, settings });
    });
    return () => {
      newest = false;
    };
  }, [settings]);
  // Numbers of fewer steps or units do not fit what is drawn.
  return seen?.settings.steps === settings.steps && seen.settings.units === settings.units ? seen : undefined;
}
