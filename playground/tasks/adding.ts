// The adding problem (Hochreiter and Schmidhuber 1997, task 4, in the form of Le, Jaitly and Hinton 2015): T random numbers in
// [0, 1), two of them marked, one in each half; at the end the network says their sum. The numbers are hundredths, so that the sums
// that the page shows are right to the last digit.
import { type Batch, features } from 'bptt';
import type { TaskSettings } from '../settings/fields.ts';
import { createRandom, endless, type Random, SHOWN_ROWS, TEST_ROWS, TESTED } from './random.ts';
import { rowOf } from './row.ts';
import type { Answers, Task } from './task.ts';

/** How far an answer may be from the sum to count as right. */
const NEAR = 0.1;
/** Each number is one of 0, 0.01, …, 0.99. */
const HUNDREDTHS = 100;

export function addingTask({ length: T, batch, seed }: TaskSettings): Task {
  const test = sequences(createRandom(seed, TESTED), T, TEST_ROWS);
  const probe = rowOf(test, 0, 2, 1);
  return {
    input: features(2),
    outputs: 1,
    loss: 'mean-squared-error',
    // The variance of a sum of two of n numbers at equal distances 1/n, each (1 - 1/n²)/12: to answer their mean always.
    baseline: (1 - 1 / HUNDREDTHS ** 2) / 6,
    data: endless(seed, (random) => sequences(random, T, batch)),
    test,
    probe,
    labels: Array.from({ length: T }, (_, t) => numberAt(probe, t, 0)),
    outcome(model): Answers {
      const { outputs } = model.forward(test);
      const rows = Array.from({ length: TEST_ROWS }, (_, row) => {
        const [sum, answer] = [test.targets[(T - 1) * TEST_ROWS + row]!, outputs[(T - 1) * TEST_ROWS + row]!];
        const marked = Array.from({ length: T }, (_, t) => t).filter((t) => test.inputs[(t * TEST_ROWS + row) * 2 + 1]);
        return {
          sequence: marked.map((t) => test.inputs[(t * TEST_ROWS + row) * 2]!.toFixed(2)).join(' + '),
          expected: sum.toFixed(2),
          answer: answer.toFixed(2),
          right: Math.abs(answer - sum) < NEAR,
        };
      });
      const right = rows.filter((row) => row.right).length / TEST_ROWS;
      return { kind: 'answers', rows: rows.slice(0, SHOWN_ROWS), right };
    },
  };
}

/** B sequences: inputs [T,B,2] are the number and the mark; the target counts at the last step only. */
function sequences(random: Random, T: number, B: number): Batch {
  const inputs = new Float32Array(T * B * 2);
  const targets = new Float32Array(T * B);
  const half = Math.floor(T / 2);
  for (let row = 0; row < B; row++) {
    const marks = [random.below(half), half + random.below(T - half)];
    for (let t = 0; t < T; t++) inputs[(t * B + row) * 2] = random.below(HUNDREDTHS) / HUNDREDTHS;
    for (const t of marks) {
      inputs[(t * B + row) * 2 + 1] = 1;
      targets[(T - 1) * B + row]! += inputs[(t * B + row) * 2]!;
    }
  }
  return { steps: T, rows: B, inputs, targets, mask: new Uint8Array(T * B).fill(1, (T - 1) * B) };
}

/** The number at a step of one row; a marked one in brackets. */
function numberAt({ inputs, rows }: Batch, t: number, row: number): string {
  const at = (t * rows + row) * 2;
  const text = inputs[at]!.toFixed(2);
  return inputs[at + 1] === 1 ? `[${text}]` : text;
}
