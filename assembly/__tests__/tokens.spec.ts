// Token gather and scatter-add.

import { PANEL, padded } from '../simd';
import { gatherRows, scatterAddRows } from '../tokens';
import { block, get, matrix, room, strayPadding } from './blocks';

const ROWS: i32 = 7;
const VOCABULARY: i32 = 5;

function tokens(): usize {
  const pointer = room(4 * ROWS);
  const values: i32[] = [3, 0, 4, 3, 3, 1, 0];
  for (let r = 0; r < ROWS; r++) store<i32>(pointer + 4 * r, values[r]);
  return pointer;
}

function checkGather(columns: i32, withBias: bool): void {
  const ld = padded(columns);
  const table = matrix(1, VOCABULARY, columns, ld, 1);
  const bias = matrix(2, 1, columns, ld, 1);
  const ids = tokens();
  const y = block((ROWS + 1) * ld);
  gatherRows(y, table, withBias ? bias : 0, ids, ROWS, ld);
  let wrong = 0;
  for (let r = 0; r < ROWS; r++) {
    const token = load<i32>(ids + 4 * r);
    for (let c = 0; c < columns; c++) {
      const expected = <real>get(table, token * ld + c) + (withBias ? <real>get(bias, c) : <real>0);
      if (get(y, r * ld + c) != <f64>expected) wrong++;
    }
  }
  expect(wrong).toBe(0, 'rows');
  expect(strayPadding(y, ROWS + 1, columns, ld)).toBe(0, 'padding');
  for (let c = 0; c < ld; c++) expect(get(y, ROWS * ld + c)).toBe(0, 'the row after the last');
}

describe('gatherRows', () => {
  test('copies the rows of the tokens, with and without bias, for whole and partial panels', () => {
    for (let columns = 1; columns <= 3 * PANEL; columns++) {
      checkGather(columns, false);
      checkGather(columns, true);
    }
  });

  test('of no rows writes nothing', () => {
    const ld = PANEL;
    const y = block(ld);
    gatherRows(y, matrix(1, 1, ld, ld, 1), 0, room(4), 0, ld);
    for (let c = 0; c < ld; c++) expect(get(y, c)).toBe(0);
  });
});

describe('scatterAddRows', () => {
  test('adds every row of a repeated token, from the last to the first, to what is there', () => {
    for (let columns = 1; columns <= 3 * PANEL; columns++) {
      const ld = padded(columns);
      const dTable = matrix(3, VOCABULARY, columns, ld, 1);
      const before = matrix(3, VOCABULARY, columns, ld, 1);
      const dy = matrix(4, ROWS, columns, ld, 1);
      const ids = tokens();
      scatterAddRows(dTable, dy, ids, ROWS, ld);
      let wrong = 0;
      for (let v = 0; v < VOCABULARY; v++) {
        for (let c = 0; c < columns; c++) {
          let sum = <real>get(before, v * ld + c);
          for (let r = ROWS - 1; r >= 0; r--) {
            if (load<i32>(ids + 4 * r) == v) sum += <real>get(dy, r * ld + c);
          }
          if (get(dTable, v * ld + c) != <f64>sum) wrong++;
        }
      }
      expect(wrong).toBe(0, 'same bits as a sequential sum');
      expect(strayPadding(dTable, VOCABULARY, columns, ld)).toBe(0, 'padding');
    }
  });
});
