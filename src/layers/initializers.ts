// Initial values of parameters. A matrix lies as [inputs, outputs]: its rows are the fan-in, its columns the fan-out.
// Random numbers come from the kernels and everything else is + - * / and sqrt, so every engine starts from the same bits.
import { checkNumber } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import {
  checkFields,
  checkKind,
  type Field,
  number,
  type OneOfKinds,
  type Options,
  withDefault,
} from '../base/fields.ts';
import { draw, type MatrixToFill, realsOf } from './matrix-to-fill.ts';
import { drawOrthogonal } from './orthogonal.ts';

export const initializerFields = {
  'glorot-uniform': {},
  'glorot-normal': {},
  'he-uniform': {},
  'he-normal': {},
  orthogonal: {
    /** What the matrix is multiplied by. Default 1. */
    gain: withDefault(number(), 1),
  },
  identity: {
    /** What stands on the diagonal. Default 1. */
    scale: withDefault(number(), 1),
  },
  zeros: {},
  constant: {
    /** The value. */
    value: number(),
  },
  uniform: {
    /** The lowest value. */
    low: number(),
    /** What all values are below, ≥ `low`. */
    high: number(),
  },
  normal: {
    /** Default 0. */
    mean: withDefault(number(), 0),
    /** The standard deviation, ≥ 0. */
    deviation: number({ min: 0 }),
  },
  chrono: {
    /** The longest dependency in steps, ≥ 2. */
    maximum: number({ min: 2 }),
  },
  pytorch: {},
  keras: {},
};

/** How a parameter begins, as plain data. */
export type Initializer = OneOfKinds<typeof initializerFields>;

const build = <Kind extends Initializer['kind']>(
  kind: Kind,
  options: Options<(typeof initializerFields)[Kind]>,
): Initializer => checkRange(kind, { kind, ...checkFields(kind, options, initializerFields[kind]) } as Initializer);

/** Of an initialiser that has none: what is given all the same, such as a gain, is refused. */
type NoOptions = Readonly<Record<string, never>>;

/** What a parameter is, for initialisers that go by more than its shape. */
export interface InitializerContext {
  /** `kernel`: from input to outputs. `recurrent`: from state to gates. `table`: rows by token, no fan-in. */
  readonly role: 'kernel' | 'recurrent' | 'bias' | 'table';
  /** PyTorch's defaults are uniform in ±1/√fan: H of a recurrent layer, the inputs of a dense one. */
  readonly fan: number;
  /** The gate, where there are several. */
  readonly gate?: string;
  /** How many places of its input a weight of a convolution is read at: its fan-out is so many times its outputs. Default 1. */
  readonly taps?: number;
  /** How many biases PyTorch has in place of this one, which is their sum. Default 1. */
  readonly biasCount?: number;
}

/**
 * Uniform in ±sqrt(6 / (fanIn + fanOut)). Glorot and Bengio 2010, eq. 16.
 *
 * @example
 * elman({ units: 64, inputInitializer: glorotUniform() })
 */
export const glorotUniform = (options: NoOptions = {}): Initializer => build('glorot-uniform', options);

/**
 * Normal with variance 2 / (fanIn + fanOut). Glorot and Bengio 2010, eq. 12.
 *
 * @example
 * dense({ units: 10, weightInitializer: glorotNormal() })
 */
export const glorotNormal = (options: NoOptions = {}): Initializer => build('glorot-normal', options);

/**
 * Uniform in ±sqrt(6 / fanIn). He et al. 2015, for ReLU.
 *
 * @example
 * dense({ units: 64, activation: 'relu', weightInitializer: heUniform() })
 */
export const heUniform = (options: NoOptions = {}): Initializer => build('he-uniform', options);

/**
 * Normal with variance 2 / fanIn. He et al. 2015, eq. 10, for ReLU.
 *
 * @example
 * elman({ units: 64, activation: 'relu', inputInitializer: heNormal() })
 */
export const heNormal = (options: NoOptions = {}): Initializer => build('he-normal', options);

/**
 * A random matrix with orthonormal rows or columns (the shorter side), times `gain` (default 1). Saxe et al. 2014.
 *
 * @example
 * elman({ units: 64, recurrentInitializer: orthogonal({ gain: 1 }) })
 */
export const orthogonal = (options: Options<typeof initializerFields.orthogonal> = {}): Initializer =>
  build('orthogonal', options);

/**
 * `scale` (default 1) on the diagonal, zero elsewhere: with ReLU, the IRNN of Le, Jaitly and Hinton 2015.
 *
 * @example
 * elman({ units: 100, activation: 'relu', recurrentInitializer: identity() }) // an IRNN
 */
export const identity = (options: Options<typeof initializerFields.identity> = {}): Initializer =>
  build('identity', options);

/**
 * All zeros.
 *
 * @example
 * dense({ units: 10, weightInitializer: zeros() }) // all classes alike at the start
 */
export const zeros = (options: NoOptions = {}): Initializer => build('zeros', options);

/**
 * One value everywhere.
 *
 * @example
 * dense({ units: 1, biasInitializer: constant(0.5) })
 */
export const constant = (value: number): Initializer => build('constant', { value });

/**
 * Uniform in [low, high).
 *
 * @example
 * embedding({ units: 32, initializer: uniform({ low: -0.1, high: 0.1 }) })
 */
export const uniform = (options: Options<typeof initializerFields.uniform>): Initializer => build('uniform', options);

/**
 * Normal with the given mean (default 0) and standard deviation.
 *
 * @example
 * elman({ units: 64, recurrentInitializer: normal({ deviation: 0.01 }) })
 */
export const normal = (options: Options<typeof initializerFields.normal>): Initializer => build('normal', options);

/**
 * Biases for dependencies of up to `maximum` steps (Tallec and Ollivier 2018): `b_f = log u`, `b_i = -log u` with u uniform in
 * [1, maximum - 1], the other gates 0; in a GRU, whose z keeps the state, `b_z = log u`. For `biasInitializer` of `lstm` and `gru`.
 *
 * @example
 * lstm({ units: 64, biasInitializer: chrono({ maximum: 400 }) }) // dependencies of up to 400 steps
 */
export const chrono = (options: Options<typeof initializerFields.chrono>): Initializer => build('chrono', options);

/**
 * PyTorch's defaults, for weights and biases alike: recurrent layers uniform in ±1/√H, dense ones in ±1/√inputs, embeddings
 * normal(0, 1). Where one bias stands for PyTorch's two it is the sum of two draws. As `biasInitializer` of `lstm` it makes
 * `forgetBias` 0 unless that is given.
 *
 * @example
 * lstm({ units: 64, inputInitializer: pytorch(), recurrentInitializer: pytorch(), biasInitializer: pytorch() })
 */
export const pytorch = (options: NoOptions = {}): Initializer => build('pytorch', options);

/**
 * Keras's defaults: weights of inputs Glorot uniform and those of states orthogonal, both over all gates at once, biases zero,
 * embeddings uniform in ±0.05. With the unit forget bias of `lstm` these are all of Keras's.
 *
 * @example
 * gru({ units: 64, inputInitializer: keras(), recurrentInitializer: keras(), biasInitializer: keras() })
 */
export const keras = (options: NoOptions = {}): Initializer => build('keras', options);

function checkRange(where: string, initializer: Initializer): Initializer {
  if (initializer.kind === 'uniform') checkNumber(`${where}.high`, initializer.high, { min: initializer.low });
  return initializer;
}

/** An initialiser of biases of gates, which may come from JavaScript or from a file. */
export const gateInitializer: Field<Initializer> = {
  check: (where, value) => checkRange(where, checkKind(where, value, initializerFields)),
};

/** An initialiser of anything else, where `chrono` has no meaning. */
export const initializer: Field<Initializer> = {
  check(where, value) {
    const checked = gateInitializer.check(where, value);
    if (checked.kind !== 'chrono') return checked;
    throw new BpttError(
      'invalid-argument',
      `${where}: expected chrono for the biases of lstm and gru only, got it here`,
    );
  },
};

/** Added to a parameter's stream for a second set of random numbers: far above the streams of all parameters and their gates. */
const SECOND = 0x1000000;

/** Writes the initial values of a matrix. */
export async function initialize(
  initializer: Initializer,
  target: MatrixToFill,
  context: InitializerContext,
): Promise<void> {
  const write = writers[initializer.kind] as Writer<Initializer>;
  await write(initializer, target, context);
}

type Writer<Options> = (options: Options, target: MatrixToFill, context: InitializerContext) => Promise<void> | void;

const writers: { readonly [Kind in Initializer['kind']]: Writer<Extract<Initializer, { kind: Kind }>> } = {
  'glorot-uniform': (_, target, { taps = 1 }) => {
    const limit = Math.sqrt(6 / (target.rows + taps * target.columns));
    return draw('randomUniform', target, -limit, limit);
  },
  'glorot-normal': (_, target, { taps = 1 }) =>
    draw('randomNormal', target, 0, Math.sqrt(2 / (target.rows + taps * target.columns))),
  'he-uniform': (_, target) => draw('randomUniform', target, -Math.sqrt(6 / target.rows), Math.sqrt(6 / target.rows)),
  'he-normal': (_, target) => draw('randomNormal', target, 0, Math.sqrt(2 / target.rows)),
  orthogonal: ({ gain }, target) => drawOrthogonal(target, gain),
  identity({ scale }, target) {
    const values = realsOf(target);
    for (let i = 0; i < Math.min(target.rows, target.columns); i++) values[i * (target.ld + 1)] = scale;
  },
  zeros: () => {},
  constant({ value }, { kernels, at, rows, columns, ld }) {
    for (let row = 0; row < rows; row++) kernels.fill(at + row * ld * kernels.realBytes(), value, columns);
  },
  uniform: ({ low, high }, target) => draw('randomUniform', target, low, high),
  normal: ({ mean, deviation }, target) => draw('randomNormal', target, mean, deviation),
  async chrono({ maximum }, target, { gate }) {
    if (gate !== 'f' && gate !== 'i' && gate !== 'z') return;
    await draw('randomUniform', target, 1, maximum - 1);
    const { kernels, at, columns } = target; // a bias is one row
    kernels.vlog(at, at, kernels.padded(columns));
    const sign = gate === 'i' ? -1 : 1;
    const values = target.arena.reals(at, kernels.padded(columns));
    // The logarithm of the padding's zeros is infinite.
    for (let i = 0; i < values.length; i++) values[i] = i < columns ? sign * values[i]! : 0;
  },
  async pytorch(_, target, { role, fan, biasCount = 1 }) {
    if (role === 'table') return draw('randomNormal', target, 0, 1);
    const limit = 1 / Math.sqrt(fan);
    await draw('randomUniform', target, -limit, limit);
    if (biasCount === 1) return;
    const first = realsOf(target).slice();
    await draw('randomUniform', { ...target, stream: target.stream + SECOND }, -limit, limit);
    const both = realsOf(target);
    for (let i = 0; i < both.length; i++) both[i]! += first[i]!;
  },
  keras(_, target, context) {
    const { role } = context;
    if (role === 'table') return draw('randomUniform', target, -0.05, 0.05);
    if (role === 'kernel') return writers['glorot-uniform']({ kind: 'glorot-uniform' }, target, context);
    if (role === 'recurrent') return drawOrthogonal(target, 1);
  },
};
