// Attention over the steps of another entry: its options, parameters and buffers. What it computes stands in attend.ts.
import { BpttError } from '../../base/errors.ts';
import type { Checked } from '../../base/fields.ts';
import { type AttentionDescription, attentionFields, hasWeights, refuseAttention } from '../attention.ts';
import type { BufferSpec, Layer, LayerKind, ParameterSpec, Place, Port } from '../contract.ts';
import type { EntryOptions } from '../describe.ts';
import { type Initializer, zeros } from '../initializers.ts';
import { type AttentionShape, attendScratch, bindAttention, companion } from './attend.ts';

type Filled = EntryOptions & Checked<typeof attentionFields>;

/** A head's features begin at whole cache lines of either precision. */
const HEAD = 8;

export const attentionLayer: LayerKind<AttentionDescription> = {
  kind: 'attention',
  fields: attentionFields,
  ports: 'several',

  refuse: refuseAttention,

  create(description, place): Layer {
    const shape = shapeOf(description as Filled, place);
    const { Q, M } = shape;
    const memory = place.ports[1]!.clock;
    return {
      output: { kind: 'features', size: M + Q },
      companion,
      parameters: parametersOf(shape, (description as Filled).weightInitializer),
      buffers: buffersOf(shape, place.ports),
      result: 'y',
      keepsResult: false,
      states: [],
      adds: true,
      reads: 'both',
      scratch: (kernels, T, B, stepsOf) => attendScratch(kernels, shape, T, stepsOf(memory), B),
      bind: (binding) => bindAttention(binding, shape),
    };
  },
};

/** @throws BpttError for entries that attention cannot be of. */
function shapeOf({ score, heads, units }: Filled, { where, ports, name }: Place): AttentionShape {
  const [query, memory] = ports;
  if (memory === undefined || ports.length > 2) {
    throw new BpttError(
      'invalid-argument',
      `${where}.from: expected two entries, what asks and what is read (['decoder', 'encoder']), got ${ports.length}`,
    );
  }
  for (const { signal, where: source } of ports) {
    if (signal.kind === 'features') continue;
    throw new BpttError(
      'invalid-shape',
      `${where}.from: expected features, got ${signal.size} tokens from ${source}; embedding makes features of them`,
    );
  }
  if (memory.clock.kind !== 'steps') {
    throw new BpttError(
      'invalid-shape',
      `${where}.from: expected steps to read in the second entry, got one output a row from ${memory.where}`,
    );
  }
  const [Q, M] = [query!.signal.size, memory.signal.size];
  if ((score === 'dot' || score === 'scaled-dot') && Q !== M) {
    throw new BpttError(
      'invalid-shape',
      `${where}.score: expected a query and a memory of one size for '${score}', got ${Q} of ${query!.where} and ${M} of ${memory.where}; 'general' takes any`,
    );
  }
  if (heads > 1 && M % (heads * HEAD) !== 0) {
    throw new BpttError(
      'invalid-shape',
      `${where}.heads: expected heads of a multiple of ${HEAD} features each, got ${M} features of ${memory.where} for ${heads}`,
    );
  }
  const A = score === 'additive' ? (units ?? Q) : M;
  const part = (of: string) => name('attention', of);
  const names = { query: part(score === 'general' ? 'weight' : 'weight_query'), memory: part('weight_memory') };
  return { score, heads, Q, M, A, names: { ...names, bias: part('bias'), v: part('v') } };
}

function parametersOf(
  { score, Q, M, A, names }: AttentionShape,
  initializer: Initializer | undefined,
): readonly ParameterSpec[] {
  if (initializer === undefined) return [];
  const matrix = (name: string, inputs: number): ParameterSpec => ({
    ...{ name, rows: inputs, columns: A, shape: [A, inputs], transposed: true },
    ...{ kind: 'weight', role: 'kernel', fan: inputs, use: 'product', initializer },
  });
  if (score === 'general') return [matrix(names.query, Q)];
  const row = { rows: 1, columns: A, shape: [A], transposed: false, use: 'sum' } as const;
  return [
    matrix(names.query, Q),
    matrix(names.memory, M),
    { ...row, name: names.v, kind: 'weight', role: 'kernel', fan: A, initializer },
    { ...row, name: names.bias, kind: 'bias', role: 'bias', fan: Q, initializer: zeros() },
  ];
}

function buffersOf({ score, heads, Q, M, A }: AttentionShape, [, memory]: readonly Port[]): readonly BufferSpec[] {
  const { clock } = memory!;
  const own = (name: string, columns: number, kept: boolean): BufferSpec => {
    return { name, extent: 'step', columns, type: 'real', kept };
  };
  const weights = (name: string, kept: boolean) => ({ ...own(name, 0, kept), across: clock, gates: heads });
  return [
    own('y', M + Q, true),
    weights('weights', true),
    weights('dWeights', false),
    own('dQuery', Q, false),
    { ...own('dMemory', M, false), clock },
    ...(hasWeights(score) ? [own('asked', A, true), own('dAsked', A, false)] : []),
    ...(score === 'additive' ? [own('keys', A, true), own('dKeys', A, false)].map((key) => ({ ...key, clock })) : []),
  ];
}
