// The random masks of a recurrent layer: dropout of the state that W sees, and zoneout.
import type { Binding, Draw } from '../contract.ts';
import { drawOnce, drawSteps } from '../parts/masks.ts';
import type { Buffers } from './buffers.ts';
import type { RecurrentDescription } from './options.ts';

export function bindMasks(
  { kernels, rows: B }: Binding,
  { dropout, zoneoutH, zoneoutC }: Buffers,
  { units: H, recurrentDropout, zoneout }: RecurrentDescription,
) {
  const zoneouts = [
    { track: zoneoutH, rate: zoneout.hidden ?? 0 },
    { track: zoneoutC, rate: zoneout.cell ?? 0 },
  ];
  return {
    /** The masks of new steps. */
    draw(from: number, to: number, draw: Draw): void {
      if (dropout !== undefined) drawOnce(kernels, dropout, from, to, B, H, 1 - recurrentDropout, draw);
      for (const { track, rate } of zoneouts) {
        if (track !== undefined) drawSteps(kernels, track, from, to, B, H, rate, 1, draw);
      }
    },
    /** Outside of training each unit keeps the share of its old value that is its rate. */
    fill(from: number, to: number): void {
      for (const { track, rate } of zoneouts) {
        if (track !== undefined) kernels.fill(track.pointer + from * track.stride, rate, (to - from) * B * track.ld);
      }
    },
  };
}
