// The Elman layer: h_t = f(V x_t + W h_{t-1} + b).
import { checkInteger, checkOneOf, checkOptions } from '../check.ts';
import { checkInitializer, glorotUniform, type Initializer, orthogonal, zeros } from '../initializers.ts';
import type { Kernels } from '../wasm/kernels.ts';
import type { LayerKind } from './contract.ts';
import { bindProjection, projectionScratch } from './projection.ts';

/** f of an Elman layer, in the order in which the kernels number them. */
export const activations = ['tanh', 'relu', 'identity'] as const;
export type Activation = (typeof activations)[number];

export interface ElmanDescription {
  readonly kind: 'elman';
  readonly units: number;
  readonly activation: Activation;
  /** Of V, input to hidden. */
  readonly inputInitializer: Initializer;
  /** Of W, hidden to hidden. */
  readonly recurrentInitializer: Initializer;
  readonly biasInitializer: Initializer;
}

export interface ElmanOptions {
  /** H, the number of hidden units. */
  readonly units: number;
  /** f. Default `tanh`. */
  readonly activation?: Activation;
  /** Of V [H, I]. Default Glorot uniform. */
  readonly inputInitializer?: Initializer;
  /** Of W [H, H]. Default orthogonal (Saxe et al. 2014); `identity()` with ReLU is the IRNN of Le, Jaitly and Hinton 2015. */
  readonly recurrentInitializer?: Initializer;
  /** Of b [H]. Default zeros. */
  readonly biasInitializer?: Initializer;
}

/**
 * An Elman layer (Elman 1990): `h_t = f(V x_t + W h_{t-1} + b)`, input [T,B,I] or tokens [T,B], output [T,B,H].
 * Parameters, in PyTorch's names and shapes: `rnn.weight_ih_lN` [H,I] is V, `rnn.weight_hh_lN` [H,H] is W, `rnn.bias_ih_lN`
 * [H] is b, where N counts the recurrent layers of the model from 0.
 *
 * @throws BpttError for units that are not an integer ≥ 1 and for unknown options.
 */
export function elman(options: ElmanOptions): ElmanDescription {
  return elmanLayer.check({ kind: 'elman', ...options }, 'elman');
}

export const elmanLayer: LayerKind<ElmanDescription> = {
  kind: 'elman',

  check(description, where) {
    checkOptions(where, description, [
      'kind',
      'units',
      'activation',
      'inputInitializer',
      'recurrentInitializer',
      'biasInitializer',
    ]);
    const {
      units,
      activation = 'tanh',
      inputInitializer = glorotUniform(),
      recurrentInitializer = orthogonal(),
      biasInitializer = zeros(),
    } = description;
    return {
      kind: 'elman',
      units: checkInteger(`${where}.units`, units, 1),
      activation: checkOneOf(`${where}.activation`, activation, activations),
      inputInitializer: checkInitializer(`${where}.inputInitializer`, inputInitializer),
      recurrentInitializer: checkInitializer(`${where}.recurrentInitializer`, recurrentInitializer),
      biasInitializer: checkInitializer(`${where}.biasInitializer`, biasInitializer),
    };
  },

  create(description, input, ordinal) {
    const H = description.units;
    const l = ordinal('recurrent');
    const names = { V: `rnn.weight_ih_l${l}`, W: `rnn.weight_hh_l${l}`, b: `rnn.bias_ih_l${l}` };
    const activation = activations.indexOf(description.activation);
    return {
      output: { kind: 'features', size: H },
      parameters: [
        {
          name: names.V,
          rows: input.size,
          columns: H,
          shape: [H, input.size],
          transposed: true,
          kind: 'weight',
          initializer: description.inputInitializer,
          lookedUp: input.kind === 'tokens',
        },
        {
          name: names.W,
          rows: H,
          columns: H,
          shape: [H, H],
          transposed: true,
          kind: 'weight',
          initializer: description.recurrentInitializer,
        },
        {
          name: names.b,
          rows: 1,
          columns: H,
          shape: [H],
          transposed: false,
          kind: 'bias',
          initializer: description.biasInitializer,
        },
      ],
      buffers: [
        { name: 'h', extent: 'slot', columns: H, type: 'real', kept: true },
        // a_t on the way forward, dL/da_t on the way back.
        { name: 'a', extent: 'step', columns: H, type: 'real', kept: false },
        // h_{t-1} as the step saw it: zero in rows that were reset.
        { name: 'previous', extent: 'step', columns: H, type: 'real', kept: false },
        { name: 'dh', extent: 'batch', columns: H, type: 'real', kept: false },
      ],
      result: 'h',
      keepsResult: true,
      state: ['h'],

      scratch(kernels: Kernels, T: number, B: number) {
        return Math.max(
          projectionScratch(kernels, input, H, T * B),
          kernels.recurrentScratch(B, H),
          kernels.gemmScratch(H, H, T * B),
        );
      },

      bind(binding) {
        const { kernels, rows: B, dOutput, resets, scratch } = binding;
        const h = binding.buffer('h');
        const a = binding.buffer('a');
        const previous = binding.buffer('previous');
        const dh = binding.buffer('dh');
        const W = binding.parameter(names.W);
        const dW = binding.gradient(names.W);
        const projection = bindProjection(
          {
            ...binding,
            weight: binding.parameter(names.V),
            dWeight: binding.gradient(names.V),
            bias: binding.parameter(names.b),
            dBias: binding.gradient(names.b),
          },
          input,
          H,
          scratch,
        );
        return {
          forward(from, to, hasResets) {
            projection.forward(a, from, to);
            kernels.recurrentForward(
              h.pointer + from * h.stride,
              a.pointer + from * a.stride,
              W,
              hasResets ? resets.pointer + from * resets.stride : 0,
              to - from,
              B,
              H,
              activation,
              scratch,
            );
          },
          backward(from, to, hasResets) {
            const T = to - from;
            const first = h.pointer + from * h.stride;
            const da = a.pointer + from * a.stride;
            const mask = hasResets ? resets.pointer + from * resets.stride : 0;
            kernels.clear(dh.pointer, B * dh.ld);
            kernels.recurrentBackward(
              dh.pointer,
              da,
              dOutput.pointer + from * dOutput.stride,
              first,
              W,
              mask,
              T,
              B,
              H,
              activation,
              scratch,
            );
            let before = first;
            if (hasResets) {
              before = previous.pointer + from * previous.stride;
              kernels.maskRows(before, first, mask, T * B, h.ld);
            }
            kernels.gemm(dW, before, da, H, H, T * B, h.ld, a.ld, a.ld, true, false, true, scratch);
            projection.backward(a, from, to);
          },
        };
      },
    };
  },
};
