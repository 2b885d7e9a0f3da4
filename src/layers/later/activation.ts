// Activations: y = f(x), number by number.
import { BpttError } from '../../base/errors.ts';
import { type Field, number, type Options, oneOf, withDefault } from '../../base/fields.ts';
import { Companion } from '../../wasm/companion.ts';
import type { Pointer } from '../../wasm/kernels.ts';
import type { LayerKind } from '../contract.ts';
import type { EntryOptions } from '../describe.ts';
import { at } from '../parts/address.ts';

/** In the order in which assembly/companions/activation/index.ts numbers them. */
const functions = ['relu', 'leaky-relu', 'elu', 'gelu', 'silu', 'softplus', 'tanh', 'sigmoid', 'hard-sigmoid'] as const;

/**
 * - `relu`: max(x, 0).
 * - `leaky-relu`: x, below 0 alpha x (Maas, Hannun and Ng 2013).
 * - `elu`: x, below 0 alpha (e^x - 1) (Clevert, Unterthiner and Hochreiter 2016).
 * - `gelu`: x Φ(x), Φ the normal distribution (Hendrycks and Gimpel 2016); exact, as the defaults of PyTorch and Keras.
 * - `silu`: x sigmoid(x), also called swish (Elfwing, Uchibe and Doya 2018).
 * - `softplus`: ln(1 + e^x).
 * - `tanh`, `sigmoid`.
 * - `hard-sigmoid`: alpha x + 1/2 within [0, 1]; alpha is 1/6 in PyTorch and Keras 3, 0.2 in Keras before and in ONNX.
 */
export type ActivationFunction = (typeof functions)[number];

/** The default alpha of those that have one. */
const alphas: Partial<Record<ActivationFunction, number>> = { 'leaky-relu': 0.01, elu: 1, 'hard-sigmoid': 1 / 6 };

const fields = {
  /** f. */
  function: oneOf<ActivationFunction>(...functions),
  /** The number in `leaky-relu` (≥ 0, default 0.01), `elu` (default 1) and `hard-sigmoid` (default 1/6); not with the others. */
  alpha: withDefault<Field<number | undefined>, { readonly function: ActivationFunction }>(
    number({ min: 0 }),
    ({ function: name }) => alphas[name],
  ),
};

export interface ActivationOptions extends EntryOptions, Options<typeof fields> {}

/** Its defaults are filled in where a model has it. */
export interface ActivationDescription extends EntryOptions, Options<typeof fields> {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'activation';
}

interface ActivationKernels {
  activate(y: Pointer, x: Pointer, rows: number, columns: number, kind: number, alpha: number): void;
  activateBack(
    dx: Pointer,
    dy: Pointer,
    x: Pointer,
    y: Pointer,
    n: number,
    kind: number,
    alpha: number,
    adds: boolean,
  ): void;
}

const companion = new Companion<ActivationKernels>('activation', {
  f32: () => import('../../../build/kernels/activation-f32.js'),
  f64: () => import('../../../build/kernels/activation-f64.js'),
});

export const activationLayer: LayerKind<ActivationDescription> = {
  kind: 'activation',
  fields,

  refuse({ function: name, alpha }, where) {
    if (alpha === undefined || alphas[name] !== undefined) return;
    throw new BpttError(
      'invalid-argument',
      `${where}.alpha: expected none with ${name}, only with ${Object.keys(alphas).join(', ')}, got ${alpha}`,
    );
  },

  create({ function: name, alpha = 0 }, { where, ports: [port] }) {
    const { signal, where: source } = port!;
    if (signal.kind !== 'features') {
      throw new BpttError(
        'invalid-shape',
        `${where}: expected features as input, got ${signal.size} tokens of ${source}; embedding makes features of them`,
      );
    }
    const columns = signal.size;
    const number = functions.indexOf(name);
    return {
      output: signal,
      companion,
      parameters: [],
      buffers: [{ name: 'y', extent: 'step', columns, type: 'real', kept: true }],
      result: 'y',
      keepsResult: true,
      states: [],
      adds: true,
      reads: 'step',
      scratch: () => 0,
      bind({ kernels, rows: B, inputs: [input], dOutput: dy, buffer }) {
        const { track: x, gradient: dx, add } = input!;
        const y = buffer('y');
        const { activate, activateBack } = companion.of(kernels);
        return {
          forward: (from, to) => activate(at(y, from), at(x, from), (to - from) * B, columns, number, alpha),
          backward(from, to) {
            if (dx === undefined) return;
            const n = (to - from) * B * y.ld;
            activateBack(at(dx, from), at(dy, from), at(x, from), at(y, from), n, number, alpha, add);
          },
        };
      },
    };
  },
};
