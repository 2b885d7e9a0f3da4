// What a model of speech needs besides its weights: how it hears, and what its labels are called.
import { checkString, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, type Field, names, type Options, oneOf, unchecked, withDefault } from '../base/fields.ts';
import { readEntry } from '../base/metadata-entry.ts';
import { checkModel } from '../model/check-model.ts';
import type { Model } from '../model/model.ts';
import { type FrontEnd, type FrontEndOptions, frontEnd } from './audio/front-end.ts';
import type { Samples } from './audio/sound.ts';
import { type DecodeOptions, decode, type Transcript } from './decode.ts';

const labels: Field<readonly string[]> = {
  check(where, value) {
    const all = names('labels').check(where, value);
    if (all.length > 0 && !all.includes('')) return all;
    throw new BpttError(
      'invalid-argument',
      `${where}: expected at least one label, none of them empty, got ${show(value)}`,
    );
  },
};

const fields = {
  /** How it hears: what `frontEnd` takes. */
  front: unchecked<FrontEndOptions>(),
  /** What classes 1, 2, … are called: characters or words. Class 0 is the blank. */
  labels,
  /** What stands between labels in a text: nothing between characters, a space between words. Default nothing. */
  between: withDefault(oneOf('', ' '), ''),
};

/** How a recognizer hears, and what its classes are called. */
export interface RecognizerOptions extends Options<typeof fields> {}

/** A label and when it was said, in seconds. */
export interface TimedLabel {
  /** What was said. */
  readonly label: string;
  /** When it begins, in seconds from the start of the clip. */
  readonly from: number;
  /** When it ends, in seconds from the start of the clip. */
  readonly to: number;
}

/** What a clip says. */
export interface Heard {
  /** The labels as text. */
  readonly text: string;
  /** The labels in their order, with when they were said. */
  readonly labels: readonly TimedLabel[];
  /** Of all paths that give these labels, in nats. */
  readonly logProbability: number;
}

/** Samples to text, with a model. */
export interface Recognizer {
  /** What it was made of, as plain data. */
  readonly options: Required<RecognizerOptions>;
  /** What makes features of samples. */
  readonly front: FrontEnd;
  /** The classes of a text. @throws BpttError that names the label that is not known, and its place. */
  encode(text: string): Int32Array;
  /** The text of classes, blanks left out. */
  decode(labels: ArrayLike<number>): string;
  /**
   * What samples of the front end's rate say.
   *
   * @param options As `decode` takes them, but for the blank and the number of results.
   * @throws BpttError for a model that does not read these features or has another number of classes, and as `extract` and `decode` do.
   */
  transcribe(model: Model, samples: Samples, options?: Omit<DecodeOptions, 'blank' | 'results'>): Heard;
}

/**
 * What makes texts of samples with a model that was trained by CTC: `features(front.size)` first, `dense({ units: 1 + labels.length })` last.
 *
 * @example
 * const heard = recognizer({ front: front.options, labels: [...' abcdefghijklmnopqrstuvwxyz'] });
 * const targets = heard.encode('hello'); // for training
 * const model = await createModel([features(front.size), gru({ units: 8 }), dense({ units: 28 })]);
 * await saveModel(model, 'speech.safetensors', { metadata: speechMetadata(heard) });
 * const { text } = heard.transcribe(model, resample(mono(sound), sound.sampleRate, heard.front.sampleRate), { beams: 16 });
 *
 * @throws BpttError for options that are wrong or unknown.
 */
export function recognizer(options: RecognizerOptions): Recognizer {
  const checked = checkFields('recognizer', options, fields);
  const front = frontEnd(checked.front);
  const { labels, between } = checked;
  const classes = new Map(labels.map((label, index) => [label, index + 1]));
  const text = (all: ArrayLike<number>) =>
    Array.from(all)
      .filter((label) => label > 0)
      .map((label) => labels[label - 1] ?? '')
      .join(between);
  const made: Recognizer = {
    options: { front: front.options, labels, between },
    front,
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
    decode: text,
    transcribe(model, samples, options = {}) {
      checkHears(model, front.size, labels.length + 1);
      const inputs = front.extract(samples);
      const steps = inputs.length / front.size;
      const { outputs } = model.forward({ steps, rows: 1, inputs });
      const said = outputs.length / (labels.length + 1);
      const [[best]] = decode({ steps: said, rows: 1, logits: outputs }, options) as [[Transcript]];
      // Of a model that says something at fewer steps than it reads, those that are said are as far apart as the whole allows.
      const seconds = (front.frameSeconds * steps) / said;
      const timed = best.spans.map(([start, end], i) => ({
        label: labels[best.labels[i]! - 1]!,
        from: start * seconds,
        to: end * seconds,
      }));
      return { text: text(best.labels), labels: timed, logProbability: best.logProbability };
    },
  };
  recognizers.add(made);
  return made;
}

/** What was made here, and nothing that looks like it. */
const recognizers = /* @__PURE__ */ new WeakSet<Recognizer>();

/** The labels of a text. */
export function labelsOf(text: string, between: '' | ' '): readonly string[] {
  return between === '' ? [...text] : text.split(/\s+/).filter((word) => word !== '');
}

/** @throws BpttError for a model that reads or says something else. */
function checkHears(model: Model, size: number, classes: number): void {
  checkModel('transcribe', model);
  const { inputs, outputs } = model.network.graph;
  const [input, output] = [inputs[0]!.output, outputs[0]!.output];
  const fits =
    inputs.length === 1 && outputs.length === 1 && input.kind === 'features' && outputs[0]!.clock.kind === 'steps';
  if (fits && input.size === size && output.size === classes) return;
  throw new BpttError(
    'invalid-shape',
    `transcribe(model): expected a model from features(${size}) to ${classes} classes a step, got one from ${input.kind}(${input.size}) to ${output.size}`,
  );
}

const NAME = 'speech';

/**
 * An entry for `metadata` of `serialize` and `saveModel`.
 *
 * @example
 * const bytes = serialize(hearing, { metadata: speechMetadata(heard) });
 * console.log(bytes.length);
 */
export function speechMetadata(recognizer: Recognizer): Readonly<Record<string, string>> {
  if (Object(recognizer) === recognizer && recognizers.has(recognizer))
    return { [NAME]: JSON.stringify(recognizer.options) };
  const got = show(recognizer);
  throw new BpttError('invalid-argument', `speechMetadata(recognizer): expected what recognizer gives, got ${got}`);
}

/**
 * What `speechMetadata` kept.
 *
 * @throws BpttError `bad-file` where there is none, or it is damaged.
 *
 * @example
 * const { model, metadata } = await deserialize(serialize(hearing, { metadata: speechMetadata(heard) }));
 * const { text } = readSpeechMetadata(metadata).transcribe(model, samples);
 * console.log(text);
 */
export function readSpeechMetadata(metadata: Readonly<Record<string, string>>): Recognizer {
  return readEntry('readSpeechMetadata(metadata)', metadata, { name: NAME, of: 'hears' }, (value) =>
    recognizer(value as RecognizerOptions),
  );
}
