// What models that say labels have in common, whatever they read: what the classes are called, and the labels of one sequence with their places.
import { checkString, checkTokens, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, type Field, names, omit } from '../base/fields.ts';
import { checkModel } from '../model/check-model.ts';
import type { Model } from '../model/model.ts';
import { type DecodeOptions, decode, decodeFields, type Transcript } from './decode.ts';

/** What classes 1, 2, … are called; class 0 is the blank. */
export const labelsField: Field<readonly string[]> = {
  check(where, value) {
    const all = names('labels').check(where, value);
    if (all.length > 0 && !all.includes('')) return all;
    throw new BpttError(
      'invalid-argument',
      `${where}: expected at least one label, none of them empty, got ${show(value)}`,
    );
  },
};

/** The labels of a text. */
export function labelsOf(text: string, between: '' | ' '): readonly string[] {
  return between === '' ? [...text] : text.split(/\s+/).filter((word) => word !== '');
}

/** Texts to classes and back. */
export interface LabelCodec {
  /** The classes of a text. @throws BpttError that names the label that is not known, and its place. */
  encode(text: string): Int32Array;
  /** The text of classes, blanks left out. @throws BpttError for what is no class. */
  decode(labels: Int32Array | readonly number[]): string;
}

export function labelCodec(labels: readonly string[], between: '' | ' '): LabelCodec {
  const classes = new Map(labels.map((label, index) => [label, index + 1]));
  return {
    encode(given) {
      const parts = labelsOf(checkString('encode(text)', given), between);
      return Int32Array.from(parts, (label, place) => {
        const found = classes.get(label);
        if (found !== undefined) return found;
        const expected = `one of the ${labels.length} labels`;
        throw new BpttError(
          'token-out-of-range',
          `encode(text), label ${place + 1}: expected ${expected}, got ${show(label)}`,
        );
      });
    },
    decode: (all) =>
      Array.from(checkTokens('decode(labels)', all, labels.length + 1))
        .filter((label) => label > 0)
        .map((label) => labels[label - 1]!)
        .join(between),
  };
}

/** One sequence as a model reads it. */
export interface OneSequence {
  readonly steps: number;
  /** [T,F] */
  readonly inputs: Float32Array;
  /** How long a step is, in the unit that places are wanted in. */
  readonly stepLength: number;
}

/** What a model says of one sequence. */
export interface Said {
  /** The classes. */
  readonly classes: Int32Array;
  readonly labels: readonly { readonly label: string; readonly from: number; readonly to: number }[];
  /** Of all paths that give these labels, in nats. */
  readonly logProbability: number;
}

/**
 * @param where What errors call the call.
 * @throws BpttError for a model that reads or says something else.
 */
export function labelsSaid(
  where: string,
  model: Model,
  { steps, inputs, stepLength }: OneSequence,
  labels: readonly string[],
  options: Omit<DecodeOptions, 'blank' | 'results'>,
): Said {
  const how = checkFields(where, options, omit(decodeFields, 'blank', 'results'));
  checkSays(where, model, inputs.length / steps, labels.length + 1);
  const { outputs } = model.forward({ steps, rows: 1, inputs });
  const said = outputs.length / (labels.length + 1);
  const [[best]] = decode({ steps: said, rows: 1, logits: outputs }, how) as [[Transcript]];
  // Of a model that says something at fewer steps than it reads, those that are said are as far apart as the whole allows.
  const each = (stepLength * steps) / said;
  return {
    classes: best.labels,
    labels: best.spans.map(([start, end], i) => ({
      label: labels[best.labels[i]! - 1]!,
      from: start * each,
      to: end * each,
    })),
    logProbability: best.logProbability,
  };
}

function checkSays(where: string, model: Model, size: number, classes: number): void {
  checkModel(where, model);
  const { inputs, outputs } = model.network.graph;
  const [input, output] = [inputs[0]!.output, outputs[0]!.output];
  const fits =
    inputs.length === 1 && outputs.length === 1 && input.kind === 'features' && outputs[0]!.clock.kind === 'steps';
  if (fits && input.size === size && output.size === classes) return;
  throw new BpttError(
    'invalid-shape',
    `${where}(model): expected a model from features(${size}) to ${classes} classes a step, got one from ${input.kind}(${input.size}) to ${output.size}`,
  );
}
