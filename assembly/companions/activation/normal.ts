// The normal distribution's density and distribution function.
//
// With z = |x| / √2 and t = 2 / (2 + z), erfc(z) = t e^(-z²) P(2t - 1), where P is smooth on [-1, 1]: a sum of Chebyshev polynomials, whose
// coefficients were computed in 50 digits (the integral over the angle by 400 points). The first that is left out is 4e-9 in f32 and 5e-18
// in f64, and the tails keep their relative accuracy.
import { bytes } from '../../simd';
import { expNonPositive } from '../../math';

/** The coefficients of P, the first of them halved. */
// @ts-ignore: decorator
@inline const TERMS: i32 = sizeof<real>() == 4 ? 12 : 27;
const CHEBYSHEV: usize = sizeof<real>() == 4
  ? memory.data<real>([
    0.5770337386164697, 0.3554369212704985, 0.06509515882878653, 0.003671142395836639, -0.0011128447433526325,
    -0.0001607582991537808, 3.278031574173137e-05, 5.442441645505016e-06, -1.5154665553171482e-06,
    -1.4297608181169865e-07, 8.234608827419493e-08, -1.2962846852306563e-09,
  ])
  : memory.data<real>([
    0.5770337386164697, 0.3554369212704985, 0.06509515882878653, 0.003671142395836639, -0.0011128447433526325,
    -0.0001607582991537808, 3.278031574173137e-05, 5.442441645505016e-06, -1.5154665553171482e-06,
    -1.4297608181169865e-07, 8.234608827419493e-08, -1.2962846852306563e-09, -4.154721631015199e-09,
    6.347058278362811e-10, 1.4320822712256225e-10, -6.160390105204585e-11, 2.0612138554721698e-12,
    3.5714931488477042e-12, -8.586422843251796e-13, -6.14560021379063e-14, 7.418725748596617e-14,
    -1.2895042755032325e-14, -2.358726385710632e-15, 1.5729349381685912e-15, -2.2782966239546465e-16,
    -6.31233045075643e-17, 3.5916763531814925e-17,
  ]);

// @ts-ignore: decorator
@inline function all(x: f64): v128 {
  return v128.splat<real>(<real>x);
}

/** P(u), by Clenshaw's recurrence. */
function chebyshev(u: v128): v128 {
  const twice = v128.add<real>(u, u);
  let b1 = all(0);
  let b2 = all(0);
  for (let j = TERMS - 1; j > 0; j--) {
    const b = v128.add<real>(v128.sub<real>(v128.mul<real>(twice, b1), b2), v128.splat<real>(load<real>(CHEBYSHEV + bytes(j))));
    b2 = b1;
    b1 = b;
  }
  return v128.add<real>(v128.sub<real>(v128.mul<real>(u, b1), b2), v128.splat<real>(load<real>(CHEBYSHEV)));
}

/** e^(-x²/2). */
// @ts-ignore: decorator
@inline function bell(x: v128): v128 {
  return expNonPositive(v128.mul<real>(v128.mul<real>(x, x), all(-0.5)));
}

function cdf(x: v128): v128 {
  const z = v128.mul<real>(v128.abs<real>(x), all(0.7071067811865476));
  const t = v128.div<real>(all(2), v128.add<real>(all(2), z));
  const p = chebyshev(v128.sub<real>(v128.add<real>(t, t), all(1)));
  const tail = v128.mul<real>(v128.mul<real>(v128.mul<real>(all(0.5), t), bell(x)), p);
  return v128.bitselect(tail, v128.sub<real>(all(1), tail), v128.lt<real>(x, all(0)));
}

/** Φ(x) = erfc(-x/√2) / 2, by a call. */
// @ts-ignore: decorator
@inline export function normalCdf(x: v128): v128 {
  return cdf(x);
}

/** φ(x) = e^(-x²/2) / √(2π). */
// @ts-ignore: decorator
@inline export function normalPdf(x: v128): v128 {
  return v128.mul<real>(bell(x), all(0.3989422804014327));
}
