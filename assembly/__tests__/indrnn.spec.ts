// One step of the IndRNN forward and backward against plain f64 loops: each f, rows that end in padding.
import { PANEL, padded } from '../simd';
import { indrnnBack, indrnnStep } from '../cells/indrnn';
import { CELL_KINDS, slopeOf, valueOf } from './scalar';
import { block, copy, differences, EPSILON, errorOf, get, matrix, strayPadding, worse } from './blocks';

const ROWS: i32 = 3;

/** The largest error of a step and of its backward, with H units. */
function errorOfStep(H: i32, kind: i32): f64 {
  const ld = padded(H);
  const a = matrix(1, ROWS, H, ld, 3);
  const u = matrix(2, 1, H, ld, 1);
  const seen = matrix(3, ROWS, H, ld, 1);
  const dh = matrix(4, ROWS, H, ld, 1);
  const dy = matrix(5, ROWS, H, ld, 1);
  const values = copy(a, ROWS * ld);
  const h = block((ROWS + 1) * ld);
  indrnnStep(h, values, u, seen, ROWS, ld, kind);
  const da = block((ROWS + 1) * ld);
  const dSeen = copy(dh, ROWS * ld);
  indrnnBack(da, dSeen, u, dy, h, ROWS, ld, kind);
  let worst: f64 = 0;
  for (let r = 0; r < ROWS; r++) {
    for (let k = 0; k < H; k++) {
      const at = r * ld + k;
      const y = valueOf(get(a, at) + get(u, k) * get(seen, at), kind);
      worst = worse(worst, errorOf(get(h, at), y));
      const d = slopeOf(y, kind) * (get(dh, at) + get(dy, at));
      worst = worse(worst, errorOf(get(da, at), d));
      worst = worse(worst, errorOf(get(dSeen, at), get(u, k) * d));
    }
  }
  const stray = strayPadding(h, ROWS, H, ld) + strayPadding(da, ROWS, H, ld) + strayPadding(dSeen, ROWS, H, ld);
  expect(stray).toBe(0, 'padding');
  const zeros = block(ld);
  expect(differences(h + ROWS * ld * sizeof<real>(), zeros, ld)).toBe(0, 'the row after the last');
  expect(differences(da + ROWS * ld * sizeof<real>(), zeros, ld)).toBe(0, 'the row after the last');
  // In the place of a, as the layer has it.
  const again = copy(dh, ROWS * ld);
  indrnnBack(values, again, u, dy, h, ROWS, ld, kind);
  expect(differences(values, da, ROWS * ld)).toBe(0, 'da in place');
  return worst;
}

describe('IndRNN', () => {
  test('a step and back, for each f and every number of units up to three panels', () => {
    for (let i = 0; i < CELL_KINDS.length; i++) {
      for (let H = 1; H <= 3 * PANEL; H++) {
        expect(errorOfStep(H, CELL_KINDS[i])).toBeLessThan(16 * EPSILON, `f ${CELL_KINDS[i]}, ${H} units`);
      }
    }
  });
});
