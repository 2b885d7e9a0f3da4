// Temporal order (Hochreiter and Schmidhuber 1997, task 6a), of any length: a start symbol, distractors with an X or Y at two places, an
// end symbol; at the end the network says in which order they came: XX, XY, YX or YY.
import { type Batch, tokens } from 'bptt';
import type { TaskSettings } from '../settings/fields.ts';
import { classAt, probabilityAt } from './classes.ts';
import { createRandom, endless, type Random, SHOWN_ROWS, TEST_ROWS, TESTED } from './random.ts';
import { rowOf } from './row.ts';
import type { Answers, Task } from './task.ts';

const SYMBOLS = ['X', 'Y', '(', ')', 'a', 'b', 'c', 'd'];
const [START, END, DISTRACTOR] = [2, 3, 4];
const CLASSES = ['XX', 'XY', 'YX', 'YY'];

export function orderTask({ length: T, batch, seed }: TaskSettings): Task {
  const test = sequences(createRandom(seed, TESTED), T, TEST_ROWS);
  const probe = rowOf(test, 0, 1, 1);
  return {
    input: tokens(SYMBOLS.length),
    outputs: CLASSES.length,
    loss: 'cross-entropy',
    baseline: Math.log(CLASSES.length),
    data: endless(seed, (random) => sequences(random, T, batch)),
    test,
    probe,
    labels: Array.from(probe.inputs, (symbol) => SYMBOLS[symbol]!),
    outcome(model): Answers {
      const { outputs } = model.forward(test);
      const rows = Array.from({ length: TEST_ROWS }, (_, row) => {
        const at = (T - 1) * TEST_ROWS + row;
        const [target, said] = [test.targets[at]!, classAt(outputs, at, CLASSES.length)];
        const sure = Math.round(100 * probabilityAt(outputs, at, CLASSES.length, said));
        const symbols = Array.from({ length: T }, (_, t) => test.inputs[t * TEST_ROWS + row]!);
        const places = symbols.flatMap((symbol, t) => (symbol < START ? `${SYMBOLS[symbol]} @ ${t + 1}` : []));
        return {
          sequence: places.join(', '),
          expected: CLASSES[target]!,
          answer: `${CLASSES[said]} (${sure} %)`,
          right: said === target,
        };
      });
      const right = rows.filter((row) => row.right).length / TEST_ROWS;
      return { kind: 'answers', rows: rows.slice(0, SHOWN_ROWS), right };
    },
  };
}

/**
 * B sequences: tokens [T,B], a class at the last step. As in the paper, whose sequences have about 100 steps, the first X or Y lies
 * in the second tenth of the sequence and the second in the sixth; shorter ones have them at steps of their own all the same.
 */
function sequences(random: Random, T: number, B: number): Batch {
  const inputs = new Int32Array(T * B);
  const targets = new Int32Array(T * B);
  const tenth = Math.max(1, Math.floor(T / 10));
  const middle = Math.floor(T / 2);
  for (let row = 0; row < B; row++) {
    const [first, second] = [Math.min(tenth, middle - 1) + random.below(tenth), middle + random.below(tenth)];
    const [one, two] = [random.below(2), random.below(2)];
    for (let t = 0; t < T; t++) {
      const distractor = DISTRACTOR + random.below(4);
      inputs[t * B + row] = t === 0 ? START : t === T - 1 ? END : t === first ? one : t === second ? two : distractor;
    }
    targets[(T - 1) * B + row] = 2 * one + two;
  }
  return { steps: T, rows: B, inputs, targets, mask: new Uint8Array(T * B).fill(1, (T - 1) * B) };
}
