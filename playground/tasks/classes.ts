// Outputs that are logits of classes.

/** The likeliest class of the `at`-th step, counted over steps and rows; of equals the first. */
export function classAt(outputs: ArrayLike<number>, at: number, classes: number): number {
  let best = 0;
  for (let k = 1; k < classes; k++) if (outputs[at * classes + k]! > outputs[at * classes + best]!) best = k;
  return best;
}

/** softmax(logits)[k] of the `at`-th step. */
export function probabilityAt(outputs: ArrayLike<number>, at: number, classes: number, k: number): number {
  let sum = 0;
  for (let j = 0; j < classes; j++) sum += Math.exp(outputs[at * classes + j]! - outputs[at * classes + k]!);
  return 1 / sum;
}
