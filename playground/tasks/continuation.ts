// A network that predicts the next number of a series goes on from its own predictions.
import type { Model } from 'bptt';
import type { Curve } from './task.ts';

/** Reads `given` numbers of a curve, then reads what it has said itself to the end. */
export function continueCurve(model: Model, truth: readonly number[], given: number): Curve {
  const read = model.forward({ steps: given, rows: 1, inputs: Float32Array.from(truth.slice(0, given)) });
  let { state } = read;
  let last = read.outputs[given - 1]!;
  const prediction: (number | undefined)[] = truth.slice(0, given).map(() => undefined);
  while (prediction.length < truth.length) {
    prediction.push(last);
    const next = model.forward({ steps: 1, rows: 1, inputs: Float32Array.of(last) }, state);
    ({ state } = next);
    last = next.outputs[0]!;
  }
  return { kind: 'curve', truth, prediction };
}
