// What a recurrent layer has that another library's has not.
import { show } from '../base/check.ts';
import type { Only } from '../layers/recurrent/cell.ts';
import type { DirectedDescription } from '../layers/recurrent/cells.ts';

/**
 * What makes a layer another function than it would be there, outside of training too; undefined: nothing.
 *
 * @param only What its options are limited to there; undefined where its cell is not there at all.
 */
export function missingFrom(only: Only | undefined, layer: DirectedDescription): string | undefined {
  if (only === undefined) return `cell ${show(layer.kind)}`;
  if (layer.layerNorm) return 'layerNorm';
  if (isZonedOut(layer)) return 'zoneout';
  for (const [option, values] of Object.entries(only)) {
    const value: unknown = layer[option as keyof DirectedDescription];
    if (!values.includes(value)) return value === true ? option : `${option} ${show(value)}`;
  }
  return undefined;
}

/** Whether units keep a share of their old values, outside of training too. */
export function isZonedOut({ zoneout }: DirectedDescription): boolean {
  return zoneout.hidden > 0 || (zoneout.cell ?? 0) > 0;
}
