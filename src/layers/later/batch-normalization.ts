// Batch normalisation: what it keeps, and how statistics come about.
import { BpttError } from '../../base/errors.ts';
import { Companion } from '../../wasm/companion.ts';
import type { Pointer } from '../../wasm/kernels.ts';
import { type BatchNormalizationDescription, batchNormalizationFields } from '../batch-normalization.ts';
import type { Binding, BoundLayer, LayerKind, ParameterSpec, Pass, Reach } from '../contract.ts';
import { constant, zeros } from '../initializers.ts';
import { at } from '../parts/address.ts';

interface BatchKernels {
  moments(mean: Pointer, variance: Pointer, x: Pointer, padding: Pointer, rows: number, ld: number): number;
  invert(inverse: Pointer, variance: Pointer, epsilon: number, ld: number): void;
  normalize(
    y: Pointer,
    x: Pointer,
    mean: Pointer,
    inverse: Pointer,
    gain: Pointer,
    bias: Pointer,
    rows: number,
    ld: number,
  ): void;
  sumGradients(
    dBias: Pointer,
    dGain: Pointer,
    sums: Pointer,
    dy: Pointer,
    x: Pointer,
    mean: Pointer,
    inverse: Pointer,
    padding: Pointer,
    rows: number,
    ld: number,
  ): void;
  normalizeBack(
    dx: Pointer,
    dy: Pointer,
    x: Pointer,
    sums: Pointer,
    mean: Pointer,
    inverse: Pointer,
    gain: Pointer,
    padding: Pointer,
    rows: number,
    ld: number,
    share: number,
    adds: boolean,
  ): void;
}

const companion = new Companion<BatchKernels>('batch-normalization', {
  f32: () => import('../../../build/kernels/batch-normalization-f32.js'),
  f64: () => import('../../../build/kernels/batch-normalization-f64.js'),
});

export const batchNormalizationLayer: LayerKind<BatchNormalizationDescription> = {
  kind: 'batchNormalization',
  fields: batchNormalizationFields,

  create(description, { where, ports: [port], name }) {
    const { signal, clock, where: source } = port!;
    if (signal.kind !== 'features') {
      throw new BpttError(
        'invalid-shape',
        `${where}: expected features as input, got ${signal.size} tokens of ${source}; embedding makes features of them`,
      );
    }
    const columns = signal.size;
    const fixed = (name: string, rows = 1) =>
      ({ name, extent: 'fixed', rows, columns, type: 'real', kept: false }) as const;
    const names = {
      gain: name('norm', 'weight'),
      bias: name('norm', 'bias'),
      mean: name('norm', 'running_mean'),
      variance: name('norm', 'running_var'),
    };
    return {
      output: signal,
      companion,
      parameters: parametersOf(names, columns),
      buffers: [
        { name: 'y', extent: 'step', columns, type: 'real', kept: true },
        ...['mean', 'variance', 'inverse'].map((own) => fixed(own)),
        fixed('sums', 2),
      ],
      result: 'y',
      keepsResult: false,
      states: [],
      adds: true,
      // In training its statistics are also of steps whose own output does not count.
      reads: clock.kind === 'row' ? 'step' : 'past',
      refuse: (reach) => refuse(reach, where),
      scratch: () => 0,
      // What has one output a row has no padding.
      bind: (binding) => bindNorm(binding, names, { ...description, padded: clock.kind === 'steps', where }),
    };
  },
};

type Names = Readonly<Record<'gain' | 'bias' | 'mean' | 'variance', string>>;

function parametersOf({ gain, bias, mean, variance }: Names, columns: number): readonly ParameterSpec[] {
  const vector = {
    rows: 1,
    columns,
    shape: [columns],
    transposed: false,
    role: 'bias',
    fan: columns,
    use: 'sum',
  } as const;
  return [
    { ...vector, name: gain, kind: 'bias', initializer: constant(1) },
    { ...vector, name: bias, kind: 'bias', initializer: zeros() },
    { ...vector, name: mean, kind: 'statistic', initializer: zeros() },
    { ...vector, name: variance, kind: 'statistic', range: [0, Number.POSITIVE_INFINITY], initializer: constant(1) },
  ];
}

/** Mean and variance are of all steps whose gradients are taken together, and these go back through all of them. */
function refuse({ truncation, memoryBudget, blocks = false }: Reach, where: string): void {
  const layer = `${where} (batchNormalization), whose mean and variance are of all steps of a batch at once`;
  const refused = (what: string) => new BpttError('invalid-argument', what);
  if (blocks)
    throw refused(`workers: expected a model without ${layer}, got it; leave parallel out, or use trainInWorker`);
  if (memoryBudget !== undefined) throw refused(`memoryBudget: expected none with ${layer}, got ${memoryBudget}`);
  if (truncation === undefined || truncation.k1 === truncation.k2) return;
  const { k1, k2 } = truncation;
  throw refused(`truncation: expected k1 = k2 with ${layer} or window, got k1 ${k1} and k2 ${k2}`);
}

interface NormOptions extends BatchNormalizationDescription {
  readonly padded: boolean;
  readonly where: string;
}

function bindNorm(
  binding: Binding,
  names: Names,
  { momentum = 0, epsilon = 0, padded, where }: NormOptions,
): BoundLayer {
  const {
    kernels,
    rows: B,
    inputs: [input],
    dOutput: dy,
    padding,
    parameter,
    gradient,
    buffer,
    isFrozen,
  } = binding;
  const { track: x, gradient: dx, add } = input!;
  const y = buffer('y');
  const { ld } = y;
  const [mean, variance, inverse, sums] = ['mean', 'variance', 'inverse', 'sums'].map(
    (name) => buffer(name).pointer,
  ) as [Pointer, Pointer, Pointer, Pointer];
  const running = { mean: parameter(names.mean), variance: parameter(names.variance) };
  const [gain, bias] = [parameter(names.gain), parameter(names.bias)];
  const constant = isFrozen(names.gain) && isFrozen(names.bias);
  const own = companion.of(kernels);
  const flags = (from: number, pass: Pass) => (padded && pass.padding ? at(padding, from) : 0);
  /** Whether the statistics are those of the steps themselves. */
  const live = ({ training }: Pass) => training && !constant;
  let count = 0;
  return {
    forward(from, to, pass) {
      const rows = (to - from) * B;
      if (live(pass)) {
        count = own.moments(mean, variance, at(x, from), flags(from, pass), rows, ld);
        if (count < 2) {
          throw new BpttError(
            'invalid-shape',
            `${where} (batchNormalization): expected two steps of all rows together at least, of which there is a variance, got ${count}`,
          );
        }
      }
      own.invert(inverse, live(pass) ? variance : running.variance, epsilon, ld);
      own.normalize(at(y, from), at(x, from), live(pass) ? mean : running.mean, inverse, gain, bias, rows, ld);
    },

    backward(from, to, pass) {
      const rows = (to - from) * B;
      const of = live(pass) ? mean : running.mean;
      const padding = flags(from, pass);
      const [xs, dys] = [at(x, from), at(dy, from)];
      own.sumGradients(gradient(names.bias), gradient(names.gain), sums, dys, xs, of, inverse, padding, rows, ld);
      if (dx !== undefined) {
        const share = live(pass) ? 1 / count : 0;
        own.normalizeBack(at(dx, from), dys, xs, sums, of, inverse, gain, padding, rows, ld, share, add);
      }
      if (!live(pass)) return;
      // Only now: of a loss that is not finite nothing stays.
      kernels.scale(variance, count / (count - 1), ld);
      if (!Number.isFinite(kernels.sumSquares(variance, ld))) {
        throw new BpttError(
          'non-finite',
          `${where} (batchNormalization): expected inputs with a finite variance, got one beyond`,
        );
      }
      kernels.approach(running.mean, mean, momentum, ld);
      kernels.approach(running.variance, variance, momentum, ld);
    },
  };
}
