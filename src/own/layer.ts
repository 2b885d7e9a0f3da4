// `defineLayer`: a layer in a user's own JavaScript, over views of the rows of all steps.
import { checkInteger, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import {
  boolean,
  checkFields,
  type Field,
  type Fields,
  list,
  number,
  optional,
  string,
  withDefault,
} from '../base/fields.ts';
import type { Layer, LayerKind, ParameterSpec, Place } from '../layers/contract.ts';
import { bring, describe, type EntryOptions } from '../layers/describe.ts';
import { glorotUniform, initializer, zeros } from '../layers/initializers.ts';
import type { OwnDescription } from '../layers/registry.ts';
import { bindOwn } from './bound-layer.ts';
import {
  type CheckedDefinition,
  checkDefinition,
  type LayerDefinition,
  type OwnOptions,
  type OwnParameter,
  type Sizes,
} from './definition.ts';
import { checkName, guard } from './guard.ts';

/** Describes layers of a kind that a user has defined. */
export type OwnLayer<Options extends OwnOptions> = (options?: Partial<Options> & EntryOptions) => OwnDescription;

/**
 * A kind of layer of your own: what `forward` makes of the features of each step, and `backward` of the gradients. It sees each step by
 * itself; layers over time are not offered. `checkGradients` says whether the two fit together.
 *
 * It runs wherever the package does, with its bits the same everywhere if it computes with + - * / and Math.sqrt alone: other functions of
 * Math differ between engines. Threads know it from `modules`, files from `kinds`.
 *
 * Engines compute such loops one number at a time. Where that matters, an elementwise layer goes over whole views four numbers a round
 * (their length is a multiple of that), which takes half the time: about that of dropout (`bench/studies/own-layer.js`).
 *
 * @example
 * const scaled = defineLayer({
 *   kind: 'scaled',
 *   options: { initial: 1 },
 *   parameters: ([size], { initial }) => ({ scale: { shape: [size], initializer: constant(initial) } }),
 *   forward({ rows, size, ld, x: [x], y, parameters: { scale } }) {
 *     for (let r = 0; r < rows; r++) {
 *       for (let j = 0, i = r * ld(size); j < size; j++, i++) y[i] = scale[j] * x[i];
 *     }
 *   },
 *   backward({ rows, size, ld, x: [x], dy, dx: [dx], parameters: { scale }, gradients: { scale: dScale } }) {
 *     for (let r = rows - 1; r >= 0; r--) {
 *       for (let j = 0, i = r * ld(size); j < size; j++, i++) {
 *         dx[i] = scale[j] * dy[i];
 *         dScale[j] += x[i] * dy[i];
 *       }
 *     }
 *   },
 * });
 * const model = await createModel([features(3), lstm({ units: 8 }), scaled({ initial: 2 }), dense({ units: 2 })]);
 *
 * @throws BpttError for definitions that are wrong.
 */
export function defineLayer<const Options extends OwnOptions = Record<never, never>, Name extends string = never>(
  definition: LayerDefinition<Widened<Options>, Name> & { readonly options?: Options },
): OwnLayer<Widened<Options>> {
  const checked = checkDefinition(definition);
  const name = checkName('defineLayer.kind', checked.kind);
  const kind: LayerKind<never> = {
    kind: `own:${name}` as never,
    fields: fieldsOf(checked.options),
    ...(checked.ports && { ports: checked.ports }),
    refuse: (description, where) => {
      if (checked.check !== undefined) guard(`${where}.check`, () => checked.check!(optionsOf(checked, description)));
    },
    create: (description, place) => createOwn(checked, name, optionsOf(checked, description), place),
  };
  const describes = (options: object = {}) => describe(kind as LayerKind<never>, options, name) as OwnDescription;
  return bring(describes, kind);
}

/** `number` of 1.5, and so on. */
type Widened<Options> = {
  readonly [Name in keyof Options]: Options[Name] extends number
    ? number
    : Options[Name] extends boolean
      ? boolean
      : Options[Name] extends string
        ? string
        : readonly number[];
};

/** How options are checked, by the types of what they are otherwise. */
function fieldsOf(options: OwnOptions): Fields {
  return Object.fromEntries(
    Object.entries(options).map(([name, otherwise]) => {
      const where = `defineLayer.options.${name}`;
      if (['kind', 'name', 'from', 'start'].includes(name)) {
        throw new BpttError(
          'invalid-argument',
          `${where}: expected another name, since every entry has that, got it here`,
        );
      }
      const field = fieldOf(where, otherwise);
      return [name, withDefault(field, field.check(where, otherwise))];
    }),
  );
}

function fieldOf(where: string, value: unknown): Field<unknown> {
  if (typeof value === 'number') return number();
  if (typeof value === 'boolean') return boolean;
  if (typeof value === 'string') return string;
  if (Array.isArray(value)) return list(number(), 'numbers');
  throw new BpttError(
    'invalid-argument',
    `${where}: expected a number, a boolean, a string or an array of numbers, got ${show(value)}`,
  );
}

/** The options that an entry was given, without what says where it stands. */
function optionsOf({ options }: CheckedDefinition, description: Readonly<Record<string, unknown>>): OwnOptions {
  return Object.fromEntries(Object.keys(options).map((name) => [name, description[name]])) as OwnOptions;
}

/** A layer at its place in a model. */
function createOwn(definition: CheckedDefinition, name: string, options: OwnOptions, place: Place): Layer {
  const { ports } = place;
  const where = `${place.where} (own:${name})`;
  for (const { signal, clock, where: source } of ports) {
    if (signal.kind !== 'features') {
      throw new BpttError(
        'invalid-shape',
        `${where}: expected features as input, got ${signal.size} tokens of ${source}`,
      );
    }
    if (clock !== ports[0]!.clock) {
      const got = `'${clock.name}' of ${source}`;
      throw new BpttError('invalid-shape', `${where}: expected entries on clock '${ports[0]!.clock.name}', got ${got}`);
    }
  }
  const sizes = ports.map(({ signal }) => signal.size) as unknown as Sizes;
  const given = guard(`${where}.output`, () => definition.output?.(sizes, options) ?? sizes[0]);
  const size = checkInteger(`${where}.output`, given, 1);
  const parameters = Object.entries(guard(`${where}.parameters`, () => definition.parameters?.(sizes, options) ?? {}));
  const specs = parameters.map(([part, parameter]) => {
    checkName(`${where}.parameters`, part);
    return specOf(`${where}.parameters.${part}`, place.name(name, part), parameter);
  });
  return {
    output: { kind: 'features', size },
    parameters: specs,
    buffers: [{ name: 'y', extent: 'step', columns: size, type: 'real', kept: true }],
    result: 'y',
    // Many a derivative is simplest in terms of the output.
    keepsResult: true,
    states: [],
    reads: 'step',
    // For gradients that nobody asks for.
    scratch: (kernels, T, B) =>
      sizes.reduce((sum, columns) => sum + T * B * kernels.padded(columns) * kernels.realBytes(), 0),
    bind: (binding) =>
      bindOwn({ definition, where, options, sizes, size, names: parameters.map(([part]) => part), specs }, binding),
  };
}

const parameterFields = {
  shape: {
    check(where: string, shape: unknown): readonly number[] {
      if (!Array.isArray(shape) || shape.length < 1 || shape.length > 2) {
        throw new BpttError('invalid-shape', `${where}: expected [n] or [rows, columns], got ${show(shape)}`);
      }
      return shape.map((length, index) => checkInteger(`${where}[${index}]`, length, 1));
    },
  },
  initializer: optional(initializer),
};

function specOf(where: string, name: string, parameter: OwnParameter): ParameterSpec {
  const { shape, initializer } = checkFields(where, parameter, parameterFields);
  const vector = shape.length === 1;
  const [rows, columns] = vector ? [1, shape[0]!] : (shape as [number, number]);
  return {
    name,
    rows,
    columns,
    shape,
    transposed: false,
    kind: vector ? 'bias' : 'weight',
    role: vector ? 'bias' : 'kernel',
    fan: rows,
    initializer: initializer ?? (vector ? zeros() : glorotUniform()),
    use: 'sum',
  };
}
