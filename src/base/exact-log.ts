// exp and log in + - * / alone, which every engine computes to the same bits; those of Math differ. For what is said and not what is learned
// there is no kernel to call: a few numbers at a time.
const HIGH = 0.6931471803691238; // ln 2 in two parts, as in assembly/math.ts
const LOW = 1.9082149292705877e-10;
const LOG2E = Math.LOG2E;

const word = new DataView(new ArrayBuffer(8));

/** 2^k of a whole k from -1022 to 1023. */
function powerOfTwo(k: number): number {
  word.setUint32(0, (k + 1023) << 20);
  word.setUint32(4, 0);
  return word.getFloat64(0);
}

/** e^x, within 1.5 units in the last place; the formula is that of `exp` in assembly/math.ts. */
export function exp(x: number): number {
  if (!(x > -746)) return x < 0 ? 0 : Number.NaN;
  if (x > 710) return Number.POSITIVE_INFINITY;
  const k = Math.round(x * LOG2E);
  const r = x - k * HIGH - k * LOW;
  const q = r * r;
  const tail = 6.613756320843023e-5 + q * (-1.653390096387832e-6 + q * 4.138074288524028e-8);
  const c = 2 + q * (0.16666666666666602 + q * (-0.0027777777777016296 + q * tail));
  const half = k >> 1;
  return (1 + (2 * r) / (c - r)) * powerOfTwo(half) * powerOfTwo(k - half);
}

/** ln x, within 1 unit in the last place; -Infinity of 0, NaN below. After fdlibm's e_log.c (Sun Microsystems 1993). */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  const lift = x < 2.2250738585072014e-308 ? 54 : 0;
  word.setFloat64(0, lift > 0 ? x * 18014398509481984 : x);
  // x = 2^k (1 + f) with 1 + f from √½ to √2.
  const moved = word.getUint32(0) + 0x95f62;
  const k = (moved >>> 20) - 1023 - lift;
  word.setUint32(0, (moved & 0xfffff) + 0x3fe6a09e);
  const f = word.getFloat64(0) - 1;
  const s = f / (2 + f);
  const h = (f * f) / 2;
  const w = s * s;
  const tail = 0.1818357518141147 + w * (0.15313755398726742 + w * 0.14799069309117852);
  const sum =
    0.6666666666666735 + w * (0.3999999999940747 + w * (0.2857142874414509 + w * (0.2222219837813301 + w * tail)));
  return k * HIGH + (f - (h - (s * (h + w * sum) + k * LOW)));
}

/** ln(e^a + e^b). */
export function logAdd(a: number, b: number): number {
  const high = a < b ? b : a;
  const low = a < b ? a : b;
  // What is smaller by so much is lost in rounding.
  return low - high > -40 ? high + log(1 + exp(low - high)) : high;
}
