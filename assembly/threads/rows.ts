// Passes of a team over the rows of a matrix: each thread takes some rows, or some columns where rows are added up.
import * as losses from '../losses';
import * as random from '../random';
import * as rows from '../rows';
import * as tokens from '../tokens';
import { PANEL, bytes } from '../simd';
import { member, partFrom, partTo, team } from './team';

export function gatherRows(y: usize, table: usize, bias: usize, ids: usize, count: i32, ld: i32): void {
  const first = partFrom(count);
  tokens.gatherRows(y + bytes(first * ld), table, bias, ids + (<usize>first << 2), partTo(count) - first, ld);
}

/** Each thread adds to the rows of the table whose number leaves its own when it is divided, in the usual order. */
export function scatterAddRows(dTable: usize, dy: usize, ids: usize, count: i32, ld: i32): void {
  for (let r = count - 1; r >= 0; r--) {
    const at = ids + (<usize>r << 2);
    if (load<i32>(at) % team() == member()) tokens.scatterAddRows(dTable, dy + <usize>r * bytes(ld), at, 1, ld);
  }
}

export function sumRows(db: usize, dy: usize, count: i32, ld: i32): void {
  const first = partFrom(ld / PANEL) * PANEL, columns = partTo(ld / PANEL) * PANEL - first;
  if (columns > 0) rows.sumColumns(db + bytes(first), dy + bytes(first), count, columns, ld);
}

export function bernoulli(
  dst: usize, count: i32, columns: i32, ld: i32, probability: f64, value: f64, seedLow: u32, seedHigh: u32,
  firstRow: u32, c1: u32, c2: u32, c3: u32,
): void {
  const first = partFrom(count), down = bytes(first * ld);
  random.bernoulli(
    dst + down, partTo(count) - first, columns, ld, probability, value, seedLow, seedHigh, firstRow + first, c1, c2, c3,
  );
}

// Losses: the thread's rows, each with its loss in `rowLosses`, f64 [count]; the leader adds them up as one thread does.

// @ts-ignore: decorator
@inline function maskAt(mask: usize, r: i32): usize {
  return mask ? mask + r : 0;
}

export function softmaxCrossEntropyRows(
  logits: usize, targets: usize, mask: usize, count: i32, classes: i32, ld: i32, scale: f64, rowLosses: usize,
): void {
  for (let r = partFrom(count), to = partTo(count); r < to; r++) {
    const row = logits + <usize>r * bytes(ld), target = targets + (<usize>r << 2);
    const loss = losses.softmaxCrossEntropy(row, target, maskAt(mask, r), 1, classes, ld, scale, 0);
    store<f64>(rowLosses + (<usize>r << 3), loss);
  }
}

export function meanSquaredErrorRows(
  y: usize, targets: usize, mask: usize, count: i32, features: i32, ld: i32, scale: f64, rowLosses: usize,
): void {
  for (let r = partFrom(count), to = partTo(count); r < to; r++) {
    const at = <usize>r * bytes(ld);
    const loss = losses.meanSquaredError(y + at, targets + at, maskAt(mask, r), 1, features, ld, scale, 0);
    store<f64>(rowLosses + (<usize>r << 3), loss);
  }
}

export function sigmoidCrossEntropyRows(
  logits: usize, targets: usize, mask: usize, count: i32, features: i32, ld: i32, scale: f64, rowLosses: usize,
): void {
  for (let r = partFrom(count), to = partTo(count); r < to; r++) {
    const at = <usize>r * bytes(ld);
    const loss = losses.sigmoidCrossEntropy(logits + at, targets + at, maskAt(mask, r), 1, features, ld, scale, 0);
    store<f64>(rowLosses + (<usize>r << 3), loss);
  }
}

/** `sum` with the losses of the rows added, from the last to the first. */
export function addLosses(rowLosses: usize, count: i32, sum: f64): f64 {
  for (let r = count - 1; r >= 0; r--) sum += load<f64>(rowLosses + (<usize>r << 3));
  return sum;
}
