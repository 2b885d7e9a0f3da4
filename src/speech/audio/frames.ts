// Samples cut into overlapping frames.
import { nothing, type Stage } from './stage.ts';

export interface FrameLayout {
  /** Samples of a frame, and from the start of one to that of the next. */
  readonly length: number;
  readonly shift: number;
  /** Where the first begins: below 0 where it is centred on a sample near the first. */
  readonly first: number;
  /** What lies before the first sample and behind the last: zeros, or the samples in reverse, the outermost twice. */
  readonly beyond: 'zeros' | 'reflection';
  /** How many frames n samples have. */
  count(n: number): number;
}

/** Turns samples into rows of `size` numbers, one a frame; `read` gets a frame that is its own to change. */
export function frames(
  layout: FrameLayout,
  size: number,
  read: (frame: Float64Array, into: Float64Array) => void,
): Stage<Float32Array<ArrayBufferLike>> {
  const { length, shift, first, beyond, count } = layout;
  let kept = new Float32Array(0); // samples from `from` to `to`
  let from = 0;
  let to = 0;
  let done = 0;
  const frame = new Float64Array(length);

  const sampleAt = (place: number, n: number): number => {
    let i = place;
    if (beyond === 'zeros') return i < 0 || i >= n ? 0 : kept[i - from]!;
    while (i < 0 || i >= n) i = i < 0 ? -i - 1 : 2 * n - 1 - i;
    return kept[i - from]!;
  };
  const take = (ready: number, n: number): Float64Array => {
    if (ready <= done) return nothing;
    const rows = new Float64Array((ready - done) * size);
    for (let at = 0; done < ready; done++, at += size) {
      const start = first + done * shift;
      if (start >= 0 && start + length <= n) frame.set(kept.subarray(start - from, start - from + length));
      else for (let i = 0; i < length; i++) frame[i] = sampleAt(start + i, n);
      read(frame, rows.subarray(at, at + size));
    }
    return rows;
  };
  return {
    push(samples) {
      // What the end reflects lies within a frame's length of the next frame.
      const useful = Math.min(to, Math.max(from, first + done * shift - length));
      const longer = new Float32Array(to - useful + samples.length);
      longer.set(kept.subarray(useful - from));
      longer.set(samples, to - useful);
      [kept, from, to] = [longer, useful, to + samples.length];
      // Those before the first sample are reflections of ones that must be there.
      if (beyond === 'reflection' && to < -first) return nothing;
      return take(Math.floor((to - length - first) / shift) + 1, to);
    },
    end: () => take(to === 0 ? 0 : count(to), to),
  };
}
