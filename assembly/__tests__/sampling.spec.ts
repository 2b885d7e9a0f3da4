// The choice of a token against a full sort and scalar sums: what each filter leaves, ties, extremes, the draw.

import { padded } from '../simd';
import { drawnProbability, likeliest, logNormalizer, sampleToken, samplingScratch } from '../sampling';
import { EPSILON, block, copy, differences, errorOf, get, matrix, room, set, worse } from './blocks';

const WIDTHS: i32[] = [1, 2, 3, 5, 8, 9, 17, 65, 130];
const ALL: i32 = i32.MAX_VALUE;

let scratch: usize = 0;

function choose(logits: usize, counts: usize, V: i32, penalty: f64, temperature: f64, k: i32, p: f64, u: f64): i32 {
  scratch = room(samplingScratch(V));
  return sampleToken(scratch, logits, counts, V, penalty, temperature, k, p, u);
}

/** The weights that the last choice left. */
function weightOf(c: i32): f64 {
  return get(scratch + 64, c);
}

/** Noise with many equal values. */
function ties(seed: i32, V: i32, size: f64): usize {
  const logits = matrix(seed, 1, V, padded(V), size);
  for (let c = 0; c < V; c++) set(logits, c, NativeMath.round(get(logits, c)));
  return logits;
}

/** Tokens by logit, the largest first, of equals the lower first: insertion sort. */
function sorted(logits: usize, V: i32): StaticArray<i32> {
  const order = new StaticArray<i32>(V);
  for (let c = 0; c < V; c++) {
    let at = c;
    for (; at > 0 && get(logits, order[at - 1]) < get(logits, c); at--) order[at] = order[at - 1];
    order[at] = c;
  }
  return order;
}

/** How many tokens are left of the first k: the fewest that reach the part p. */
function nucleus(logits: usize, order: StaticArray<i32>, k: i32, p: f64, temperature: f64): i32 {
  const max = get(logits, order[0]);
  let sum: f64 = 0;
  const most = k < order.length ? k : order.length;
  for (let i = 0; i < most; i++) sum += NativeMath.exp((get(logits, order[i]) - max) / temperature);
  let reached: f64 = 0;
  for (let i = 0; i < most; i++) {
    reached += NativeMath.exp((get(logits, order[i]) - max) / temperature);
    if (p < 1 && reached >= p * sum) return i + 1;
  }
  return most;
}

function checkFilter(logits: usize, V: i32, k: i32, p: f64, temperature: f64): void {
  const before = copy(logits, padded(V));
  const order = sorted(logits, V);
  const left = nucleus(logits, order, k, p, temperature);
  const chosen = choose(logits, 0, V, 1, temperature, k, p, 0.6);
  let total: f64 = 0;
  let rank = -1;
  let wrong = 0;
  for (let i = 0; i < V; i++) {
    if (weightOf(order[i]) > 0 != i < left) wrong++;
    total += weightOf(i);
    if (order[i] == chosen) rank = i;
  }
  expect(wrong).toBe(0, `V=${V} k=${k} p=${p}: ${left} tokens are to be left`);
  expect(rank).toBeGreaterThanOrEqual(0);
  expect(rank).toBeLessThan(left);
  expect(load<f64>(scratch)).toBe(total, 'the sum of the weights');
  expect(differences(logits, before, padded(V))).toBe(0, 'the logits stay');
}

describe('sampleToken', () => {
  it('leaves the k likeliest tokens and of these the fewest that reach the part p, of equals the lower', () => {
    for (let w = 0; w < WIDTHS.length; w++) {
      const V = WIDTHS[w];
      for (let seed = 0; seed < 6; seed++) {
        const logits = seed % 2 == 0 ? matrix(seed, 1, V, padded(V), 4) : ties(seed, V, 3);
        for (let k = 1; k <= V + 1; k += 1 + V / 4) {
          checkFilter(logits, V, k, 1, 1);
          checkFilter(logits, V, k, 0.7, 1.5);
        }
        checkFilter(logits, V, ALL, 1, 1);
        checkFilter(logits, V, ALL, 0.31, 1);
        checkFilter(logits, V, ALL, 0.9, 0.7);
        checkFilter(logits, V, ALL, 0.9999, 1);
      }
    }
  });

  it('gives each token the part of the numbers from 0 to 1 that its weight is of the sum', () => {
    const V = 9;
    const logits = matrix(3, 1, V, padded(V), 2);
    choose(logits, 0, V, 1, 1, ALL, 1, 0);
    let below: f64 = 0;
    for (let c = 0; c < V; c++) {
      const part = drawnProbability(scratch, c);
      expect(choose(logits, 0, V, 1, 1, ALL, 1, below + 1e-9)).toBe(c);
      below += part;
      expect(choose(logits, 0, V, 1, 1, ALL, 1, below - 1e-9)).toBe(c);
    }
    expect(errorOf(below, 1)).toBeLessThan(1e-15);
    expect(choose(logits, 0, V, 1, 1, ALL, 1, 1 - 1e-16)).toBe(V - 1);
  });

  it('never draws a token of weight 0, be it the first or the last', () => {
    const V = 5;
    const logits = block(padded(V));
    for (let c = 0; c < V; c++) set(logits, c, c == 2 ? 0 : -1e30);
    expect(choose(logits, 0, V, 1, 1, ALL, 1, 0)).toBe(2);
    expect(choose(logits, 0, V, 1, 1, ALL, 1, 1 - 1e-16)).toBe(2);
  });

  it('divides positive logits of counted tokens by the penalty and multiplies the others', () => {
    const V = 4;
    const logits = block(padded(V));
    set(logits, 0, 2);
    set(logits, 1, -1);
    set(logits, 2, 1.5);
    set(logits, 3, -1.25);
    const counts = room(4 * V);
    expect(choose(logits, counts, V, 4, 0, ALL, 1, 0)).toBe(0);
    store<i32>(counts, 1); // 2 becomes 1/2
    expect(choose(logits, counts, V, 4, 0, ALL, 1, 0)).toBe(2);
    store<i32>(counts + 4, 3); // -1 becomes -4
    choose(logits, counts, V, 4, 2, ALL, 1, 0);
    let worst: f64 = 0;
    worst = worse(worst, errorOf(weightOf(0), NativeMath.exp((0.5 - 1.5) / 2)));
    worst = worse(worst, errorOf(weightOf(1), NativeMath.exp((-4 - 1.5) / 2)));
    worst = worse(worst, errorOf(weightOf(2), 1));
    worst = worse(worst, errorOf(weightOf(3), NativeMath.exp((-1.25 - 1.5) / 2)));
    expect(worst).toBeLessThan(4 * EPSILON);
  });

  it('takes the first of the largest at temperature 0, and says when logits are not finite', () => {
    for (let w = 0; w < WIDTHS.length; w++) {
      const V = WIDTHS[w];
      const logits = ties(w, V, 2);
      expect(choose(logits, 0, V, 1, 0, ALL, 1, 0.5)).toBe(sorted(logits, V)[0]);
      expect(choose(logits, 0, V, 1, 1, 1, 1, 0.5)).toBe(sorted(logits, V)[0]);
      set(logits, V / 2, NaN);
      expect(choose(logits, 0, V, 1, 0, ALL, 1, 0.5)).toBe(-1);
      expect(choose(logits, 0, V, 1, 1, 2, 0.5, 0.5)).toBe(-1);
      set(logits, V / 2, Infinity);
      expect(choose(logits, 0, V, 1, 1, ALL, 1, 0.5)).toBe(-1);
    }
  });

  it('reads nothing behind the last token', () => {
    for (let w = 0; w < WIDTHS.length; w++) {
      const V = WIDTHS[w];
      const logits = matrix(w, 1, V, padded(V), 3);
      const chosen = choose(logits, 0, V, 1, 1, 3, 0.8, 0.7);
      const total = load<f64>(scratch);
      for (let c = V; c < padded(V); c++) set(logits, c, 1e30);
      expect(choose(logits, 0, V, 1, 1, 3, 0.8, 0.7)).toBe(chosen);
      expect(load<f64>(scratch)).toBe(total);
    }
  });
});

describe('likeliest', () => {
  it('is the start of the full order, for every k', () => {
    for (let w = 0; w < WIDTHS.length; w++) {
      const V = WIDTHS[w];
      const logits = ties(w + 1, V, 4);
      const expected = sorted(logits, V);
      let wrong = 0;
      for (let k = 1; k <= V; k++) {
        const order = room(4 * V);
        likeliest(order, logits, V, k);
        for (let i = 0; i < k; i++) if (load<i32>(order + 4 * i) != expected[i]) wrong++;
      }
      expect(wrong).toBe(0, `V=${V}`);
    }
  });
});

describe('logNormalizer', () => {
  it('is the logarithm of the sum of the exponentials, also of large logits', () => {
    let worst: f64 = 0;
    for (let w = 0; w < WIDTHS.length; w++) {
      const V = WIDTHS[w];
      for (let shift: f64 = -1000; shift <= 1000; shift += 500) {
        const logits = matrix(w, 1, V, padded(V), 5);
        for (let c = 0; c < V; c++) set(logits, c, get(logits, c) + shift);
        let sum: f64 = 0;
        for (let c = 0; c < V; c++) sum += NativeMath.exp(get(logits, c) - shift);
        worst = worse(worst, errorOf(logNormalizer(block(padded(V)), logits, V), shift + NativeMath.log(sum)));
      }
    }
    expect(worst).toBeLessThan(4 * EPSILON);
    const logits = block(padded(2));
    set(logits, 1, NaN);
    expect(isNaN(logNormalizer(block(padded(2)), logits, 2))).toBe(true);
  });
});
