// Keras's arrays as parameters of a model: PyTorch's orientation, its order of gates, and the biases of a GRU where they belong.
//
//            Keras                                here
//   kernel   [I, G·H], h = x·K                    [G·H, I]
//   gates    in the order that the cell says      in the order of the cell
//   GRU with reset_after: bias [2, 3H]            r and z: the sum of both rows; n: bias_ih and bias_hn
import { BpttError } from '../../base/errors.ts';
import { cellKindOf, cellOf, type DirectedDescription } from '../../layers/recurrent/cells.ts';
import { type ComputedDescription, isOwn, type LayerDescription, type OwnDescription } from '../../layers/registry.ts';
import type { Graph } from '../../model/graph.ts';
import { missingFrom } from '../missing.ts';
import type { RealArray } from './hdf5.ts';
import { joinGates } from './keras-1.ts';
import type { WeightGroup } from './weight-groups.ts';

/** A parameter of a model and its numbers. */
export interface Converted {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** A layer of a model that has parameters. */
export interface Place {
  /** What messages call it: `layer 2 (gru)`. */
  readonly where: string;
  /** The arrays that Keras has of it, as parameters. @throws BpttError where they are others. */
  convert(group: WeightGroup): readonly Converted[];
}

/** A parameter as a layer declares it. */
interface Spec {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * The layers of a model that have parameters.
 *
 * @throws BpttError `invalid-argument` for layers that Keras does not have.
 */
export function placesOf(
  { layers, description }: Pick<Graph, 'layers' | 'description'>,
  file: string,
): readonly Place[] {
  // Of an entry that is several nodes the first has the parameters.
  const nodes = layers.filter(({ owner }) => !owner.includes('.'));
  return nodes.flatMap(({ layer: { parameters, tied = [] }, entry }, index) => {
    const layer = description[entry] as ComputedDescription;
    const where = `layer ${index} (${layer.kind})`;
    // Also one without parameters, which would be passed over below.
    if (isOwn(layer)) {
      throw new BpttError('invalid-argument', `${file}: expected layers that Keras has, got ${where}`);
    }
    const [other] = tied;
    if (other !== undefined) {
      const got = `${where} with that of ${other.spec.name}`;
      throw new BpttError('invalid-argument', `${file}: expected layers with weights of their own, got ${got}`);
    }
    if (parameters.length === 0) return [];
    // What joins entries, or changes clocks, has no parameters.
    return [{ where, convert: converterOf(layer as Whole, parameters, where, file) }];
  });
}

/** An entry of the package's own kinds that has parameters. */
type Whole = Exclude<LayerDescription, OwnDescription>;

function converterOf(layer: Whole, specs: readonly Spec[], where: string, file: string): Place['convert'] {
  const [first, second] = specs;
  if (layer.kind === 'embedding') {
    return (group) => {
      const [table] = take(group, [[first!.shape]], where, file);
      return [{ ...first!, data: table!.data }];
    };
  }
  if (layer.kind === 'dense') {
    const [O, I] = first!.shape as [number, number];
    const kernel = [I, O];
    return (group) => {
      const [weight, bias] = take(group, [[kernel, [O]], [kernel]], where, file);
      const data = bias?.data ?? new Float64Array(O);
      return [
        { ...first!, data: turned(weight!.data, I, O, [0]) },
        { ...second!, data },
      ];
    };
  }
  if (layer.kind === 'batchNormalization') {
    // gamma, beta, moving_mean and moving_variance.
    return (group) =>
      take(group, [specs.map(({ shape }) => shape)], where, file).map(({ data }, i) => ({ ...specs[i]!, data }));
  }
  if (layer.kind === 'conv1d' || layer.kind === 'conv2d' || layer.kind === 'groupNormalization') {
    throw new BpttError(
      'invalid-argument',
      `${file}: expected no convolutions and group normalisations, which are not read from Keras yet, got ${where}`,
    );
  }
  const whole = layer.kind === 'residual' ? layer.layer : layer;
  const both = whole.kind === 'bidirectional';
  const cell = (both ? whole.layer : whole) as DirectedDescription;
  const { keras } = cellKindOf(cell)!;
  const missing = missingFrom(keras && (keras.only ?? {}), cell);
  if (missing !== undefined) {
    throw new BpttError('invalid-argument', `${file}: expected layers that Keras has, got ${where} with ${missing}`);
  }
  const directions = both ? [specs.slice(0, specs.length / 2), specs.slice(specs.length / 2)] : [specs];
  const I = first!.shape[1]!;
  const shapes = shapesOf(cell, I);
  const alternatives = [shapes, shapes.slice(0, 2)].map((one) => directions.flatMap(() => one));
  return (group) => {
    const found = Math.ceil(group.arrays.length / directions.length);
    const joined = directions.flatMap((_, index) =>
      joinGates(group.arrays.slice(index * found, (index + 1) * found), keras!.gates),
    );
    const arrays = take({ ...group, arrays: joined }, alternatives, where, file);
    const each = arrays.length / directions.length;
    return directions.flatMap((own, index) =>
      convertDirection(cell, I, own, arrays.slice(index * each, (index + 1) * each)),
    );
  };
}

/** The order of Keras's gates here: gate g of ours is gate order[g] of Keras's. */
function orderOf(cell: DirectedDescription): readonly number[] {
  const { gates } = cellKindOf(cell)!.keras!;
  return cellOf(cell).gates.map((gate) => gates.indexOf(gate));
}

/** Keras's shapes of kernel, recurrent kernel and bias. */
function shapesOf(cell: DirectedDescription, I: number): readonly (readonly number[])[] {
  const H = cell.units;
  const width = cellOf(cell).gates.length * H;
  const twice = cellOf(cell).reset === 'after';
  return [[I, width], [H, width], twice ? [2, width] : [width]];
}

/** The parameters of one direction, of two arrays or, with biases, three. */
function convertDirection(
  cell: DirectedDescription,
  I: number,
  specs: readonly Spec[],
  [kernel, recurrent, bias]: readonly RealArray[],
): readonly Converted[] {
  const H = cell.units;
  const order = orderOf(cell);
  const width = order.length * H;
  const [V, W, b, bn] = specs as [Spec, Spec, Spec, Spec?];
  const data = new Float64Array(width);
  if (bias !== undefined) data.set(turned(bias.data.subarray(0, width), 1, width, order));
  const parameters = [
    { ...V, data: turned(kernel!.data, I, width, order) },
    { ...W, data: turned(recurrent!.data, H, width, order) },
    { ...b, data },
  ];
  if (bn === undefined) return parameters;
  const second = bias === undefined ? new Float64Array(width) : turned(bias.data.subarray(width), 1, width, order);
  // That of the candidate, the last, stands inside the product of the reset gate.
  const apart = width - H;
  for (let i = 0; i < apart; i++) data[i]! += second[i]!;
  return [...parameters, { ...bn, data: second.slice(apart) }];
}

/** A matrix [rows, columns] as [columns, rows], with the gates of its columns in another order. */
function turned(data: Float64Array, rows: number, columns: number, order: readonly number[]): Float64Array {
  const width = columns / order.length;
  const result = new Float64Array(data.length);
  for (const [gate, from] of order.entries()) {
    for (let j = 0; j < width; j++) {
      for (let i = 0; i < rows; i++) result[(gate * width + j) * rows + i] = data[i * columns + from * width + j]!;
    }
  }
  return result;
}

/** The arrays of a group, if they have the shapes of one of the alternatives. */
function take(
  { name, arrays }: WeightGroup,
  alternatives: readonly (readonly (readonly number[])[])[],
  where: string,
  file: string,
): readonly RealArray[] {
  const text = (shapes: readonly (readonly number[])[]) => shapes.map((shape) => `[${shape.join(', ')}]`).join(' ');
  const got = text(arrays.map(({ shape }) => shape));
  if (alternatives.some((shapes) => text(shapes) === got)) return arrays;
  const fitting = alternatives.filter((shapes) => shapes.length === arrays.length);
  const expected = (fitting.length > 0 ? fitting : alternatives).map(text).join(' or ');
  const paths = arrays.map(({ path }) => path).join(', ');
  throw new BpttError(
    'bad-file',
    `${file}, weights of '${name}': expected shapes ${expected} for ${where}, got ${got || 'none'}${paths && `: ${paths}`}`,
  );
}
