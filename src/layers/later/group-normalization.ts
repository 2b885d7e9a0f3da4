// Group normalisation: what it keeps.
import { BpttError } from '../../base/errors.ts';
import { type Checked, integer, number, type Options, withDefault } from '../../base/fields.ts';
import type { Binding, BoundLayer, LayerKind, Pass } from '../contract.ts';
import type { EntryOptions } from '../describe.ts';
import { constant, zeros } from '../initializers.ts';
import { companion } from './convolve.ts';
import { checkSteps, imageOf, refuseResets } from './sliding.ts';

export const groupNormalizationFields = {
  /** Into so many groups of neighbours the channels are divided. */
  groups: integer({ min: 1 }),
  /** ε, above 0. Default 1e-5, as PyTorch's; Keras has 1e-3. */
  epsilon: withDefault(number({ exclusiveMin: 0 }), 1e-5),
};

/** Into how many groups `groupNormalization` divides the channels, and what keeps it from dividing by 0. */
export interface GroupNormalizationOptions extends EntryOptions, Options<typeof groupNormalizationFields> {}

/** Its defaults are filled in where a model has it. */
export interface GroupNormalizationDescription extends EntryOptions, Options<typeof groupNormalizationFields> {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'groupNormalization';
}

/** What statistics are of, and over what. */
interface Shape {
  readonly H: number;
  readonly C: number;
  readonly groups: number;
  readonly epsilon: number;
  readonly where: string;
  readonly names: { readonly gain: string; readonly bias: string };
}

export const groupNormalizationLayer: LayerKind<GroupNormalizationDescription> = {
  kind: 'groupNormalization',
  fields: groupNormalizationFields,

  create(description, place) {
    const where = `${place.where} (groupNormalization)`;
    const [port] = place.ports;
    checkSteps(port!, where);
    const { signal } = port!;
    const { groups, epsilon } = description as Checked<typeof groupNormalizationFields>;
    const { H, C } = signal.height === undefined ? { H: 1, C: signal.size } : imageOf(port!, where);
    if (C % groups !== 0) {
      throw new BpttError(
        'invalid-shape',
        `${where}: expected channels that the ${groups} groups divide, got ${C} from ${port!.where}`,
      );
    }
    const names = { gain: place.name('norm', 'weight'), bias: place.name('norm', 'bias') };
    const vector = { rows: 1, columns: C, shape: [C], transposed: false, role: 'bias', fan: C, use: 'sum' } as const;
    return {
      output: signal,
      companion,
      parameters: [
        { ...vector, name: names.gain, kind: 'bias', initializer: constant(1) },
        { ...vector, name: names.bias, kind: 'bias', initializer: zeros() },
      ],
      buffers: [
        { name: 'y', extent: 'step', columns: signal.size, type: 'real', kept: true },
        { name: 'stats', extent: 'batch', columns: 2 * groups, type: 'real', kept: false },
      ],
      result: 'y',
      keepsResult: false,
      states: [],
      adds: true,
      reads: 'both',
      scratch: () => 0,
      bind: (binding) => bindGroupNorm(binding, { H, C, groups, epsilon, where, names }),
    };
  },
};

function bindGroupNorm(binding: Binding, { H, C, groups: G, epsilon, where, names }: Shape): BoundLayer {
  const {
    kernels,
    rows: B,
    inputs: [input],
    dOutput: dy,
    parameter,
    gradient,
    buffer,
  } = binding;
  const { track: x, gradient: dx, add, filled, padding } = input!;
  const [y, { pointer: stats, ld: lds }] = [buffer('y'), buffer('stats')];
  const [gain, bias] = [parameter(names.gain), parameter(names.bias)];
  const [dGain, dBias] = [gradient(names.gain), gradient(names.bias)];
  const own = companion.of(kernels);
  const flags = (pass: Pass) => (pass.padding ? padding.pointer : 0);
  // All steps at once: it reads both sides.
  const sizes = () => [filled(), B, H, C, G, y.ld] as const;
  return {
    forward(_, __, pass) {
      refuseResets(pass, where);
      own.groupMoments(stats, lds, x.pointer, flags(pass), ...sizes(), epsilon);
      own.groupNormalize(y.pointer, x.pointer, stats, lds, gain, bias, flags(pass), ...sizes());
    },
    backward(_, __, pass) {
      const read = [dy.pointer, x.pointer, stats, lds] as const;
      own.groupNormalizeWeights(dGain, dBias, ...read, flags(pass), ...sizes());
      if (dx !== undefined) own.groupNormalizeBack(dx.pointer, ...read, gain, flags(pass), ...sizes(), add);
    },
  };
}
