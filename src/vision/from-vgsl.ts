// From VGSL to a description.
import { checkInteger, checkString } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, integer, type Options, optional } from '../base/fields.ts';
import { activation } from '../layers/activation.ts';
import { conv2d } from '../layers/convolution.ts';
import { dense } from '../layers/dense.ts';
import { dropout } from '../layers/dropout.ts';
import { groupNormalization } from '../layers/group-normalization.ts';
import { image } from '../layers/image.ts';
import { last } from '../layers/last.ts';
import { maxPool } from '../layers/pooling.ts';
import { bidirectional } from '../layers/recurrent/bidirectional.ts';
import { gru } from '../layers/recurrent/gru.ts';
import { lstm } from '../layers/recurrent/lstm.ts';
import type { ComputedDescription, ModelDescription } from '../layers/registry.ts';
import { letters, namedPadding } from './vgsl-words.ts';

const fields = {
  /** How many classes there are, the blank of CTC among them, where the string does not end in an output. Default: it does. */
  classes: optional(integer({ min: 1 })),
};

/** How many classes a network has whose string has no output. */
export interface FromVgslOptions extends Options<typeof fields> {}

/**
 * The description of a network in VGSL, the strings of kraken and Tesseract: the input `1,height,0,channels`, then layers.
 *
 * - `C(l|r|s|t)y,x,filters[,ys,xs[,yd,xd]]`: `conv2d` with stride and dilation, `same` for odd kernels, and its activation.
 * - `Mp y,x[,ys,xs]`: `maxPool`. `Gn n`: `groupNormalization`.
 * - `L(f|b)x[s]n`, `G(f|b)x[s]n`: `lstm` and `gru`, `b` in both directions; `s`: the last output alone.
 * - `Do[rate[,dimensions]]`: `dropout`, 0.5 unless said; with 2 dimensions `variational`: what is dropped is so in all columns.
 * - `S1(1xn)1,3`: the pixels of a column become features, which they are here anyway: no layer.
 * - `F(l|r|s|t)n`: `dense` with its activation. `O(0|1)(c|l|s)n`: the last dense layer; softmax and sigmoid belong to the loss.
 *
 * Any layer may have a name: `Lbx{encoder}128`.
 *
 * @example
 * const model = await createModel(fromVgsl('[1,48,0,1 Cr3,3,32 Mp2,2 Cr3,3,64 Mp2,2 S1(1x12)1,3 Lbx100 Do O1c60]'));
 *
 * @throws BpttError that gives the place in the string: for letters that VGSL does not have, for what has no layer here (recurrence over y, or backward
 * alone, other reshapes, branches), for images of any height, and for an output that is missing or there twice.
 */
export function fromVgsl(spec: string, options: FromVgslOptions = {}): ModelDescription {
  const { classes } = checkFields('fromVgsl', options, fields);
  const text = checkString('fromVgsl(spec)', spec).trim();
  if (!text.startsWith('[') || !text.endsWith(']'))
    throw wrong(1, 'a network in brackets, such as [1,48,0,1 Cr3,3,32 Lbx64 O1c60]', text);
  const words = text.slice(1, -1).split(/\s+/).filter(Boolean);
  const [first, ...others] = words;
  const description: (ComputedDescription | ReturnType<typeof image>)[] = [inputOf(first ?? '')];
  let [images, ended] = [true, false];
  for (const [index, word] of others.entries()) {
    if (ended) throw wrong(index + 2, 'no word after the output', word);
    const layers = layersOf(word, index + 2, images);
    description.push(...layers);
    images &&= !layers.some(({ kind }) => flat.includes(kind));
    ended = word.startsWith('O');
  }
  if (ended === (classes !== undefined)) {
    const got = ended ? `${others.at(-1)} and classes ${classes}` : 'neither';
    throw new BpttError(
      'invalid-argument',
      `fromVgsl(spec): expected an output such as O1c60 at its end, or the option classes, got ${got}`,
    );
  }
  if (classes !== undefined) description.push(dense({ units: classes }));
  return description as unknown as ModelDescription;
}

const wrong = (place: number, expected: string, got: string) =>
  new BpttError('invalid-argument', `fromVgsl(spec), word ${place}: expected ${expected}, got ${JSON.stringify(got)}`);

/** `1,48,0,1`. */
function inputOf(word: string): ReturnType<typeof image> {
  const [batch, height, width, channels, ...more] = word.split(',').map(Number);
  const right = /^[\d,]+$/.test(word) && more.length === 0 && channels !== undefined;
  if (!right || channels === 0) throw wrong(1, 'batch, height, width and channels, such as 1,48,0,1', word);
  if (height === 0) throw wrong(1, 'a height, which all images have here', word);
  if (batch! > 1 || width !== 0) throw wrong(1, '1 as batch and 0 as width, which are those of each batch here', word);
  return image({ height: height!, channels });
}

/** After these there are no images any more; what reads images says more, when a model is created. */
const flat: readonly string[] = ['lstm', 'gru', 'bidirectional', 'dense', 'last'];

/** A word as a pattern, with a name in braces before its numbers. */
const pattern = (head: string, rest: string) => new RegExp(`^${head}(?:\\{([^}]*)\\})?${rest}$`);
const COUNT = '([1-9]\\d*)';
const PAIR = `${COUNT},${COUNT}`;

type Words = readonly (string | undefined)[];

/** Each kind of word: what it looks like, and its layers. */
const kinds: readonly (readonly [
  RegExp,
  (words: Words, place: number, images: boolean) => readonly ComputedDescription[],
])[] = [
  [
    pattern('C([a-z])', `${PAIR},${COUNT}(?:,${PAIR}(?:,${PAIR})?)?`),
    ([letter, name, y, x, filters, ys = '1', xs = '1', yd = '1', xd = '1'], place) => {
      const [kernel, stride, dilation] = [pairOf(y, x), pairOf(ys, xs), pairOf(yd, xd)];
      const padding = namedPadding(kernel, stride, dilation);
      return activated(
        conv2d({ ...named(name), filters: Number(filters), kernel, stride, dilation, padding }),
        letter,
        place,
      );
    },
  ],
  [
    pattern('Mp', `${PAIR}(?:,${PAIR})?`),
    ([name, y, x, ys = y, xs = x]) => [maxPool({ ...named(name), kernel: pairOf(y, x), stride: pairOf(ys, xs) })],
  ],
  [pattern('Gn', COUNT), ([name, groups]) => [groupNormalization({ ...named(name), groups: Number(groups) })]],
  [
    pattern('([LG])([frb])([xy])(s?)', COUNT),
    ([cell, direction, axis, ends, name, units], place) => {
      if (axis === 'y') throw wrong(place, 'recurrence over x, the time axis here', `${cell}${direction}y`);
      if (direction === 'r') throw wrong(place, 'recurrence forward or in both directions', `${cell}r${axis}`);
      const of = cell === 'L' ? lstm : gru;
      const inner = { units: Number(units) };
      const layer = direction === 'b' ? bidirectional(of(inner), named(name)) : of({ ...inner, ...named(name) });
      return ends === 's' ? [layer, last()] : [layer];
    },
  ],
  [
    pattern('Do', '(?:(\\d+(?:\\.\\d+)?|\\.\\d+)(?:,([12]))?)?'),
    ([name, rate = '0.5', dimensions = '1']) => [
      dropout({ ...named(name), rate: Number(rate), ...(dimensions === '2' && { variational: true }) }),
    ],
  ],
  [
    /^S(\d+)\((\d+)x(\d+)\)(\d+),(\d+)$/,
    ([dimension, a, , e, f], place, images) => {
      if ([dimension, a, e, f].join() === '1,1,1,3' && images) return [];
      throw wrong(
        place,
        'a reshape S1(1xn)1,3 of the pixels of columns to features, the only one here',
        `S${dimension}(${a}x…)`,
      );
    },
  ],
  [
    pattern('F([a-z])', COUNT),
    ([letter, name, units], place) => activated(dense({ ...named(name), units: Number(units) }), letter, place),
  ],
  [
    /^O([012])([a-z])(\d+)$/,
    ([dimensions, letter, units], place) => {
      if (dimensions === '2')
        throw wrong(place, 'an output at each column, O1, or one an image, O0', `O${dimensions}${letter}`);
      if (!'cls'.includes(letter!)) throw wrong(place, 'c, s or l after the O', `O${dimensions}${letter}`);
      return [dense({ units: checkInteger(`fromVgsl(spec), word ${place}`, Number(units), 1) })];
    },
  ],
];

function layersOf(word: string, place: number, images: boolean): readonly ComputedDescription[] {
  for (const [form, make] of kinds) {
    const found = form.exec(word);
    if (found === null) continue;
    try {
      return make(found.slice(1), place, images);
    } catch (cause) {
      if (!(cause instanceof BpttError) || cause.message.startsWith('fromVgsl')) throw cause;
      throw new BpttError(cause.code, `fromVgsl(spec), word ${place} ${JSON.stringify(word)}: ${cause.message}`);
    }
  }
  throw wrong(place, 'C, Mp, Gn, L, G, Do, S, F or O with its numbers, as in Cr3,3,32', word);
}

const named = (name: string | undefined) => (name === undefined ? {} : { name });
const pairOf = (y: string | undefined, x: string | undefined) => [Number(y), Number(x)] as const;

/** A layer and what its letter makes of it. */
function activated(
  layer: ComputedDescription,
  letter: string | undefined,
  place: number,
): readonly ComputedDescription[] {
  if (!Object.hasOwn(letters, letter!))
    throw wrong(place, `one of the letters ${Object.keys(letters).join(', ')} for what is made of outputs`, letter!);
  const name = letters[letter!];
  return name === undefined ? [layer] : [layer, activation({ function: name })];
}
