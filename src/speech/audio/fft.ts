// The power spectrum of real numbers. Twiddles come from exact cosines: those of Math differ between engines.
import { cosineOfAnyPi, sineOfPi } from '../../base/exact-sine.ts';

/**
 * |X_k|² for k = 0 to N/2 of X_k = Σ_n x_n e^(-2πi nk/N), N a power of two from 4 on, of N or fewer numbers, behind which zeros are thought.
 * An FFT of N/2 complex numbers, even and odd samples, in radix 2 with decimation in time (Cooley and Tukey 1965), and from it that of the N
 * real ones (Press et al., Numerical Recipes, 12.3).
 */
export function powerSpectrum(N: number): (x: Float64Array, power: Float64Array) => void {
  const M = N / 2;
  const cosines = Float64Array.from({ length: M }, (_, k) => cosineOfAnyPi((2 * k) / N));
  const sines = Float64Array.from({ length: M }, (_, k) => -sineOfPi((2 * k) / N));
  const places = reversedBits(M);
  const re = new Float64Array(M);
  const im = new Float64Array(M);
  return (x, power) => {
    for (let n = 0; n < M; n++) {
      const at = places[n]!;
      re[at] = 2 * n < x.length ? x[2 * n]! : 0;
      im[at] = 2 * n + 1 < x.length ? x[2 * n + 1]! : 0;
    }
    transform(re, im, cosines, sines);
    // X_k = E_k + w^k O_k, where E and O are of the even and the odd samples, and Z = E + iO.
    const [sum, difference] = [re[0]! + im[0]!, re[0]! - im[0]!];
    power[0] = sum * sum;
    power[M] = difference * difference;
    for (let k = 1; k < M; k++) {
      const j = M - k;
      const evenRe = (re[k]! + re[j]!) / 2;
      const evenIm = (im[k]! - im[j]!) / 2;
      const oddRe = (im[k]! + im[j]!) / 2;
      const oddIm = (re[j]! - re[k]!) / 2;
      const [c, s] = [cosines[k]!, sines[k]!];
      const xRe = evenRe + c * oddRe - s * oddIm;
      const xIm = evenIm + c * oddIm + s * oddRe;
      power[k] = xRe * xRe + xIm * xIm;
    }
  };
}

function reversedBits(M: number): Int32Array {
  const places = new Int32Array(M);
  for (let n = 1; n < M; n++) places[n] = (places[n >> 1]! >> 1) + (n % 2 === 1 ? M / 2 : 0);
  return places;
}

/** In place, of numbers whose places have reversed bits; the twiddles are those of twice as many. */
function transform(re: Float64Array, im: Float64Array, cosines: Float64Array, sines: Float64Array): void {
  const M = re.length;
  for (let half = 1; half < M; half *= 2) {
    const stride = M / half; // of the table, which has 2M parts of a turn
    for (let k = 0; k < half; k++) {
      const c = cosines[k * stride]!;
      const s = sines[k * stride]!;
      for (let a = k; a < M; a += 2 * half) {
        const b = a + half;
        const xRe = c * re[b]! - s * im[b]!;
        const xIm = c * im[b]! + s * re[b]!;
        re[b] = re[a]! - xRe;
        im[b] = im[a]! - xIm;
        re[a]! += xRe;
        im[a]! += xIm;
      }
    }
  }
}
