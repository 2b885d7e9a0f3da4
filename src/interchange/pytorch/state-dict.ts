// PyTorch's state dicts, in safetensors: weights of nn.RNN, nn.LSTM, nn.GRU, nn.Embedding and nn.Linear, both ways, without a table
// of names. Here is what both ways share: the options, and the layers of a model as PyTorch sees them.

import { BpttError } from '../../base/errors.ts';
import { checkFields, names, type Options, optional } from '../../base/fields.ts';
import { cellKindOf } from '../../layers/recurrent/cells.ts';
import type { LayerDescription } from '../../layers/registry.ts';
import { stackIn } from '../../model/graph.ts';
import type { Model } from '../../model/model.ts';
import { missingFrom } from '../missing.ts';

const fields = {
  /**
   * The names of the PyTorch modules in the order in which they compute, such as `['embed', 'encoder', 'fc']`. A recurrent module of
   * several layers has one name. Default: when loading, the order that shapes and numbers within names give; when saving, `embedding`,
   * `rnn` (`rnn0`, `rnn1`, ... where there are several), `dense`, `dense1` and so on.
   */
  modules: optional(names()),
};

export interface StateDictOptions extends Options<typeof fields> {}

/** A layer of a model that PyTorch has too. */
export interface Place {
  readonly kind: 'recurrent' | 'embedding' | 'dense';
  /** The suffixes of a recurrent layer's directions. */
  readonly suffixes: readonly string[];
  /** The model's name of one of its parameters: of `weight_hh`, or of `weight`, which may be another layer's. */
  readonly parameter: (part: string, suffix?: string) => string;
  /** Recurrent layers that are alike and follow each other are one module of several layers in PyTorch; '' is alike to none. */
  readonly alike: string;
  /** Its name in the model, if it is not recurrent: `embedding`, `dense1`, or its own. */
  readonly name: string;
}

/** The names of the modules, where they are given. */
export function checkModules(where: string, options: StateDictOptions): readonly string[] | undefined {
  return checkFields(where, options, fields).modules;
}

/** The layers of a model that have parameters. */
export function placesOf(model: Model): readonly Place[] {
  const { description, layers } = stackIn(model.network.graph, 'state dict');
  const places: Place[] = [];
  for (const [index, layer] of (description.slice(1) as LayerDescription[]).entries()) {
    if (layer.kind === 'dropout' || layer.kind === 'activityRegularization' || layer.kind === 'last') continue;
    const { parameters, tied = [] } = layers[index]!;
    const first = [...tied, ...parameters][0]!.name;
    if (layer.kind === 'embedding' || layer.kind === 'dense') {
      const name = first.slice(0, first.lastIndexOf('.'));
      const own = (part: string) => `${name}.${part}`;
      const parameter = (part: string) => tied.find((one) => one.name === own(part))?.spec.name ?? own(part);
      places.push({ kind: layer.kind, suffixes: [], parameter, alike: '', name });
      continue;
    }
    const inner = layer.kind === 'residual' ? layer.layer : layer;
    const both = inner.kind === 'bidirectional';
    const cell = both ? inner.layer : inner;
    const missing = missingFrom(cellKindOf(cell)!.pytorch, cell);
    if (missing !== undefined) {
      const where = `layer ${index} with ${missing}`;
      throw new BpttError('invalid-argument', `state dict: expected layers that PyTorch has, got ${where}`);
    }
    const chains = layer.kind !== 'residual' && (!both || inner.merge === 'concat');
    places.push({
      kind: 'recurrent',
      suffixes: both ? ['', '_reverse'] : [''],
      parameter: (part, suffix = '') => `${first.replace('weight_ih', part)}${suffix}`,
      alike: chains ? `${cell.kind} ${cell.activation} ${cell.units} ${both}` : '',
      name: '',
    });
  }
  return places;
}

export const byName = <T extends { readonly name: string }>(all: readonly T[]): ReadonlyMap<string, T> =>
  new Map(all.map((one) => [one.name, one]));
