// `bptt train --task ocr`: from a folder of images of lines with their texts to a model file that `bptt read` reads.
import { BpttError } from '../../base/errors.ts';
import { stepsOf } from '../../data/batch.ts';
import {
  activation,
  conv2d,
  dense,
  groupNormalization,
  image,
  type Model,
  type ModelDescription,
  maxPool,
} from '../../index.ts';
import {
  distorted,
  type FloatPicture,
  fromVgsl,
  grey,
  images,
  type LineReader,
  lineMetadata,
  lineReader,
  scaled,
} from '../../vision/index.ts';
import type { OcrValues } from '../flags/task-flags.ts';
import { lineImages, readPicture } from '../io/image-file.ts';
import type { Output } from '../io/output.ts';
import { renamedIn } from '../io/renamed-error.ts';
import { type JudgedLine, ocrReport } from '../report/ocr-report.ts';
import type { Going } from './going.ts';
import { bothWays, type Example, trainLabelled } from './train-labelled.ts';

/** How lines are seen otherwise each time, in pixels of a line of 40. */
const distort = distorted({
  shift: { x: [-2, 2], y: [-2, 2] },
  shear: [-0.15, 0.15],
  elastic: { strength: [0, 0.8], scale: 5 },
  contrast: [0.7, 1],
  blur: [0, 0.8],
  noise: [0, 0.08],
});

export function trainOcrCommand(
  folder: string,
  values: OcrValues,
  going: Going,
  output: Output,
  interrupted: AbortSignal,
): Promise<void> {
  const { height, vgsl } = values;
  return trainLabelled<FloatPicture, LineReader>(
    folder,
    values,
    {
      name: 'ocr',
      kind: lineImages,
      between: '',
      reader: (labels) =>
        renamedIn({ 'lineReader.height': '--vgsl, height' }, () =>
          lineReader({ height: heightOf(vgsl) ?? height, labels }),
        ),
      network: (_, labels) => (vgsl === undefined ? usual(values, labels.length + 1) : given(vgsl, labels.length + 1)),
      read: async (path, reader) => scaled(grey(await readPicture(path)), reader.options.height),
      checkFits: (example, needed, { model }) => checkFits(example, needed, model),
      bytes: ({ data }) => data,
      size: ({ options }) => options.height,
      inputs: (reader, picture, seed) =>
        images([reader.prepare(seed === undefined ? picture : distort(picture, seed))]).inputs,
      metadata: lineMetadata,
      start: ({ training, validation }) => ({
        counts: { images: training.length + validation.length },
        words: `${training.length} images to learn from`,
      }),
      report({ validation }, { model, reader }) {
        const judged = validation.map(
          ({ path, text, item }): JudgedLine => ({ path, text, picture: item, read: reader.read(model, item) }),
        );
        return ocrReport({ folder, model, judged, values });
      },
    },
    going,
    output,
    interrupted,
  );
}

/** The height that a network in VGSL reads: the second number in it. */
const heightOf = (vgsl: string | undefined) => {
  const found = vgsl === undefined ? undefined : /^\s*\[\s*\d+,(\d+),/.exec(vgsl)?.[1];
  return found === undefined ? undefined : Number(found);
};

/** What --vgsl says, to so many classes. */
function given(vgsl: string, classes: number): ModelDescription {
  const description = renamedIn({ 'fromVgsl(spec)': '--vgsl' }, () => fromVgsl(vgsl, { classes }));
  if (!description.some(({ kind }) => kind === 'last')) return description;
  throw new BpttError('invalid-argument', `--vgsl: expected an output at each column, got a last one alone in ${vgsl}`);
}

/** A column for every fourth of the image, of eighths of its height. */
function usual(values: OcrValues, classes: number): ModelDescription {
  const relu = activation({ function: 'relu' });
  const seen = (filters: number, groups: number, kernel: readonly [number, number]) => [
    conv2d({ filters, kernel: 3, padding: 'same' }),
    groupNormalization({ groups }),
    relu,
    maxPool({ kernel }),
  ];
  return [
    image({ height: values.height }),
    ...seen(16, 4, [2, 2]),
    ...seen(32, 8, [2, 2]),
    ...seen(48, 8, [2, 1]),
    ...bothWays(values),
    dense({ units: classes }),
  ];
}

/** @throws BpttError for an image that is too narrow for what is said to be in it. */
function checkFits({ path, item, labels }: Example<FloatPicture>, needed: number, model: Model): void {
  const { clock } = model.network.graph.outputs[0]!;
  const steps = stepsOf({ steps: item.width }, clock);
  if (steps >= needed) return;
  const expected = `room for its ${labels.length} labels, ${needed} steps of the network`;
  throw new BpttError('bad-file', `${path}: expected ${expected}, got ${steps} in ${item.width} pixels of width`);
}
