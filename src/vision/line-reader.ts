// What a model of lines of text needs besides its weights: how high its images are, and what its labels are called.
import { show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, integer, type Options } from '../base/fields.ts';
import { readEntry } from '../base/metadata-entry.ts';
import { checkModel } from '../model/check-model.ts';
import type { Model } from '../model/model.ts';
import type { DecodeOptions } from '../speech/decode.ts';
import { type LabelCodec, labelCodec, labelsField, labelsSaid } from '../speech/labels.ts';
import { type FloatPicture, grey, scaled } from './change-picture.ts';
import { images, type Picture } from './picture.ts';
import { standardized } from './straighten.ts';

const fields = {
  /** The pixels of height that lines are scaled to, from 1 to 1,024. */
  height: integer({ min: 1, max: 1024 }),
  /** What classes 1, 2, … are called: the characters. Class 0 is the blank. */
  labels: labelsField,
};

/** How high the images are, and what the classes are called. */
export interface LineReaderOptions extends Options<typeof fields> {}

/** A label and where it stands, in pixels of the picture that was read. */
export interface PlacedLabel {
  /** The character. */
  readonly label: string;
  /** Where it begins, from 0 at the left. */
  readonly from: number;
  /** Where it ends. */
  readonly to: number;
}

/** What a picture says. */
export interface ReadLine {
  /** All of it. */
  readonly text: string;
  /** Its characters, from left to right. */
  readonly labels: readonly PlacedLabel[];
  /** Of all paths that give these labels, in nats. */
  readonly logProbability: number;
}

/** Pictures of lines to text, with a model. */
export interface LineReader extends LabelCodec {
  /** What it was made of, as plain data. */
  readonly options: LineReaderOptions;
  /** A picture as the model sees it: grey, of its height, `standardized`. @throws BpttError as `grey` and `scaled` do. */
  prepare(picture: Picture): FloatPicture;
  /**
   * What a picture of one line says.
   *
   * @param options As `decode` of `bptt/speech` takes them, but for the blank and the number of results.
   * @throws BpttError for a model that does not read images of this height or has another number of classes, and as `prepare` and `decode` do.
   */
  read(model: Model, picture: Picture, options?: Omit<DecodeOptions, 'blank' | 'results'>): ReadLine;
}

/**
 * What makes texts of pictures of lines with a model that was trained by CTC: `image({ height })` first, `dense({ units: 1 + labels.length })` last.
 *
 * @example
 * const reader = lineReader({ height: 40, labels: [...' abcdefghijklmnopqrstuvwxyz'] });
 * const batch = { ...images(lines.map((line) => reader.prepare(line))), targets: texts.map((text) => reader.encode(text)) };
 * // What `train` learns from such batches, `reading`, reads others.
 * const { text } = reader.read(reading, await readImage(bytes), { beams: 16 });
 *
 * @throws BpttError for options that are wrong or unknown.
 */
export function lineReader(options: LineReaderOptions): LineReader {
  const { height, labels } = checkFields('lineReader', options, fields);
  const codec = labelCodec(labels, '');
  const prepare = (picture: Picture) => standardized(scaled(grey(picture), height));
  const made: LineReader = {
    options: { height, labels },
    ...codec,
    prepare,
    read(model, picture, options = {}) {
      checkModel('read', model);
      const seen = prepare(picture);
      const { steps, inputs } = images([seen]);
      const line = { steps, inputs, stepLength: picture.width / seen.width };
      const { classes, labels: placed, logProbability } = labelsSaid('read', model, line, labels, options);
      return { text: codec.decode(classes), labels: placed, logProbability };
    },
  };
  readers.add(made);
  return made;
}

/** What was made here, and nothing that looks like it. */
const readers = /* @__PURE__ */ new WeakSet<LineReader>();

const NAME = 'lines';

/**
 * An entry for `metadata` of `serialize` and `saveModel`.
 *
 * @example
 * const reader = lineReader({ height: 40, labels: [...' abcdefghijklmnopqrstuvwxyz'] });
 * await saveModel(reading, 'lines.safetensors', { metadata: lineMetadata(reader) });
 *
 * @throws BpttError for what `lineReader` did not give.
 */
export function lineMetadata(reader: LineReader): Readonly<Record<string, string>> {
  if (Object(reader) === reader && readers.has(reader)) return { [NAME]: JSON.stringify(reader.options) };
  throw new BpttError('invalid-argument', `lineMetadata(reader): expected what lineReader gives, got ${show(reader)}`);
}

/**
 * What `lineMetadata` kept.
 *
 * @example
 * const kept = lineMetadata(lineReader({ height: 40, labels: ['a', 'b'] }));
 * console.log(readLineMetadata(kept).options.height); // 40
 *
 * @throws BpttError `bad-file` where there is none, or it is damaged.
 */
export function readLineMetadata(metadata: Readonly<Record<string, string>>): LineReader {
  return readEntry('readLineMetadata(metadata)', metadata, { name: NAME, of: 'reads lines' }, (value) =>
    lineReader(value as LineReaderOptions),
  );
}
