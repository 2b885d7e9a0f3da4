// From a description to VGSL.
import { checkObject, fail, readable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { dense } from '../layers/dense.ts';
import type { DropoutDescription } from '../layers/dropout.ts';
import type { Conv2dDescription } from '../layers/later/convolution-fields.ts';
import { type Pair, pairWords } from '../layers/later/convolution-fields.ts';
import type { GroupNormalizationDescription } from '../layers/later/group-normalization.ts';
import type { PoolDescription } from '../layers/later/pooling-fields.ts';
import type { BidirectionalDescription } from '../layers/recurrent/bidirectional.ts';
import { gru } from '../layers/recurrent/gru.ts';
import { lstm } from '../layers/recurrent/lstm.ts';
import { letters, paddingOf } from './vgsl-words.ts';

type Entry = Readonly<Record<string, unknown>> & { readonly kind: string };

/** What stands after an entry, as far as one word says both. */
interface After {
  /** The letter of an activation. */
  readonly letter: string;
  /** Whether the last output alone is taken. */
  readonly ends: boolean;
  /** Whether it is the last of all. */
  readonly final: boolean;
}

/**
 * The description of a model in VGSL, for kraken, Tesseract and people who read it: the inverse of `fromVgsl`. Weights do not go along, nor how they
 * begin.
 *
 * @example
 * toVgsl(fromVgsl('[1,48,0,1 Cr3,3,32 Mp2,2 Lbx100 O1c60]')); // the same string
 *
 * @throws BpttError that names the entry: for layers and options that VGSL does not have, and for what does not begin with an image, or branches.
 */
export function toVgsl(description: readonly object[]): string {
  const isList = readable('toVgsl(description)', () => Array.isArray(description) && description.length > 1);
  if (!isList) fail('toVgsl(description)', 'a description, such as model.description', show(description));
  const [first, ...entries] = Array.from(
    description,
    (entry, index) =>
      checkObject(`toVgsl(description)[${index}]`, entry, 'an entry, such as model.description has') as Entry,
  );
  const { kind, height, size } = first as Entry & Readonly<Record<string, number>>;
  if (kind !== 'features' || height === undefined)
    throw refused(0, 'an image first', typeof kind === 'string' ? kind : show(first));
  const words = [`1,${height},0,${Number(size) / height}`];
  for (let index = 0; index < entries.length; index++) {
    const [entry, next] = [entries[index]!, entries[index + 1]];
    const letter = next?.kind === 'activation' ? letterOf(next, index + 2) : 'l';
    const joins = letter !== 'l' && (entry.kind === 'conv2d' || entry.kind === 'dense');
    const ends = next?.kind === 'last';
    const final = index === entries.length - 1;
    words.push(wordOf(entry, index + 1, { letter: joins ? letter : 'l', ends, final }));
    if (joins || ends) index++;
  }
  return `[${words.join(' ')}]`;
}

const refused = (place: number, expected: string, got: string) =>
  new BpttError('invalid-argument', `toVgsl(description)[${place}]: expected ${expected}, got ${got}`);

function letterOf(entry: Entry, place: number): string {
  const letter = Object.entries(letters).find(([, name]) => name === entry.function)?.[0];
  if (letter !== undefined) return letter;
  throw refused(
    place,
    `one of ${Object.values(letters).filter(Boolean).join(', ')}, which VGSL has`,
    show(entry.function),
  );
}

const two = (pair: Pair | undefined, otherwise: Pair = 1): readonly [number, number] => {
  const given = pair ?? otherwise;
  return typeof given === 'number' ? [given, given] : [given[0], given[1]];
};

function wordOf(entry: Entry, place: number, after: After): string {
  if (entry.from !== undefined) throw refused(place, 'entries that read the one before', `from ${show(entry.from)}`);
  const name = entry.name === undefined ? '' : `{${entry.name}}`;
  const write = writers[entry.kind];
  if (write === undefined) throw refused(place, 'a layer that VGSL has', entry.kind);
  return write(entry as never, name, place, after);
}

type Writer = (entry: never, name: string, place: number, after: After) => string;

const writers: Readonly<Record<string, Writer>> = {
  conv2d: writeConvolution,
  maxPool({ kernel, stride = kernel, padding }: PoolDescription, name, place) {
    if (two(padding, 0).some((size) => size > 0)) throw refused(place, 'no padding of a maxPool', pairWords(padding!));
    const [size, moves] = [two(kernel), two(stride)];
    return `Mp${name}${size}${size.join() === moves.join() ? '' : `,${moves}`}`;
  },
  groupNormalization(entry: GroupNormalizationDescription, name, place) {
    refuseOthers(entry, { ...entry, epsilon: 1e-5 }, place);
    return `Gn${name}${entry.groups}`;
  },
  dropout: ({ rate, variational }: DropoutDescription, name) => `Do${name}${rate}${variational === true ? ',2' : ''}`,
  dense(entry: Entry, name, place, { letter, final }) {
    refuseOthers(entry, dense({ units: entry.units as number }), place);
    return final ? `O1c${entry.units}` : `F${letter}${name}${entry.units}`;
  },
  bidirectional({ layer, merge = 'concat' }: BidirectionalDescription, name, place, after) {
    if (merge !== 'concat') throw refused(place, "merge: 'concat'", show(merge));
    return recurrent(layer as unknown as Entry, 'b', name, place, after);
  },
  lstm: (entry: Entry, name, place, after) => recurrent(entry, 'f', name, place, after),
  gru: (entry: Entry, name, place, after) => recurrent(entry, 'f', name, place, after),
};

function writeConvolution(entry: Conv2dDescription, name: string, place: number, { letter }: After): string {
  const { filters, groups = 1, padding = 'valid' } = entry;
  if (groups !== 1) throw refused(place, 'a convolution in one group', `${groups}`);
  const [kernel, stride, dilation] = [two(entry.kernel), two(entry.stride), two(entry.dilation)];
  const wanted = paddingOf(kernel, dilation);
  const even = kernel.some((size, axis) => ((size - 1) * dilation[axis]!) % 2 === 1);
  const own = padding === 'same' && !even ? wanted : typeof padding === 'string' ? [0, 0] : two(padding);
  if (padding === 'same' ? even : own.join() !== wanted.join()) {
    throw refused(
      place,
      `padding: [${wanted.join(', ')}], which VGSL has around this kernel`,
      typeof padding === 'string' ? padding : pairWords(padding),
    );
  }
  const moves = dilation.some((size) => size > 1)
    ? `,${stride},${dilation}`
    : stride.some((size) => size > 1)
      ? `,${stride}`
      : '';
  return `C${letter}${name}${kernel},${filters}${moves}`;
}

/** What the word does not say: names and how weights begin go without it, anything else must be as it is there. */
function refuseOthers(entry: object, plain: object, place: number): void {
  for (const [option, value] of Object.entries(entry)) {
    const expected = (plain as Readonly<Record<string, unknown>>)[option];
    if (/^(name|returns)$|nitializer$/.test(option) || show(value) === show(expected)) continue;
    throw refused(
      place,
      `${option} ${expected === undefined ? 'left out' : show(expected)}, as VGSL has it`,
      show(value),
    );
  }
}

function recurrent(entry: Entry, direction: 'f' | 'b', name: string, place: number, { ends }: After): string {
  if (entry.kind !== 'lstm' && entry.kind !== 'gru') throw refused(place, 'lstm or gru', entry.kind);
  const [letter, of] = entry.kind === 'lstm' ? (['L', lstm] as const) : (['G', gru] as const);
  refuseOthers(entry, of({ units: entry.units as number }), place);
  return `${letter}${direction}x${ends || entry.returns === 'last' ? 's' : ''}${name}${entry.units}`;
}
