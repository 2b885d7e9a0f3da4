// What a model of speech needs besides its weights: how it hears, and what its labels are called.
import { show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, type Options, oneOf, unchecked, withDefault } from '../base/fields.ts';
import { readEntry } from '../base/metadata-entry.ts';
import { checkModel } from '../model/check-model.ts';
import type { Model } from '../model/model.ts';
import { type FrontEnd, type FrontEndOptions, frontEndOf } from './audio/front-end.ts';
import type { Samples } from './audio/sound.ts';
import type { DecodeOptions } from './decode.ts';
import { type LabelCodec, labelCodec, labelsField, labelsSaid } from './labels.ts';

const fields = {
  /** How it hears: what `frontEnd` takes. */
  front: unchecked<FrontEndOptions>(),
  /** What classes 1, 2, … are called: characters or words. Class 0 is the blank. */
  labels: labelsField,
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
export interface Recognizer extends LabelCodec {
  /** What it was made of, as plain data. */
  readonly options: Required<RecognizerOptions>;
  /** What makes features of samples. */
  readonly front: FrontEnd;
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
  const front = frontEndOf('recognizer.front', checked.front);
  const { labels, between } = checked;
  const codec = labelCodec(labels, between);
  const made: Recognizer = {
    options: { front: front.options, labels, between },
    front,
    ...codec,
    transcribe(model, samples, options = {}) {
      checkModel('transcribe', model);
      const inputs = front.extract(samples);
      const heard = { steps: inputs.length / front.size, inputs, stepLength: front.frameSeconds };
      const { classes, labels: timed, logProbability } = labelsSaid('transcribe', model, heard, labels, options);
      return { text: codec.decode(classes), labels: timed, logProbability };
    },
  };
  recognizers.add(made);
  return made;
}

/** What was made here, and nothing that looks like it. */
const recognizers = /* @__PURE__ */ new WeakSet<Recognizer>();

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
