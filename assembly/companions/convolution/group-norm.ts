// Group normalisation (Wu and He 2018): of each row of the batch and each group of channels all pixels of all columns have mean 0 and variance 1.
//
// x: [T, B, ld], each row H pixels of C channels; padding: octets [T,B], or 0; stats: [B, lds], the mean of each of G groups and one over its deviation.
// Sums are f64, and go from the last column to the first.
import { bytes } from '../../simd';

// @ts-ignore: decorator
@inline function skipped(padding: usize, place: i32): bool {
  return padding != 0 && load<u8>(padding + <usize>place) != 0;
}

/** Mean and 1/sqrt(variance + ε) of each row and group. */
export function groupMoments(
  stats: usize, lds: i32, x: usize, padding: usize, T: i32, B: i32, H: i32, C: i32, G: i32, ld: i32, epsilon: f64,
): void {
  const width = C / G;
  for (let row = 0; row < B; row++) {
    let steps = 0;
    for (let t = 0; t < T; t++) steps += i32(!skipped(padding, t * B + row));
    const n = <f64>(steps * H * width);
    for (let g = 0; g < G; g++) {
      let sum: f64 = 0, squares: f64 = 0, mean: f64 = 0;
      for (let pass = 0; pass < 2; pass++) {
        for (let t = T - 1; t >= 0; t--) {
          if (skipped(padding, t * B + row)) continue;
          const column = x + <usize>(t * B + row) * bytes(ld) + bytes(g * width);
          for (let h = 0; h < H; h++) {
            for (let c = 0; c < width; c++) {
              const value = <f64>load<real>(column + bytes(h * C + c));
              if (pass == 0) sum += value;
              else squares += (value - mean) * (value - mean);
            }
          }
        }
        if (pass == 0) mean = sum / n;
      }
      const at = stats + <usize>row * bytes(lds) + bytes(2 * g);
      store<real>(at, <real>mean);
      store<real>(at, <real>(1 / Math.sqrt(squares / n + epsilon)), sizeof<real>());
    }
  }
}

/** y = gain (x - mean) / deviation + bias; 0 where a column is padding. */
export function groupNormalize(
  y: usize, x: usize, stats: usize, lds: i32, gain: usize, bias: usize, padding: usize, T: i32, B: i32, H: i32, C: i32, G: i32, ld: i32,
): void {
  const width = C / G;
  for (let place = 0; place < T * B; place++, x += bytes(ld), y += bytes(ld)) {
    if (skipped(padding, place)) {
      memory.fill(y, 0, bytes(H * C));
      continue;
    }
    const own = stats + <usize>(place % B) * bytes(lds);
    for (let i = 0; i < H * C; i++) {
      const c = i % C;
      const at = own + bytes(2 * (c / width));
      const normal = (load<real>(x + bytes(i)) - load<real>(at)) * load<real>(at, sizeof<real>());
      store<real>(y + bytes(i), load<real>(gain + bytes(c)) * normal + load<real>(bias + bytes(c)));
    }
  }
}

/** dGain += Σ dy x̂ and dBias += Σ dy, from the last column to the first, and of each row its pixels from the last to the first. */
export function groupNormalizeWeights(
  dGain: usize, dBias: usize, dy: usize, x: usize, stats: usize, lds: i32, padding: usize, T: i32, B: i32, H: i32, C: i32, G: i32, ld: i32,
): void {
  const width = C / G;
  for (let place = T * B - 1; place >= 0; place--) {
    if (skipped(padding, place)) continue;
    const row = <usize>place * bytes(ld);
    const own = stats + <usize>(place % B) * bytes(lds);
    for (let i = H * C - 1; i >= 0; i--) {
      const c = i % C;
      const at = own + bytes(2 * (c / width));
      const normal = (load<real>(x + row + bytes(i)) - load<real>(at)) * load<real>(at, sizeof<real>());
      const d = load<real>(dy + row + bytes(i));
      store<real>(dGain + bytes(c), load<real>(dGain + bytes(c)) + d * normal);
      store<real>(dBias + bytes(c), load<real>(dBias + bytes(c)) + d);
    }
  }
}

/** dx = (d - mean(d) - x̂ mean(d x̂)) / deviation with d = gain dy, or dx += that where `adds`. */
export function groupNormalizeBack(
  dx: usize, dy: usize, x: usize, stats: usize, lds: i32, gain: usize, padding: usize, T: i32, B: i32, H: i32, C: i32, G: i32, ld: i32, adds: bool,
): void {
  const width = C / G;
  for (let row = 0; row < B; row++) {
    let steps = 0;
    for (let t = 0; t < T; t++) steps += i32(!skipped(padding, t * B + row));
    const n = <f64>(steps * H * width);
    for (let g = 0; g < G; g++) {
      const at = stats + <usize>row * bytes(lds) + bytes(2 * g);
      const mean = <f64>load<real>(at), inverse = <f64>load<real>(at, sizeof<real>());
      let sum: f64 = 0, product: f64 = 0;
      for (let pass = 0; pass < 2; pass++) {
        for (let t = T - 1; t >= 0; t--) {
          const column = <usize>(t * B + row) * bytes(ld) + bytes(g * width);
          const counts = !skipped(padding, t * B + row);
          for (let h = 0; h < H; h++) {
            for (let c = 0; c < width; c++) {
              const i = column + bytes(h * C + c);
              const normal = (<f64>load<real>(x + i) - mean) * inverse;
              const d = <f64>load<real>(dy + i) * <f64>load<real>(gain + bytes(g * width + c));
              if (pass == 0) {
                if (!counts) continue;
                sum += d;
                product += d * normal;
              } else {
                const value = counts ? inverse * (d - sum / n - normal * (product / n)) : 0;
                store<real>(dx + i, <real>((adds ? <f64>load<real>(dx + i) : 0) + value));
              }
            }
          }
        }
      }
    }
  }
}
