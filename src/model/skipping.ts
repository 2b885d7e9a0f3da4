// What inputs need that skip steps: loaded with the first model that has one.
import type { Graph } from './graph.ts';

/** What marks the steps, once there is such a model. */
export let skipping: typeof import('./skipped-steps.ts') | undefined;

/** @throws BpttError for an input that cannot skip steps. */
export async function loadSkipping({ inputs, clocks }: Graph): Promise<void> {
  if (inputs.every(({ skip }) => skip === undefined)) return;
  skipping = await import('./skipped-steps.ts');
  for (const input of inputs) skipping.checkSkip(input, clocks);
}
