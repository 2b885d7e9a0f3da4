// The copy problem (Hochreiter and Schmidhuber 1997, in the form of Arjovsky, Shah and Bengio 2016): four letters, then a pause of
// `length` steps, then a sign upon which the network says the letters again.
import { type Batch, tokens } from 'bptt';
import type { TaskSettings } from '../settings/fields.ts';
import { classAt } from './classes.ts';
import { createRandom, endless, type Random, SHOWN_ROWS, TEST_ROWS, TESTED } from './random.ts';
import { rowOf } from './row.ts';
import type { Answers, Task } from './task.ts';

const LETTERS = ['A', 'B', 'C', 'D'];
const [PAUSE, GO] = [4, 5];
const SYMBOLS = [...LETTERS, '·', '?'];
/** Letters to remember. */
const COUNT = 4;

export function copyTask({ length: pause, batch, seed }: TaskSettings): Task {
  const test = sequences(createRandom(seed, TESTED), pause, TEST_ROWS);
  const T = test.steps;
  const probe = rowOf(test, 0, 1, 1);
  return {
    input: tokens(SYMBOLS.length),
    outputs: LETTERS.length,
    loss: 'cross-entropy',
    baseline: Math.log(LETTERS.length),
    data: endless(seed, (random) => sequences(random, pause, batch)),
    test,
    probe,
    labels: Array.from(probe.inputs, (symbol) => SYMBOLS[symbol]!),
    outcome(model): Answers {
      const { outputs } = model.forward(test);
      const rows = Array.from({ length: TEST_ROWS }, (_, row) => {
        const steps = Array.from({ length: COUNT }, (_, i) => (T - COUNT + i) * TEST_ROWS + row);
        const expected = steps.map((at) => LETTERS[test.targets[at]!]).join('');
        const answer = steps.map((at) => LETTERS[classAt(outputs, at, LETTERS.length)]).join('');
        return { sequence: `${expected} ·×${pause} ?`, expected, answer, right: answer === expected };
      });
      const right = rows.filter((row) => row.right).length / TEST_ROWS;
      return { kind: 'answers', rows: rows.slice(0, SHOWN_ROWS), right };
    },
  };
}

/** B sequences of T = 2 · COUNT + pause: tokens [T,B], a class at each of the last COUNT steps, the first of which reads the sign. */
function sequences(random: Random, pause: number, B: number): Batch {
  const T = 2 * COUNT + pause;
  const inputs = new Int32Array(T * B).fill(PAUSE);
  const targets = new Int32Array(T * B);
  for (let row = 0; row < B; row++) {
    for (let i = 0; i < COUNT; i++) {
      const letter = random.below(LETTERS.length);
      inputs[i * B + row] = letter;
      targets[(T - COUNT + i) * B + row] = letter;
    }
    inputs[(T - COUNT) * B + row] = GO;
  }
  return { steps: T, rows: B, inputs, targets, mask: new Uint8Array(T * B).fill(1, (T - COUNT) * B) };
}
