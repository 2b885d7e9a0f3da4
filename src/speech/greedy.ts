// The likeliest class of each step: repeats merged, blanks dropped.
import { checkFinite, checkInteger, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, integer, type Options, withDefault } from '../base/fields.ts';
import { likeliest } from '../metrics/likeliest.ts';
import { isReals } from './logits.ts';

const fields = {
  /** The class that stands for no label. Default 0. */
  blank: withDefault(integer({ min: 0 }), 0),
};

/** Which class is the blank, for `greedyStream`. */
export interface GreedyStreamOptions extends Options<typeof fields> {}

/** A label that was heard, and the step in which it began, counted from the first of the stream. */
export interface HeardLabel {
  /** The class. */
  readonly label: number;
  /** From 0. */
  readonly step: number;
}

/** Greedy decoding of steps as they come. */
export interface GreedyStream {
  /**
   * Reads the logits [n,C] of the next steps, of one row.
   *
   * @returns the labels that begin in them.
   * @throws BpttError for what is no whole number of steps, and numbers that are not finite; the stream is then as it was.
   */
  push(logits: Float32Array | Float64Array): readonly HeardLabel[];
}

/**
 * Greedy decoding of a stream, for models that read one direction: what is pushed in pieces, cut anywhere, gives the labels that `decode`
 * without beams gives of the whole.
 *
 * @example
 * const stream = greedyStream(3);
 * const { outputs, state } = hearing.forward({ steps, rows: 1, inputs }); // the next frames go on from `state`
 * for (const { label, step } of stream.push(outputs)) console.log(label, step);
 *
 * @param classes C, the blank among them.
 * @throws BpttError for options that are wrong.
 */
export function greedyStream(classes: number, options: GreedyStreamOptions = {}): GreedyStream {
  const C = checkInteger('greedyStream(classes)', classes, 2);
  const { blank } = checkFields('greedyStream', options, fields);
  checkInteger('greedyStream.blank', blank, 0, C - 1);
  let last = blank;
  let step = 0;
  return {
    push(logits) {
      if (!isReals('push(logits)', logits) || logits.length % C !== 0) {
        throw new BpttError('invalid-shape', `push(logits): expected [n, C=${C}] numbers, got ${show(logits)}`);
      }
      checkFinite('push(logits)', logits);
      const heard: HeardLabel[] = [];
      for (let start = 0; start < logits.length; start += C, step++) {
        const label = likeliest(logits, start, C);
        if (label !== blank && label !== last) heard.push({ label, step });
        last = label;
      }
      return heard;
    },
  };
}

/** The labels of the likeliest path. */
export function greedyLabels(values: ArrayLike<number>, steps: number, classes: number, blank: number): Int32Array {
  const path = Array.from({ length: steps }, (_, t) => likeliest(values, t * classes, classes));
  return Int32Array.from(path.filter((label, t) => label !== blank && label !== path[t - 1]));
}
