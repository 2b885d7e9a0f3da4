// The batches of a token stream: every pair of a token and its successor counts exactly once an epoch.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BpttError } from '../../src/base/errors.ts';
import type { Batch } from '../../src/data/batch.ts';
import { textStream } from '../../src/data/text-stream.ts';
import { codeOf } from '../support/error-code.ts';

const range = (length: number) => Int32Array.from({ length }, (_, i) => i);

function onlyBatch(stream: Iterable<Batch>): Batch {
  const [batch, ...others] = [...stream];
  expect(others).toEqual([]);
  return batch!;
}

describe('textStream', () => {
  test('cuts the stream into contiguous rows, time-major, targets one step ahead', () => {
    const stream = textStream(range(7), { batch: 2 });
    expect([stream.steps, stream.rows, stream.targets]).toEqual([3, 2, 6]);
    expect(onlyBatch(stream)).toEqual({
      steps: 3,
      rows: 2,
      inputs: new Int32Array([0, 3, 1, 4, 2, 5]),
      targets: new Int32Array([1, 4, 2, 5, 3, 6]),
    });
  });

  test('masks the step that short rows do not have', () => {
    expect(onlyBatch(textStream(range(9), { batch: 3 }))).toEqual({
      steps: 3,
      rows: 3,
      inputs: new Int32Array([0, 3, 6, 1, 4, 7, 2, 5, 0]),
      targets: new Int32Array([1, 4, 7, 2, 5, 8, 3, 6, 0]),
      mask: new Uint8Array([1, 1, 1, 1, 1, 1, 1, 1, 0]),
    });
  });

  test('counts every pair exactly once, for all lengths and batches', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 200 }), fc.integer({ min: 1, max: 199 }), (length, rows) => {
        fc.pre(rows < length);
        const stream = textStream(range(length), { batch: rows });
        const { steps, inputs, targets, mask } = onlyBatch(stream);
        expect(steps).toBe(Math.ceil((length - 1) / rows));
        expect(inputs.length).toBe(steps * rows);
        expect(targets.length).toBe(steps * rows);
        const read: number[] = [];
        for (let row = 0; row < rows; row++) {
          for (let t = 0; t < steps; t++) {
            const i = t * rows + row;
            if (mask?.[i] === 0) {
              expect(t).toBe(steps - 1); // padding stands at the end of rows only
              continue;
            }
            expect(targets[i]).toBe(inputs[i]! + 1);
            read.push(inputs[i]!);
          }
        }
        // Row after row is the stream itself.
        expect(read).toEqual([...range(length - 1)]);
        expect(stream.targets).toBe(read.length);
      }),
    );
  });

  test('iterates again for each epoch', () => {
    const stream = textStream(range(10), { batch: 3 });
    expect(onlyBatch(stream)).toEqual(onlyBatch(stream));
  });

  test('starts from the zero state each epoch', () => {
    expect(onlyBatch(textStream(range(10), { batch: 3 })).carry).toBeUndefined();
  });

  test('takes plain arrays', () => {
    expect(onlyBatch(textStream([5, 6, 7], { batch: 1 })).targets).toEqual(new Int32Array([6, 7]));
  });

  test('takes the largest batch that fits, and says which that is', () => {
    expect(textStream(range(5), { batch: 4 }).steps).toBe(1);
    expect(() => textStream(range(5), { batch: 5 })).toThrow(
      new BpttError('invalid-argument', 'textStream.batch: expected at most 4 rows for 5 tokens, got 5'),
    );
    expect(codeOf(() => textStream(range(5), { batch: 5 }))).toBe('invalid-argument');
  });

  test.each([0, 1])('refuses %i tokens', (length) => {
    expect(() => textStream(range(length), { batch: 1 })).toThrow(
      `textStream(tokens): expected at least 2 tokens, one to read and one to predict, got ${length}`,
    );
    expect(codeOf(() => textStream(range(length), { batch: 1 }))).toBe('invalid-argument');
  });

  test.each([0, -1, 2.5, NaN, '2', undefined])('refuses a batch of %s', (batch) => {
    expect(() => textStream(range(10), { batch } as never)).toThrow(/^textStream\.batch: expected an integer >= 1/);
  });

  test.each([[[0, -1, 2]], [[0, 0.5]], [['a', 'b']], ['text'], [new Float32Array(3)]])(
    'refuses the tokens %j',
    (tokens) => {
      expect(() => textStream(tokens as never, { batch: 1 })).toThrow(/^textStream\(tokens\).*: expected/);
    },
  );

  test('refuses unknown options', () => {
    expect(() => textStream(range(10), { bach: 2 } as never)).toThrow(/^textStream: .*did you mean "batch"\?/);
  });
});
