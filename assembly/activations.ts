// The nonlinearities of recurrent layers, f and its derivative. All derivatives can be written in terms of y = f(a), so that a
// backward pass keeps y alone.
// TANH          tanh a                          slope 1 - y²
// SIGMOID       1 / (1 + e^-a)                  slope y (1 - y)
// RELU          max(a, 0)                       slope 1 where y > 0, else 0
// IDENTITY      a                               slope 1
// SOFTSIGN      a / (1 + |a|)                   slope (1 - |y|)²          Turian, Bergstra and Bengio 2009
// HARD_SIGMOID  min(max(a/6 + 1/2, 0), 1)       slope 1/6 where 0 < y < 1, else 0: the form of PyTorch and Keras 3
// HARD_SIGMOID_FIFTH  the same with 1/5: the form of Keras 1 and 2
import { HARD_SIGMOID, IDENTITY, RELU, SIGMOID, SOFTSIGN, TANH } from "../build/abi";
import { sigmoid, tanh } from "./math";

/** max(a, 0), but not max(): a NaN must come through and be reported, not become 0. */
// @ts-ignore: decorator
@inline export function relu(a: v128): v128 {
  return v128.andnot(a, v128.lt<real>(a, v128.splat<real>(0)));
}

/** Over how long a run a hard sigmoid rises from 0 to 1. */
// @ts-ignore: decorator
@inline function run(kind: i32): real {
  return kind == HARD_SIGMOID ? 6 : 5;
}

/** One body for all places where the kind is not known. */
function anyOf(a: v128, kind: i32): v128 {
  if (kind == TANH) return tanh(a);
  if (kind == SIGMOID) return sigmoid(a);
  if (kind == RELU) return relu(a);
  const zero = v128.splat<real>(0);
  const one = v128.splat<real>(1);
  if (kind == SOFTSIGN) return v128.div<real>(a, v128.add<real>(one, v128.abs<real>(a)));
  if (kind == IDENTITY) return a;
  const y = v128.add<real>(v128.div<real>(a, v128.splat<real>(run(kind))), v128.splat<real>(0.5));
  return v128.pmin<real>(v128.pmax<real>(y, zero), one);
}

/** f(a). */
// @ts-ignore: decorator
@inline export function activate(a: v128, kind: i32): v128 {
  return anyOf(a, kind);
}

function anySlope(y: v128, kind: i32): v128 {
  const one = v128.splat<real>(1);
  if (kind == TANH) return v128.sub<real>(one, v128.mul<real>(y, y));
  if (kind == SIGMOID) return v128.mul<real>(y, v128.sub<real>(one, y));
  const zero = v128.splat<real>(0);
  if (kind == RELU) return v128.and(one, v128.gt<real>(y, zero));
  if (kind == SOFTSIGN) {
    const rest = v128.sub<real>(one, v128.abs<real>(y));
    return v128.mul<real>(rest, rest);
  }
  if (kind == IDENTITY) return one;
  return v128.and(v128.splat<real>(1 / run(kind)), v128.and(v128.gt<real>(y, zero), v128.lt<real>(y, one)));
}

/** f'(a) from y = f(a). */
// @ts-ignore: decorator
@inline export function slope(y: v128, kind: i32): v128 {
  return anySlope(y, kind);
}

/** φ of a cell: tanh in line where the cell is the usual one. */
// @ts-ignore: decorator
@inline export function phi(a: v128, kind: i32, usual: bool): v128 {
  return usual ? tanh(a) : activate(a, kind);
}

/** σ of a gate: the sigmoid in line where the cell is the usual one. */
// @ts-ignore: decorator
@inline export function sigma(a: v128, kind: i32, usual: bool): v128 {
  return usual ? sigmoid(a) : activate(a, kind);
}

/** φ' from y = φ(a). */
// @ts-ignore: decorator
@inline export function phiSlope(y: v128, kind: i32, usual: bool): v128 {
  if (!usual) return slope(y, kind);
  return v128.sub<real>(v128.splat<real>(1), v128.mul<real>(y, y));
}

/** σ' from y = σ(a). */
// @ts-ignore: decorator
@inline export function sigmaSlope(y: v128, kind: i32, usual: bool): v128 {
  if (!usual) return slope(y, kind);
  return v128.mul<real>(y, v128.sub<real>(v128.splat<real>(1), y));
}
