// Keras layers as layers of a model: one rule a class. What has no rule, or an option that changes what it computes, is refused.
import { show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { activation } from '../../layers/activation.ts';
import { batchNormalization } from '../../layers/batch-normalization.ts';
import { dense } from '../../layers/dense.ts';
import { describe } from '../../layers/describe.ts';
import { dropout } from '../../layers/dropout.ts';
import { embedding } from '../../layers/embedding.ts';
import { flatten } from '../../layers/flatten.ts';
import type { ActivationFunction } from '../../layers/later/activation.ts';
import { bidirectional } from '../../layers/recurrent/bidirectional.ts';
import { cells, type DirectedDescription } from '../../layers/recurrent/cells.ts';
import type { Activation, GateActivation } from '../../layers/recurrent/options.ts';
import type { JoiningDescription, LayerDescription } from '../../layers/registry.ts';
import { modern } from './keras-1.ts';
import { type Fields, type KerasLayer, layerOf } from './layer-chain.ts';

/** What a model's outputs become in Keras. */
export type KerasOutput = 'logits' | 'softmax' | 'sigmoid';

/** An entry that a layer of Keras is. */
export type KerasEntry = LayerDescription | JoiningDescription;

/** A Keras layer in the terms of this package. */
export interface Described {
  /** Its layers; without weights all but one. */
  readonly layers: readonly KerasEntry[];
  /** After them. */
  readonly output: KerasOutput;
  /** How many tokens it reads, if it reads tokens. */
  readonly tokens?: number;
  /** What marks steps that are none, in what it reads. */
  readonly skip?: number;
  /** So many steps of what it reads, each with the same numbers. */
  readonly repeats?: number;
}

/** How Keras says that both directions become one. */
const merges = { concat: 'concat', sum: 'sum', ave: 'average', mul: 'multiply' } as const;

/** Cells by Keras's names. */
const cellsByName = new Map(cells.flatMap((kind) => (kind.keras ? [[kind.keras.name, kind] as const] : [])));

/** What a layer is to be said for. */
export interface RuleContext {
  /** Of the Keras that wrote the file. */
  readonly version: string;
  /** Whether nobody reads it, so that what a softmax or a sigmoid makes of it can be left to the loss. */
  readonly ends: boolean;
  /** How many steps it reads, where the file says so. */
  readonly steps: number | undefined;
}

/** Says a Keras layer. */
type Rule = (layer: KerasLayer, context: RuleContext) => Described;

const rules: Readonly<Record<string, Rule>> = {
  Embedding: (layer) => {
    const given = options(layer, ['input_dim', 'output_dim', 'mask_zero']);
    const { input_dim: tokens, output_dim: units, mask_zero: masks } = given;
    return {
      ...plain([embedding({ units: units as number })]),
      tokens: integer(layer, 'input_dim', tokens),
      ...(masks === true && { skip: 0 }),
    };
  },
  Masking: (layer) => {
    const { mask_value: skip = 0 } = options(layer, ['mask_value']);
    if (typeof skip !== 'number') throw refuse(layer, 'a mask_value that is a number', show(skip));
    return { ...plain([]), skip };
  },
  ...Object.fromEntries([...cellsByName.keys()].map((name) => [name, recurrentRule])),
  Bidirectional: (layer, { version }) => {
    const given = options(layer, ['layer', 'backward_layer', 'merge_mode']);
    const { layer: forward, backward_layer: backward, merge_mode: mode = 'concat' } = given;
    const merge = named(layer, 'merge_mode', mode, merges);
    const inner = innerOf(layer, 'layer', forward, version);
    const { before, cell, last } = recurrent(inner, version, false);
    if (backward !== undefined && backward !== null) {
      const other = recurrent(innerOf(layer, 'backward_layer', backward, version), version, true);
      if (JSON.stringify(other) !== JSON.stringify({ before, cell, last })) {
        throw refuse(layer, 'two directions that are alike', 'a backward_layer with other options');
      }
    }
    return plain([...before, bidirectional(cell, { merge, returns: last ? 'last' : 'all' })]);
  },
  Dense: (layer, context) => {
    const { units, activation = 'linear' } = options(layer, ['units', 'activation', 'use_bias']);
    const after = activationOf(layer, activation, context);
    return { ...after, layers: [dense({ units: units as number }), ...after.layers] };
  },
  TimeDistributed: (layer, context) => {
    const { layer: given } = options(layer, ['layer']);
    const inner = innerOf(layer, 'layer', given, context.version);
    if (inner.className === 'Dense' || inner.className === 'Activation') return rules[inner.className]!(inner, context);
    throw refuse(layer, 'TimeDistributed of Dense or Activation', `of ${inner.className}`);
  },
  TimeDistributedDense: (layer, context) => rules.Dense!(layer, context),
  Dropout: (layer) => plain(dropped(options(layer, ['rate', 'noise_shape']).rate, false)),
  SpatialDropout1D: (layer) => plain(dropped(options(layer, ['rate']).rate, true)),
  Activation: (layer, context) => activationOf(layer, options(layer, ['activation']).activation, context),
  Softmax: (layer, context) => {
    const { axis = -1 } = options(layer, ['axis']);
    if (axis === -1) return activationOf(layer, 'softmax', context);
    throw refuse(layer, 'axis -1', JSON.stringify(axis));
  },
  ReLU: (layer) => {
    const {
      max_value: most = null,
      negative_slope: alpha = 0,
      threshold = 0,
    } = options(layer, ['negative_slope', 'threshold', 'max_value']);
    if (most !== null || threshold !== 0)
      throw refuse(layer, 'no max_value and threshold 0', `${show(most)} and ${show(threshold)}`);
    return plain([
      alpha === 0 ? activation({ function: 'relu' }) : activation({ function: 'leaky-relu', alpha: alpha as number }),
    ]);
  },
  LeakyReLU: (layer) => {
    const { negative_slope: slope, alpha = 0.3 } = options(layer, ['negative_slope', 'alpha']);
    return plain([activation({ function: 'leaky-relu', alpha: (slope ?? alpha) as number })]);
  },
  ELU: (layer) => plain([activation({ function: 'elu', alpha: (options(layer, ['alpha']).alpha ?? 1) as number })]),
  BatchNormalization: (layer) => {
    const read = ['axis', 'momentum', 'epsilon', 'center', 'scale', 'fused', 'renorm', 'synchronized', 'mode'];
    const { axis = -1, momentum = 0.99, epsilon = 1e-3, center = true, scale = true, ...more } = options(layer, read);
    const [only, ...others] = Array.isArray(axis) ? axis : [axis];
    if (others.length > 0 || (only !== -1 && only !== 2)) throw refuse(layer, 'axis -1', JSON.stringify(axis));
    if (center !== true || scale !== true || more.renorm === true || (more.mode ?? 0) !== 0) {
      throw refuse(layer, 'center and scale, no renorm', JSON.stringify({ center, scale, ...more }).slice(0, 80));
    }
    return plain([batchNormalization({ momentum: 1 - (momentum as number), epsilon: epsilon as number })]);
  },
  Flatten: (layer, { steps }) => {
    options(layer, ['data_format']);
    if (steps === undefined) throw refuse(layer, 'an input whose number of steps the file says', 'one of any number');
    return plain([flatten({ steps })]);
  },
  RepeatVector: (layer) => ({ ...plain([]), repeats: integer(layer, 'n', options(layer, ['n']).n) }),
  Add: (layer) => plain(joined(layer, 'add')),
  Average: (layer) => plain(joined(layer, 'average')),
  Multiply: (layer) => plain(joined(layer, 'multiply')),
  Concatenate: (layer) => {
    const { axis = -1 } = options(layer, ['axis']);
    if (axis === -1) return plain(joined(layer, 'concat'));
    throw refuse(layer, 'axis -1', JSON.stringify(axis));
  },
  Merge: (layer) => {
    const { mode } = options(layer, [
      'mode',
      'concat_axis',
      'dot_axes',
      'mode_type',
      'output_mask_type',
      'output_shape_type',
      'arguments',
      'output_shape',
      'output_mask',
    ]);
    const kind = named(layer, 'mode', mode, { sum: 'add', ave: 'average', mul: 'multiply', concat: 'concat' } as const);
    return plain(joined(layer, kind));
  },
};

/** An entry that joins those that it reads; which these are, is added. */
function joined(layer: KerasLayer, kind: 'add' | 'average' | 'multiply' | 'concat'): readonly KerasEntry[] {
  options(layer, Object.keys(layer.config));
  return [{ kind } as KerasEntry];
}

const functions: Readonly<Record<string, ActivationFunction | 'linear' | 'softmax'>> = {
  linear: 'linear',
  softmax: 'softmax',
  sigmoid: 'sigmoid',
  relu: 'relu',
  tanh: 'tanh',
  elu: 'elu',
  gelu: 'gelu',
  silu: 'silu',
  swish: 'silu',
  softplus: 'softplus',
  leaky_relu: 'leaky-relu',
  hard_sigmoid: 'hard-sigmoid',
};

/** What an activation makes of what it reads: at the end of the model it belongs to the loss where that has it. */
function activationOf(layer: KerasLayer, name: unknown, { ends, version }: RuleContext): Described {
  const found = named(layer, 'activation', name, functions);
  if (found === 'linear') return plain([]);
  if (found === 'softmax' || (found === 'sigmoid' && ends)) return { layers: [], output: found };
  // Keras 3 has it with another slope than its layer, and another hard sigmoid than those before.
  const old = Number.parseInt(version, 10) < 3;
  const alpha = found === 'leaky-relu' ? 0.2 : found === 'hard-sigmoid' && old ? 0.2 : undefined;
  return plain([activation({ function: found, ...(alpha !== undefined && { alpha }) })]);
}

/**
 * What a Keras layer is here.
 *
 * @throws BpttError `bad-file` with its name for a class without a rule and for options that cannot be.
 */
export function describeLayer(layer: KerasLayer, context: RuleContext): Described {
  const rule = Object.hasOwn(rules, layer.className) ? rules[layer.className] : undefined;
  if (rule === undefined) {
    const known = ['InputLayer', ...Object.keys(rules)].join(', ');
    throw new BpttError('bad-file', `${layer.where}: ${layer.className} is not supported; supported: ${known}`);
  }
  try {
    return rule(modern(layer, context.version), context);
  } catch (cause) {
    if (!(cause instanceof BpttError) || cause.code === 'bad-file') throw cause;
    throw new BpttError('bad-file', `${layer.where} (${layer.className}), ${cause.message}`, { cause });
  }
}

/** A layer inside of another. */
function innerOf({ where }: KerasLayer, option: string, value: unknown, version: string): KerasLayer {
  return modern(layerOf(value, `${where}.${option}`, where), version);
}

/** An error about a layer. */
export function refuse({ where, className }: KerasLayer, expected: string, got: string): BpttError {
  return new BpttError('bad-file', `${where} (${className}): expected ${expected}, got ${got}`);
}

const plain = (layers: readonly KerasEntry[]): Described => ({ layers, output: 'logits' });

function recurrentRule(layer: KerasLayer, { version }: RuleContext): Described {
  const { before, cell, last } = recurrent(layer, version, false);
  return plain([...before, last ? { ...cell, returns: 'last' } : cell]);
}

interface Recurrent {
  /** Dropout of what it reads. */
  readonly before: readonly LayerDescription[];
  readonly cell: DirectedDescription;
  readonly last: boolean;
}

const activationsOf: Readonly<Record<string, Activation>> = {
  tanh: 'tanh',
  relu: 'relu',
  linear: 'identity',
  softsign: 'softsign',
};
const gateActivationsOf: Readonly<Record<string, GateActivation>> = {
  sigmoid: 'sigmoid',
  hard_sigmoid: 'hard-sigmoid',
};

function recurrent(layer: KerasLayer, version: string, backwards: boolean): Recurrent {
  const kind = cellsByName.get(layer.className);
  if (kind === undefined) {
    throw refuse(layer, `one of ${[...cellsByName.keys()].join(', ')} in both directions`, layer.className);
  }
  const gated = 'gateActivation' in kind.fields;
  const flags = kind.keras!.flags ?? {};
  const more = [...(gated ? ['recurrent_activation'] : []), ...Object.keys(flags)];
  const given = options(layer, [
    ...['units', 'activation', 'use_bias', 'return_sequences', 'go_backwards', 'dropout', 'recurrent_dropout'],
    ...more,
  ]);
  if ((given.go_backwards ?? false) !== backwards) throw refuse(layer, `go_backwards ${backwards}`, `${!backwards}`);
  const common = {
    units: given.units as number,
    activation: named(layer, 'activation', given.activation ?? 'tanh', activationsOf),
    recurrentDropout: (given.recurrent_dropout ?? 0) as number,
  };
  const last = given.return_sequences !== true;
  const before = given.dropout === undefined ? [] : dropped(given.dropout, true);
  const gates = gated ? { gateActivation: gateActivationOf(layer, given, version) } : {};
  const chosen = Object.entries(flags).map(([flag, [option, off, on]]) => [option, given[flag] === true ? on : off]);
  const cell = describe(kind, { ...common, ...gates, ...Object.fromEntries(chosen) });
  return { before, cell, last };
}

/** The same word has meant two things: before Keras 3, hard_sigmoid rose over 5 and not over 6, and was what was meant where nothing is said. */
function gateActivationOf(layer: KerasLayer, { recurrent_activation: name }: Fields, version: string): GateActivation {
  const gateActivation = named(layer, 'recurrent_activation', name ?? 'sigmoid', gateActivationsOf);
  const major = Number.parseInt(version, 10);
  if (major >= 3 || (gateActivation === 'sigmoid' && name !== undefined)) return gateActivation;
  if (name !== undefined && !Number.isNaN(major)) return 'hard-sigmoid-fifth';
  throw refuse(
    layer,
    name === undefined ? 'a recurrent_activation' : 'a Keras version, by which hard_sigmoid is one function or another',
    Number.isNaN(major)
      ? `${name ?? 'none'} in a file that does not say which Keras wrote it (the option kerasVersion does)`
      : `none in a file of Keras ${version}`,
  );
}

/** Dropout, if there is any. */
function dropped(rate: unknown, variational: boolean): readonly LayerDescription[] {
  return rate === 0 ? [] : [dropout({ rate: rate as number, variational })];
}

function named<T>(layer: KerasLayer, option: string, name: unknown, table: Readonly<Record<string, T>>): T {
  if (typeof name === 'string' && Object.hasOwn(table, name)) return table[name]!;
  throw refuse(layer, `${option} ${Object.keys(table).join(', ')}`, show(name));
}

function integer(layer: KerasLayer, option: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw refuse(layer, `${option} an integer >= 1`, show(value));
}

/** What has no part in what a trained layer computes: how it began, how it was regularised and built, how fast it runs. */
const WITHOUT_EFFECT =
  /^(name|trainable|dtype|sparse|ragged|seed|batch_(input_)?shape|input_(length|shape|dtype)|build_config|(embeddings|kernel|recurrent|bias|gamma|beta)_(initializer|regularizer|constraint)|moving_(mean|variance)_initializer|(gamma|beta)_init|activity_regularizer|unit_forget_bias|implementation|unroll|use_cudnn|stateful|time_major|zero_output_for_mask|supports_masking)$/;

/** The options of a layer, of which only `read` and those without effect may be set. */
function options(layer: KerasLayer, read: readonly string[]): Fields {
  for (const [option, value] of Object.entries(layer.config)) {
    if (read.includes(option) || WITHOUT_EFFECT.test(option)) continue;
    if (value === null || value === false) continue;
    throw refuse(layer, `no ${option}`, typeof value === 'object' ? JSON.stringify(value).slice(0, 80) : show(value));
  }
  return layer.config;
}
