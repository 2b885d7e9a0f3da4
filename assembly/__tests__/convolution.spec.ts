// The companion of convolution: patches against plain loops over the image, their way back as the transpose of it, states of the past, and
// the products of depthwise filters.
import { Sliding } from '../../build/sliding';
import {
  averagePool, averagePoolBack, depthwise, depthwiseBack, depthwiseWeights, gather, gatherPast, groupMoments, groupNormalize, maxPool, maxPoolBack,
  place, remember, scatter, scatterPast, take,
} from '../companions/convolution/index';
import { padded } from '../simd';
import { block, copy, differences, errorOf, EPSILON, get, matrix, noise, room, set, strayPadding, worse } from './blocks';

/** Columns of T steps and B rows, H pixels of C channels; a window of kh × kw that moves as said. */
function planned(
  T: i32, B: i32, H: i32, C: i32, kh: i32, kw: i32, dilation: i32, down: i32, across: i32, top: i32, left: i32, places: i32,
): Sliding {
  const plan = changetype<Sliding>(room(64));
  plan.T = T;
  plan.B = B;
  plan.H = H;
  plan.C = C;
  plan.rowReals = padded(H * C);
  plan.height = kh;
  plan.width = kw;
  plan.dilationDown = plan.dilationAcross = dilation;
  plan.strideDown = down;
  plan.strideAcross = across;
  plan.top = top;
  plan.left = left;
  plan.places = places;
  return plan;
}

/** What the window sees at a place, number by number; where in x it lies, or -1. */
function seen(plan: Sliding, padding: usize, r: i32, column: i32, first: i32, channels: i32): i32 {
  const k = column / channels;
  const channel = first + column % channels;
  const row = (r / plan.places) % plan.B;
  const step = r / (plan.places * plan.B) * plan.strideAcross - plan.left + k / plan.height * plan.dilationAcross;
  const pixel = r % plan.places * plan.strideDown - plan.top + k % plan.height * plan.dilationDown;
  if (step < 0 || step >= plan.T || pixel < 0 || pixel >= plan.H) return -1;
  if (padding && load<u8>(padding + <usize>(step * plan.B + row))) return -1;
  return (step * plan.B + row) * plan.rowReals + pixel * plan.C + channel;
}

/** Gathers all places in two parts, and takes random gradients back. */
function check(plan: Sliding, steps: i32, padding: usize, first: i32, channels: i32): void {
  const size = plan.T * plan.B * plan.rowReals;
  const K = plan.height * plan.width * channels;
  const ld = padded(K) + 8;
  const rows = steps * plan.B * plan.places;
  const x = matrix(1, plan.T * plan.B, plan.H * plan.C, plan.rowReals, 1);
  const dst = block(rows * ld);
  const cut = rows / 3;
  const at = changetype<usize>(plan);
  gather(dst, ld, x, at, padding, 0, cut, first, channels);
  gather(dst + cut * ld * sizeof<real>(), ld, x, at, padding, cut, rows - cut, first, channels);
  const src = matrix(2, rows, K, ld, 1);
  const dx = block(size);
  scatter(dx, src + cut * ld * sizeof<real>(), ld, at, padding, cut, rows - cut, first, channels);
  scatter(dx, src, ld, at, padding, 0, cut, first, channels);
  const expected = new Float64Array(size);
  let wrong = 0;
  for (let r = rows - 1; r >= 0; r--) {
    for (let column = 0; column < K; column++) {
      const from = seen(plan, padding, r, column, first, channels);
      if (get(dst, r * ld + column) != (from < 0 ? 0 : get(x, from))) wrong++;
      if (from >= 0) expected[from] = <f64>(<real>(expected[from] + get(src, r * ld + column)));
    }
  }
  expect(wrong).toBe(0, 'gather');
  let worst: f64 = 0;
  for (let i = 0; i < size; i++) worst = worse(worst, errorOf(get(dx, i), expected[i]));
  // The same order of sums: not a bit of difference.
  expect(worst).toBe(0, 'scatter');
}

describe('gather and scatter', () => {
  test('see images, with any kernel, stride, dilation and padding', () => {
    check(planned(5, 2, 6, 3, 3, 3, 1, 1, 1, 1, 1, 6), 5, 0, 0, 3);
    check(planned(7, 2, 6, 3, 3, 2, 2, 2, 3, 1, 2, 2), 3, 0, 0, 3);
    check(planned(4, 1, 2, 9, 5, 3, 1, 1, 1, 2, 1, 2), 4, 0, 0, 9);
    // A window that is nowhere in the image.
    check(planned(2, 1, 1, 2, 2, 1, 1, 1, 1, 5, 0, 3), 2, 0, 0, 2);
  });

  test('see the channels of a group, and sequences as images of height 1', () => {
    check(planned(5, 2, 4, 6, 3, 3, 1, 1, 1, 1, 1, 4), 5, 0, 2, 2);
    check(planned(9, 3, 1, 5, 1, 4, 2, 1, 2, 0, 3, 1), 4, 0, 0, 5);
  });

  test('see nothing of steps that are padding', () => {
    const padding = room(10);
    store<u8>(padding + 9, 1);
    store<u8>(padding + 7, 1);
    check(planned(5, 2, 3, 3, 3, 3, 1, 1, 1, 1, 1, 3), 5, padding, 0, 3);
  });
});

describe('place and take', () => {
  test('bring the rows of some filters to their pixels, and back with zeros beside them', () => {
    const places = 3, filters = 5, first = 2, columns = 3, rows = 12;
    const ld = padded(columns), wide = padded(places * filters);
    const src = matrix(3, rows, columns, ld, 1);
    const y = block(rows / places * wide);
    place(y, src, ld, 0, rows, places, filters, wide, first, columns);
    const back = block(rows * ld);
    for (let i = 0; i < rows * ld; i++) set(back, i, 7);
    take(back, ld, y, 0, rows, places, filters, wide, first, columns);
    expect(differences(back, src, rows * ld)).toBe(0);
    expect(get(y, wide + filters + first)).toBe(get(src, 4 * ld));
    expect(strayPadding(y, rows / places, places * filters, wide)).toBe(0);
  });
});

describe('remember, gatherPast and scatterPast', () => {
  test('keep what was before each step, and bring its gradient back to it', () => {
    const T = 6, B = 2, C = 3, K = 3, dilation = 2, R = (K - 1) * dilation;
    const ldx = padded(C), ldPast = padded(R * C), ld = padded(K * C), rows = T * B;
    const x = matrix(4, rows, C, ldx, 1);
    const past = block((T + 1) * B * ldPast);
    for (let i = 0; i < R * C; i++) set(past, i, noise(5, i));
    const before = copy(past, R * C);
    const resets = room(rows), padding = room(rows);
    store<u8>(resets + 3 * B + 1, 1);
    store<u8>(padding + 5 * B, 1);
    remember(past, x, resets, padding, T, B, R, C, ldPast, ldx);
    const dst = block(rows * ld);
    gatherPast(dst, ld, past, ldPast, x, ldx, rows, K, dilation, C, C);
    const src = matrix(6, rows, K * C, ld, 1);
    const dx = block(rows * ldx), dPast = block(B * ldPast);
    for (let i = 0; i < R * C; i++) set(dPast, i, noise(7, i));
    scatterPast(dx, ldx, dPast, ldPast, src, ld, resets, padding, 0, rows, B, K, dilation, C, C);

    const expected = new Float64Array(rows * C), start = new Float64Array(R * C);
    let wrong = 0;
    // The state after the end of row 0, whose step 5 is padding.
    for (let j = 0; j < R; j++) for (let c = 0; c < C; c++) expected[(1 + j) * B * C + c] += noise(7, j * C + c);
    for (let t = T - 1; t >= 0; t--) {
      for (let row = 0; row < B; row++) {
        if (row == 0 && t == 5) continue;
        for (let k = 0; k < K; k++) {
          const step = t - (K - 1 - k) * dilation;
          for (let c = 0; c < C; c++) {
            const i = (t * B + row) * ld + k * C + c;
            const isOwn = row == 0 || t < 3 || step >= 3;
            if (step < 0) {
              if (get(dst, i) != (row == 0 ? get(before, (R + step) * C + c) : 0)) wrong++;
              if (row == 0) start[(R + step) * C + c] += get(src, i);
            } else {
              if (get(dst, i) != (isOwn ? get(x, (step * B + row) * ldx + c) : 0)) wrong++;
              if (isOwn) expected[(step * B + row) * C + c] += get(src, i);
            }
          }
        }
      }
    }
    expect(wrong).toBe(0);
    let worst: f64 = 0;
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < C; c++) worst = worse(worst, errorOf(get(dx, r * ldx + c), expected[r * C + c]));
    }
    for (let i = 0; i < R * C; i++) worst = worse(worst, errorOf(get(dPast, i), start[i]));
    expect(worst).toBeLessThan(4 * EPSILON);
  });
});

describe('depthwise', () => {
  test('multiplies each channel by filters of its own, and so do its gradients', () => {
    const rows = 7, taps = 3, C = 5;
    const ld = padded(taps * C), ldy = padded(C);
    const src = matrix(8, rows, taps * C, ld, 1), w = matrix(9, taps, C, ldy, 1), bias = matrix(10, 1, C, ldy, 1);
    const dy = matrix(11, rows, C, ldy, 1), y = block(rows * ldy), dw = block(taps * ldy), dsrc = block(rows * ld);
    depthwise(y, ldy, src, ld, w, ldy, bias, rows, taps, C);
    depthwiseWeights(dw, ldy, src, ld, dy, ldy, rows, taps, C);
    depthwiseBack(dsrc, ld, w, ldy, dy, ldy, rows, taps, C);
    let worst: f64 = 0;
    for (let c = 0; c < C; c++) {
      for (let r = 0; r < rows; r++) {
        let sum = get(bias, c);
        for (let tap = 0; tap < taps; tap++) {
          sum += get(src, r * ld + tap * C + c) * get(w, tap * ldy + c);
          worst = worse(worst, errorOf(get(dsrc, r * ld + tap * C + c), get(dy, r * ldy + c) * get(w, tap * ldy + c)));
        }
        worst = worse(worst, errorOf(get(y, r * ldy + c), sum));
      }
      for (let tap = 0; tap < taps; tap++) {
        let sum: f64 = 0;
        for (let r = 0; r < rows; r++) sum += get(src, r * ld + tap * C + c) * get(dy, r * ldy + c);
        worst = worse(worst, errorOf(get(dw, tap * ldy + c), sum));
      }
    }
    expect(worst).toBeLessThan(8 * EPSILON);
    expect(strayPadding(y, rows, C, ldy)).toBe(0);
  });
});

describe('pooling', () => {
  test('takes the greatest or the mean of what a window sees, and gives its gradient to the first of the greatest', () => {
    const T = 3, B = 2, H = 4, C = 3, places = 2, steps = 2;
    const plan = planned(T, B, H, C, 2, 2, 1, 2, 1, 0, 0, places);
    const at = changetype<usize>(plan);
    const x = matrix(12, T * B, H * C, plan.rowReals, 1);
    const ldy = padded(places * C), rows = steps * B * places;
    const y = block(steps * B * ldy), mean = block(steps * B * ldy), chosen = room(rows * C * 4);
    // Equal ones in the two columns of a window's first row: the first counts, also before that of the row below.
    for (let t = 0; t < T; t++) set(x, t * B * plan.rowReals, 9);
    set(x, C, 9);
    const padding = room(T * B);
    store<u8>(padding + 2 * B + 1, 1);
    maxPool(y, chosen, x, at, padding, 0, rows, ldy);
    averagePool(mean, x, at, padding, 0, rows, ldy);
    expect(load<i32>(chosen)).toBe(0);
    const dy = matrix(13, steps * B, places * C, ldy, 1);
    const dx = block(T * B * plan.rowReals), spread = block(T * B * plan.rowReals);
    maxPoolBack(dx, chosen, dy, at, 0, rows, ldy);
    averagePoolBack(spread, dy, at, padding, 0, rows, ldy);
    const expected = new Float64Array(T * B * plan.rowReals), shares = new Float64Array(T * B * plan.rowReals);
    let worst: f64 = 0;
    for (let r = rows - 1; r >= 0; r--) {
      const out = r / places * ldy + r % places * C;
      for (let c = 0; c < C; c++) {
        let best = -1;
        let sum: f64 = 0;
        for (let down = 0; down < 2; down++) {
          for (let across = 0; across < 2; across++) {
            const i = seen(plan, padding, r, (across * 2 + down) * C + c, 0, C);
            if (i < 0) continue;
            sum += get(x, i);
            shares[i] += get(dy, out + c) / 4;
            if (best < 0 || get(x, i) > get(x, best)) best = i;
          }
        }
        expected[best] += get(dy, out + c);
        worst = worse(worst, errorOf(get(y, out + c), get(x, best)));
        worst = worse(worst, errorOf(get(mean, out + c), sum / 4));
      }
    }
    for (let i = 0; i < expected.length; i++) {
      worst = worse(worst, errorOf(get(dx, i), expected[i]));
      worst = worse(worst, errorOf(get(spread, i), shares[i]));
    }
    expect(worst).toBeLessThan(4 * EPSILON);
  });

  test('lets a NaN through, so that it is found, and sees nothing where all is padding', () => {
    const plan = planned(2, 1, 2, 1, 2, 1, 1, 1, 1, 0, 0, 1);
    const x = matrix(14, 2, 2, plan.rowReals, 1), y = block(2 * padded(1)), chosen = room(8), padding = room(2);
    set(x, 0, NaN);
    store<u8>(padding + 1, 1);
    set(y, padded(1), 5);
    maxPool(y, chosen, x, changetype<usize>(plan), padding, 0, 2, padded(1));
    expect(isNaN(get(y, 0))).toBe(true);
    expect(get(y, padded(1))).toBe(0);
    expect(load<i32>(chosen + 4)).toBe(-1);
  });
});

describe('group normalisation', () => {
  test('gives each row and group mean 0 and variance 1 over the columns that are there', () => {
    const T = 4, B = 2, H = 3, C = 4, G = 2;
    const ld = padded(H * C), lds = padded(2 * G);
    const x = matrix(15, T * B, H * C, ld, 3), y = block(T * B * ld), stats = block(B * lds), padding = room(T * B);
    const gain = block(padded(C)), bias = block(padded(C));
    for (let c = 0; c < C; c++) set(gain, c, 1);
    store<u8>(padding + 3 * B, 1);
    groupMoments(stats, lds, x, padding, T, B, H, C, G, ld, 0);
    groupNormalize(y, x, stats, lds, gain, bias, padding, T, B, H, C, G, ld);
    for (let row = 0; row < B; row++) {
      for (let g = 0; g < G; g++) {
        let sum: f64 = 0, squares: f64 = 0;
        const steps = row == 0 ? T - 1 : T;
        for (let t = 0; t < steps; t++) {
          for (let i = 0; i < H * C; i++) {
            if (i % C / (C / G) != g) continue;
            const value = get(y, (t * B + row) * ld + i);
            sum += value;
            squares += value * value;
          }
        }
        const n = <f64>(steps * H * C / G);
        expect(Math.abs(sum / n)).toBeLessThan(8 * EPSILON);
        expect(Math.abs(squares / n - 1)).toBeLessThan(16 * EPSILON);
      }
    }
    expect(strayPadding(y, T * B, H * C, ld)).toBe(0);
    expect(get(y, 3 * B * ld)).toBe(0);
  });
});
