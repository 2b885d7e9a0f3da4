// How features change from frame to frame.
import { BpttError } from '../../base/errors.ts';
import { nothing, type Stage } from './stage.ts';

/** Weights of the frames around one, an odd number of them, for each order of differences. */
export interface Differences {
  readonly orders: readonly Float64Array[];
  /** Near the ends: the outermost frames again, or the differences of the nearest frame that has all its neighbours. */
  readonly ends: 'frames again' | 'nearest';
}

const places = (half: number) => Float64Array.from({ length: 2 * half + 1 }, (_, i) => i - half);
const sumOf = (values: Float64Array, of: (value: number) => number) => values.reduce((sum, n) => sum + of(n), 0);

/** Kaldi's, and HTK's: the slope of a line through 5 frames, and the slope of the slopes. */
export function kaldiDifferences(orders: number): Differences {
  const first = places(2).map((n) => n / 10);
  const second = places(4).map((n) =>
    first.reduce((sum, weight, i) => sum + weight * (first[n + 2 - (i - 2)] ?? 0), 0),
  );
  return { orders: [first, second].slice(0, orders), ends: 'frames again' };
}

/** librosa's, and SciPy's `savgol_filter` (Savitzky and Golay 1964): slope and curvature of a line and a parabola through 9 frames. */
export function librosaDifferences(orders: number): Differences {
  const n = places(4);
  const [squares, fourths] = [sumOf(n, (x) => x * x), sumOf(n, (x) => x * x * x * x)];
  const first = n.map((x) => x / squares);
  const second = n.map((x) => (2 * (n.length * x * x - squares)) / (n.length * fourths - squares * squares));
  return { orders: [first, second].slice(0, orders), ends: 'nearest' };
}

/** Appends to each frame of so many features its differences, order after order. */
export function deltas(where: string, size: number, { orders, ends }: Differences): Stage {
  const half = Math.max(...orders.map(({ length }) => (length - 1) / 2));
  let rows: Float64Array[] = []; // frames from `from` on
  let from = 0;
  let done = 0;

  const row = (t: number, total: number): Float64Array => {
    const all = new Float64Array(size * (1 + orders.length));
    all.set(rows[t - from]!);
    for (const [order, weights] of orders.entries()) {
      const reach = (weights.length - 1) / 2;
      const centre = ends === 'nearest' ? Math.min(Math.max(t, reach), total - 1 - reach) : t;
      const into = all.subarray((order + 1) * size, (order + 2) * size);
      for (const [i, weight] of weights.entries()) {
        const frame = rows[Math.min(Math.max(centre + i - reach, 0), total - 1) - from]!;
        for (let f = 0; f < size; f++) into[f]! += weight * frame[f]!;
      }
    }
    return all;
  };
  const take = (ready: number): Float64Array => {
    if (ready <= done) return nothing;
    const total = from + rows.length;
    const result = new Float64Array((ready - done) * size * (1 + orders.length));
    for (let at = 0; done < ready; done++, at += size * (1 + orders.length)) result.set(row(done, total), at);
    const passed = Math.max(0, done - 2 * half - from); // the last frames look back from the nearest that has all
    rows = rows.slice(passed);
    from += passed;
    return result;
  };
  return {
    push(values) {
      for (let at = 0; at < values.length; at += size) rows.push(values.slice(at, at + size));
      const total = from + rows.length;
      return total <= 2 * half ? nothing : take(total - half);
    },
    end() {
      const total = from + rows.length;
      if (ends === 'nearest' && total > 0 && total <= 2 * half) {
        throw new BpttError(
          'invalid-argument',
          `${where}.deltas: expected at least ${2 * half + 1} frames, got ${total}`,
        );
      }
      return take(total);
    },
  };
}
