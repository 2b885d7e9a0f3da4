// Features of mean 0 and variance 1, over a whole utterance or over what was heard last. What rooms, voices and microphones have in common with
// themselves is gone then.
import { atTheEnd, nothing, type Stage } from './stage.ts';

/** Added to variances, so that what never changes becomes 0. */
const EPSILON = 1e-5;

/** Each feature minus its mean over all frames, divided by their standard deviation. */
export function overUtterance(size: number): Stage {
  return atTheEnd((all) => {
    const T = all.length / size;
    const result = new Float64Array(all.length);
    for (let f = 0; f < size; f++) {
      let sum = 0;
      for (let i = f; i < all.length; i += size) sum += all[i]!;
      const mean = sum / T;
      let squares = 0;
      for (let i = f; i < all.length; i += size) squares += (all[i]! - mean) * (all[i]! - mean);
      const deviation = Math.sqrt(squares / T + EPSILON);
      for (let i = f; i < all.length; i += size) result[i] = (all[i]! - mean) / deviation;
    }
    return result;
  });
}

/** The same over the newest `window` frames, of which each is the last when it is its turn. */
export function running(size: number, window: number): Stage {
  const kept: Float64Array[] = [];
  let t = 0;
  const sums = new Float64Array(size);
  const squares = new Float64Array(size);
  return {
    push(values) {
      if (values.length === 0) return nothing;
      const result = new Float64Array(values.length);
      for (let at = 0; at < values.length; at += size, t++) {
        const oldest = kept[t % window];
        const count = Math.min(t + 1, window);
        for (let f = 0; f < size; f++) {
          const x = values[at + f]!;
          const gone = oldest?.[f] ?? 0;
          sums[f]! += x - gone;
          squares[f]! += x * x - gone * gone;
          const mean = sums[f]! / count;
          const variance = Math.max(0, squares[f]! / count - mean * mean); // rounding alone makes it less than 0
          result[at + f] = (x - mean) / Math.sqrt(variance + EPSILON);
        }
        kept[t % window] = values.slice(at, at + size);
      }
      return result;
    },
    end: () => nothing,
  };
}
