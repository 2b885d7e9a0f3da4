// What the parameters alone say.
import { checkArray } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import {
  checkFields,
  type Field,
  integer,
  list,
  type Options,
  oneOf,
  string,
  such,
  withDefault,
} from '../base/fields.ts';
import { cellOf } from '../layers/recurrent/cells.ts';
import { stackIn } from '../model/graph.ts';
import type { Model } from '../model/model.ts';
import type { Parameter } from '../model/parameters.ts';
import type { Reals } from '../wasm/arena.ts';
import { recurrentLayer } from './copy.ts';
import { type LayerOptions, layerFields } from './jacobians.ts';
import { eigenvalues, type Matrix, norm } from './matrix.ts';

const parameterFields = {
  name: string,
  shape: list(integer({ min: 1 }), 'lengths'),
  data: such<Reals>(
    'a Float32Array or Float64Array',
    (value) => value instanceof Float32Array || value instanceof Float64Array,
  ),
};

const weightsFields = { layer: layerFields.layer };

/**
 * W of a recurrent layer, hidden to hidden, [H,H] for each gate: i, f, g, o of an LSTM, r, z, n of a GRU, `h` of an Elman layer and
 * of an IndRNN, whose W is diagonal. Row j holds the weights of unit j.
 *
 * @throws BpttError for a wrong layer, and for models that read both directions.
 *
 * @example
 * const { h: W } = recurrentWeights(model); // of an Elman layer; i, f, g, o of an LSTM
 * console.log(W.rows, W.data[0]);
 */
export function recurrentWeights(
  model: Model,
  options: Pick<LayerOptions, 'layer'> = {},
): Readonly<Record<string, Matrix>> {
  return weightsIn('recurrentWeights', model, options);
}

function weightsIn(
  where: string,
  model: Model,
  options: Pick<LayerOptions, 'layer'>,
): Readonly<Record<string, Matrix>> {
  const { layer } = checkFields(where, options, weightsFields);
  const { index, units: H, description } = recurrentLayer(where, model, layer);
  const { name } = stackIn(model.network.graph, where).layers[index]!.parameters.find(
    ({ role }) => role === 'recurrent',
  )!;
  const { data } = model.parameters().find((parameter) => parameter.name === name)!;
  const { gates, diagonal } = cellOf(description);
  if (diagonal) {
    const whole = new Float64Array(H * H);
    for (let j = 0; j < H; j++) whole[j * H + j] = data[j]!;
    return { [gates[0]!]: { rows: H, columns: H, data: whole } };
  }
  return Object.fromEntries(
    gates.map((gate, place) => {
      const part = Float64Array.from(data.subarray(place * H * H, (place + 1) * H * H));
      return [gate, { rows: H, columns: H, data: part }];
    }),
  );
}

/**
 * The spectral radius of W, the modulus of its largest eigenvalue, for each gate. Of a linear Elman network it is the rate by which
 * gradients grow or fade a step; with tanh, below 1 is enough for them to fade (Pascanu, Mikolov and Bengio 2013, section 2.1).
 *
 * @throws BpttError for a wrong layer, and for models that read both directions.
 *
 * @example
 * const { h: radius } = spectralRadius(model);
 * console.log(radius < 1 ? 'gradients fade in the long run' : 'gradients may grow');
 */
export function spectralRadius(
  model: Model,
  options: Pick<LayerOptions, 'layer'> = {},
): Readonly<Record<string, number>> {
  const weights = Object.entries(weightsIn('spectralRadius', model, options));
  return Object.fromEntries(
    weights.map(([gate, matrix]) => {
      const { real, imaginary } = eigenvalues(matrix);
      return [gate, norm([real[0]!, imaginary[0]!])];
    }),
  );
}

/** Parameters at one moment. */
const snapshot: Field<readonly Parameter[]> = list(
  {
    check(where, value) {
      const { name, shape, data } = checkFields(where, value, parameterFields);
      checkArray(
        `${where}.data`,
        data,
        shape.reduce((product, length) => product * length, 1),
        `[${shape.join(', ')}]`,
      );
      return { name, shape, data };
    },
  },
  'parameters',
);

/** How far a parameter or a layer moved. */
export interface UpdateRatio {
  /** Of the parameter, such as `rnn.weight_hh_l0`, or of the layer, such as `rnn.l0` or `dense`. */
  readonly name: string;
  /** `‖θ_after - θ_before‖ / ‖θ_before‖`; Infinity where what was zero moved. */
  readonly ratio: number;
}

const fields = {
  /** Whether all parameters of a layer are one: its θ is all of them, one after the other. Default `parameter`. */
  by: withDefault(oneOf('parameter', 'layer'), 'parameter'),
};

/** Whether `updateRatios` tells of parameters or of layers. */
export interface UpdateRatiosOptions extends Options<typeof fields> {}

/**
 * How far updates moved each parameter or layer, relative to its size, from two snapshots of `model.parameters()`. About 0.001 an update is
 * usual where learning goes well (Karpathy, CS231n notes, "Ratio of weights:updates").
 *
 * @returns one for each, in the order of `before`.
 * @throws BpttError for parameters of two models, and for wrong options.
 *
 * @example
 * const before = model.parameters();
 * await fit(model, { data: [batch], loss: 'cross-entropy', steps: 1 });
 * for (const { name, ratio } of updateRatios(before, model.parameters())) console.log(name, ratio);
 */
export function updateRatios(
  before: readonly Parameter[],
  after: readonly Parameter[],
  options: UpdateRatiosOptions = {},
): readonly UpdateRatio[] {
  const { by } = checkFields('updateRatios', options, fields);
  const first = snapshot.check('updateRatios(before)', before);
  const second = snapshot.check('updateRatios(after)', after);
  const same =
    first.length === second.length &&
    first.every(({ name, data }, index) => {
      return second[index]!.name === name && second[index]!.data.length === data.length;
    });
  if (!same) {
    throw new BpttError(
      'invalid-shape',
      'updateRatios(after): expected the parameters of the model that before is of, got those of another',
    );
  }
  const moved = new Map<string, number[]>();
  const sizes = new Map<string, number[]>();
  for (const [index, { name, data }] of first.entries()) {
    const key = by === 'layer' ? layerOf(name) : name;
    const difference = Float64Array.from(second[index]!.data, (value, i) => value - data[i]!);
    moved.set(key, [...(moved.get(key) ?? []), norm(difference)]);
    sizes.set(key, [...(sizes.get(key) ?? []), norm(data)]);
  }
  return Array.from(moved, ([name, parts]) => {
    const distance = norm(parts);
    return { name, ratio: distance === 0 ? 0 : distance / norm(sizes.get(name)!) };
  });
}

/** `rnn.weight_hh_l0` and its like are of `rnn.l0`, `dense.bias` is of `dense`. */
function layerOf(parameter: string): string {
  const [module, part = ''] = parameter.split('.');
  const number = /_(l\d+)(?:_reverse)?$/.exec(part)?.[1];
  return number === undefined ? module! : `${module}.${number}`;
}
