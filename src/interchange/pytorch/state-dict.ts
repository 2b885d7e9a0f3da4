// PyTorch's state dicts, in safetensors: weights of nn.RNN, nn.LSTM, nn.GRU, nn.Embedding, nn.Linear, nn.Conv1d, nn.Conv2d, nn.GroupNorm and nn.BatchNorm1d, both ways, without a table
// of names. Here is what both ways share: the options, and the layers of a model as PyTorch sees them.

import { BpttError } from '../../base/errors.ts';
import { checkFields, names, type Options, optional, string } from '../../base/fields.ts';
import { cellKindOf, type DirectedDescription } from '../../layers/recurrent/cells.ts';
import { type ComputedDescription, isOwn, type LayerDescription } from '../../layers/registry.ts';
import { stackIn } from '../../model/graph.ts';
import type { Model } from '../../model/model.ts';
import type { Parameter } from '../../model/parameters.ts';
import { missingFrom } from '../missing.ts';
import { type ParameterParts, partsOf } from '../parameter-parts.ts';

const fields = {
  /**
   * The names of the PyTorch modules in the order in which they compute, such as `['embed', 'encoder', 'fc']`. A recurrent module of
   * several layers has one name. Default: when loading, the order that shapes and numbers within names give; when saving, the names of the
   * entries, and of those without `embedding`, `rnn` (`rnn0`, `rnn1`, ... where there are several), `dense`, `dense1` and so on.
   */
  modules: optional(names()),
};

/** The names of the modules in PyTorch, for `saveStateDict`. */
export interface StateDictOptions extends Options<typeof fields> {}

export const loadFields = {
  ...fields,
  /** Of a file of `torch.save` with several dictionaries of tensors, the one to take: `model_state_dict`. Default: the only one. */
  key: optional(string),
};

/** The names of the modules in PyTorch, and where a file has its tensors, for `loadStateDict`. */
export interface LoadStateDictOptions extends Options<typeof loadFields> {}

/** The running statistics of a batch normalisation. */
export const statistics = ['running_mean', 'running_var'];

/** A layer of a model that PyTorch has too. */
export interface Place {
  readonly kind: 'recurrent' | 'embedding' | 'dense' | 'conv' | 'norm' | 'group-norm';
  /** The suffixes of the directions of a recurrent layer. */
  readonly suffixes: readonly string[];
  /** Recurrent layers that are alike and follow each other are one module of several layers in PyTorch; '' is alike to none. */
  readonly alike: string;
  /** Its name in the model: that of its entry, or `embedding`, `dense1`; '' of a recurrent layer whose entry has none. */
  readonly name: string;
  /** Its parameters, with suffixes. */
  readonly parameters: ParameterParts<Parameter>;
}

/** The names of the modules, where they are given. */
export function checkModules(where: string, options: StateDictOptions): readonly string[] | undefined {
  return checkFields(where, options, fields).modules;
}

/**
 * The layers of a model that have parameters.
 *
 * @throws BpttError for a model that is no stack, and for layers that PyTorch does not have.
 */
export function placesOf(model: Model, where: string): readonly Place[] {
  const { layers, description } = stackIn(model.network.graph, where);
  const all = byName(model.parameters());
  const counts = new Map<string, number>();
  /** Layers on both sides of what takes the last step, repeats or joins are no module of several layers. */
  let chain = 0;
  const entries = description.slice(1) as ComputedDescription[];
  return entries.flatMap((entry, index): readonly Place[] => {
    if (isOwn(entry)) {
      const where = `layer ${index} (${entry.kind})`;
      throw new BpttError('invalid-argument', `state dict: expected layers that PyTorch has, got ${where}`);
    }
    const parameters = partsOf(layers[index]!, all);
    if (parameters.size === 0) {
      if (entry.kind !== 'dropout' && entry.kind !== 'activityRegularization') chain++;
      return [];
    }
    const plain = plainKinds[entry.kind];
    if (plain !== undefined) {
      const [kind, family] = plain;
      const number = entry.name === undefined ? (counts.get(family) ?? 0) : 0;
      if (entry.name === undefined) counts.set(family, number + 1);
      const name = entry.name ?? `${family}${number === 0 ? '' : number}`;
      return [{ kind, suffixes: [], alike: '', name, parameters }];
    }
    // What joins entries, or changes clocks, has no parameters.
    return [{ ...recurrentPlace(entry as LayerDescription, index, chain), parameters }];
  });
}

/** Layers that are one module of PyTorch's each, with `weight` and `bias`: what they are to it, and what their parameters are called here. */
const plainKinds: Readonly<Record<string, readonly [Exclude<Place['kind'], 'recurrent'>, family: string]>> = {
  embedding: ['embedding', 'embedding'],
  dense: ['dense', 'dense'],
  conv1d: ['conv', 'conv'],
  conv2d: ['conv', 'conv'],
  batchNormalization: ['norm', 'norm'],
  groupNormalization: ['group-norm', 'norm'],
};

function recurrentPlace(entry: LayerDescription, index: number, chain: number): Omit<Place, 'parameters'> {
  const inner = entry.kind === 'residual' ? entry.layer : entry;
  const both = inner.kind === 'bidirectional';
  const cell = (both ? inner.layer : inner) as DirectedDescription;
  const missing = missingFrom(cellKindOf(cell)?.pytorch, cell);
  if (missing !== undefined) {
    const where = `layer ${index} with ${missing}`;
    throw new BpttError('invalid-argument', `state dict: expected layers that PyTorch has, got ${where}`);
  }
  const chains = entry.name === undefined && entry.kind !== 'residual' && (!both || inner.merge === 'concat');
  return {
    kind: 'recurrent',
    suffixes: both ? ['', '_reverse'] : [''],
    alike: chains ? `${chain} ${cell.kind} ${cell.activation} ${cell.units} ${both}` : '',
    name: entry.name ?? '',
  };
}

export const byName = <T extends { readonly name: string }>(all: readonly T[]): ReadonlyMap<string, T> =>
  new Map(all.map((one) => [one.name, one]));
