// Random masks of dropout and zoneout: functions of seed, batch, window or step, and place, whatever is drawn at once.
import type { Kernels, Pointer } from '../../wasm/kernels.ts';
import type { Draw, Track } from '../contract.ts';

/** A mask [rows, columns] for a whole window: 1 / kept with the probability `kept`, else 0. */
export function drawWindow(
  kernels: Kernels,
  mask: Pointer,
  rows: number,
  columns: number,
  ld: number,
  kept: number,
  draw: Draw,
): void {
  const [low, high] = draw.seed;
  const { window, batch } = draw;
  kernels.bernoulli(mask, rows, columns, ld, kept, 1 / kept, low, high, 0, window + 1, batch, draw.mask());
}

/** One mask for all steps from `from` to `to`. */
export function drawOnce(
  kernels: Kernels,
  track: Track,
  from: number,
  to: number,
  rows: number,
  columns: number,
  kept: number,
  draw: Draw,
): void {
  const first = track.pointer + from * track.stride;
  drawWindow(kernels, first, rows, columns, track.ld, kept, draw);
  for (let step = from + 1; step < to; step++)
    kernels.copy(track.pointer + step * track.stride, first, rows * track.ld);
}

/** A mask for each step: `value` with this probability, else 0. */
export function drawSteps(
  kernels: Kernels,
  track: Track,
  from: number,
  to: number,
  rows: number,
  columns: number,
  probability: number,
  value: number,
  draw: Draw,
): void {
  const [low, high] = draw.seed;
  const first = track.pointer + from * track.stride;
  const count = (to - from) * rows;
  kernels.bernoulli(
    first,
    count,
    columns,
    track.ld,
    probability,
    value,
    low,
    high,
    draw.step * rows,
    0,
    draw.batch,
    draw.mask(),
  );
}
