// PyTorch's state dicts, in safetensors: weights of nn.RNN, nn.LSTM, nn.GRU, nn.Embedding and nn.Linear, both ways, without a table
// of names. Tensors are found by what PyTorch calls them inside their module, by their shapes and by the order of the layers.

import { BpttError } from '../../base/errors.ts';
import { checkFields, names, type Options, optional } from '../../base/fields.ts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../../formats/safetensors.ts';
import { cellKindOf } from '../../layers/recurrent/cells.ts';
import type { LayerDescription } from '../../layers/registry.ts';
import { checkModel } from '../../model/check-model.ts';
import type { Model } from '../../model/model.ts';
import type { Parameter } from '../../model/parameters.ts';
import { missingFrom } from '../missing.ts';
import { inOrderOf, ordersThatFit, type StateModule, stateModules } from '../module-order.ts';

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
interface Place {
  readonly kind: 'recurrent' | 'embedding' | 'dense';
  /** The number of a recurrent layer, and its directions' suffixes. */
  readonly layer: number;
  readonly suffixes: readonly string[];
  /** Recurrent layers that are alike and follow each other are one module of several layers in PyTorch; '' is alike to none. */
  readonly alike: string;
  /** Its name in the model, if it is not recurrent: `embedding`, `dense1`. */
  readonly name: string;
}

/**
 * Sets the parameters of a model from a PyTorch `state_dict` that was saved with `safetensors.torch.save_file`, in F64, F32, F16
 * or BF16. The modules may have any names: recurrent tensors are known by `weight_ih_l0` and the like, the rest by `weight` and
 * `bias`; which module is which follows from shapes, and from numbers within names where these are all that differs (`lstm1`,
 * `lstm2`). Where several orders fit, as of `encoder` and `decoder` of one size, it is an error: `modules` then gives the order.
 *
 * PyTorch's two biases are added up; of a GRU's n the second is kept apart; modules without biases have zeros. A recurrent layer
 * after `tokens` is PyTorch's over one-hot vectors. nn.RNN does not save its activation: the model's must be the same.
 * Nothing is set when anything is wrong.
 *
 * @throws BpttError `bad-file` for a file that is not safetensors, `invalid-shape` for tensors that are missing, left over, of
 * another shape or kind or fit in several ways, `non-finite`, and `invalid-argument` for a model with layers that PyTorch does not
 * have and for `modules` that are not those of the file.
 */
export function loadStateDict(model: Model, bytes: Uint8Array, options: StateDictOptions = {}): void {
  checkModel('loadStateDict', model);
  const { modules: names } = checkFields('loadStateDict', options, fields);
  const places = placesOf(model);
  const parameters = byName(model.parameters());
  const tensors = byName(decodeSafetensors(bytes, 'state dict').tensors);
  const natural = stateModules(tensors.keys());
  const theirs = names === undefined ? natural : inOrderOf(names, natural);
  const left = new Set(tensors.keys());
  const values = new Map<string, Float64Array>();

  const take = (name: string, shape: readonly number[]): Float64Array => {
    const tensor = tensors.get(name);
    if (tensor === undefined) {
      const got = [...tensors.keys()].join(', ') || 'none';
      throw wrong(`a tensor ${name} [${shape}]`, `only ${got}`);
    }
    if (!same(tensor.shape, shape)) {
      throw new BpttError('invalid-shape', `state dict, ${name}: expected shape [${shape}], got [${tensor.shape}]`);
    }
    if (!(tensor.data instanceof Float64Array || tensor.data instanceof Float32Array)) {
      throw new BpttError('invalid-shape', `state dict, ${name}: expected real numbers, got integers`);
    }
    left.delete(name);
    return Float64Array.from(tensor.data);
  };
  /** The module of each place. */
  const modulesAt = (
    kind: StateModule['kind'],
    count: number,
    fits: (module: StateModule, place: number) => boolean,
  ) => {
    const own = theirs.filter((module) => module.kind === kind);
    if (names !== undefined) return own;
    const orders = ordersThatFit(count, own, fits);
    if (orders.length < 2) return orders[0];
    const [one, other] = orders.map((order) => order.map(({ name }) => name).join(', '));
    throw wrong('one order of the modules that fits', `${one} and ${other}: give the order with the option modules`);
  };

  const recurrent = places.filter(({ kind }) => kind === 'recurrent');
  const ownOf = (place: Place, suffix: string) => (part: string) =>
    parameters.get(`rnn.${part}_l${place.layer}${suffix}`);
  const fitsRecurrent = ({ prefix, layers }: StateModule, first: number) =>
    first + layers <= recurrent.length &&
    recurrent.slice(first, first + layers).every((place, index) =>
      ['', '_reverse'].every((suffix) =>
        ['weight_ih', 'weight_hh'].every((part) => {
          const shape = place.suffixes.includes(suffix) ? ownOf(place, suffix)(part)!.shape : undefined;
          return same(tensors.get(`${prefix}${part}_l${index}${suffix}`)?.shape, shape);
        }),
      ),
    );
  // Where nothing fits, taking them as they come says what is wrong.
  const stack =
    modulesAt('recurrent', recurrent.length, fitsRecurrent) ?? theirs.filter(({ kind }) => kind === 'recurrent');
  const layers = stack.reduce((sum, module) => sum + module.layers, 0);
  if (layers !== recurrent.length) {
    const got = stack.map((module) => `${module.layers} in ${module.prefix}*`).join(', ') || 'none';
    throw wrong(`${recurrent.length} recurrent layers`, `${layers}: ${got}`);
  }
  const numbered = stack.flatMap(({ prefix, layers: count }) =>
    Array.from({ length: count }, (_, number) => ({ prefix, number })),
  );
  for (const [index, place] of recurrent.entries()) {
    const { prefix, number } = numbered[index]!;
    for (const suffix of place.suffixes) {
      const own = ownOf(place, suffix);
      const name = (part: string) => `${prefix}${part}_l${number}${suffix}`;
      for (const part of ['weight_ih', 'weight_hh']) values.set(own(part)!.name, take(name(part), own(part)!.shape));
      const bias = own('bias_ih')!;
      const candidate = own('bias_hn');
      const without = !tensors.has(name('bias_ih')) && !tensors.has(name('bias_hh'));
      const [first, second] = ['bias_ih', 'bias_hh'].map((part) =>
        without ? new Float64Array(bias.data.length) : take(name(part), bias.shape),
      ) as [Float64Array, Float64Array];
      // Of a GRU's n the second bias stands inside the reset gate's product.
      const apart = first.length - (candidate?.data.length ?? 0);
      for (let i = 0; i < apart; i++) first[i]! += second[i]!;
      values.set(bias.name, first);
      if (candidate !== undefined) values.set(candidate.name, second.subarray(apart));
    }
  }

  const plain = places.filter(({ kind }) => kind !== 'recurrent');
  const weightOf = (place: Place) => parameters.get(`${place.name}.weight`)!;
  const fitsPlain = ({ prefix }: StateModule, at: number) =>
    at < plain.length &&
    same(tensors.get(`${prefix}weight`)!.shape, weightOf(plain[at]!).shape) &&
    (plain[at]!.kind === 'dense' || !tensors.has(`${prefix}bias`));
  const chosen = modulesAt('plain', plain.length, fitsPlain);
  if (chosen?.length !== plain.length) {
    const expected = plain.map((place) => {
      const without = place.kind === 'embedding' ? ' without bias' : '';
      return `[${weightOf(place).shape}]${without} for ${place.name}.weight`;
    });
    const got = theirs
      .filter(({ kind }) => kind === 'plain')
      .map(({ prefix }) => {
        const bias = tensors.has(`${prefix}bias`) ? ' with bias' : '';
        return `${prefix}weight [${tensors.get(`${prefix}weight`)!.shape}]${bias}`;
      });
    throw wrong(`tensors *.weight ${expected.join(', ') || 'of recurrent layers only'}`, got.join(', ') || 'none');
  }
  for (const [index, place] of plain.entries()) {
    const { prefix } = chosen[index]!;
    const weight = weightOf(place);
    values.set(weight.name, take(`${prefix}weight`, weight.shape));
    const bias = parameters.get(`${place.name}.bias`);
    if (bias === undefined) continue;
    const has = tensors.has(`${prefix}bias`);
    values.set(bias.name, has ? take(`${prefix}bias`, bias.shape) : new Float64Array(bias.data.length));
  }

  if (left.size > 0) throw wrong('no more tensors', [...left].join(', '));
  for (const [name, data] of values) checkValues(model, name, data);
  for (const [name, data] of values) model.setParameter(name, data);
}

/**
 * The parameters of a model as a PyTorch `state_dict` in safetensors, for `safetensors.torch.load_file` and
 * `module.load_state_dict`. Recurrent layers of one kind, size and direction one after the other are one module of several layers.
 * The bias is `bias_ih`, and `bias_hh` is zero but for the part of a GRU's n.
 *
 * @throws BpttError `invalid-argument` for a model with layers that PyTorch does not have, and for `modules` that are not as many
 * as the modules.
 */
export function saveStateDict(model: Model, options: StateDictOptions = {}): Uint8Array<ArrayBuffer> {
  checkModel('saveStateDict', model);
  const { modules: names } = checkFields('saveStateDict', options, fields);
  const parameters = byName(model.parameters());
  const groups: Place[][] = [];
  for (const place of placesOf(model)) {
    const last = groups.at(-1);
    if (last !== undefined && place.alike !== '' && last[0]!.alike === place.alike) last.push(place);
    else groups.push([place]);
  }
  const recurrent = groups.filter(([place]) => place!.kind === 'recurrent');
  const own = groups.map((group) => {
    if (group[0]!.kind !== 'recurrent') return group[0]!.name;
    return recurrent.length === 1 ? 'rnn' : `rnn${recurrent.indexOf(group)}`;
  });
  if (names !== undefined && names.length !== own.length) {
    throw new BpttError(
      'invalid-argument',
      `saveStateDict.modules: expected ${own.length} names, for ${own.join(', ')}, got ${names.length}`,
    );
  }

  const tensors: Tensor[] = [];
  for (const [index, group] of groups.entries()) {
    const name = (names ?? own)[index]!;
    const prefix = name === '' ? '' : `${name}.`;
    const add = (part: string, { shape, data }: Omit<Parameter, 'name'>) =>
      tensors.push({ name: `${prefix}${part}`, shape, data });
    for (const [number, place] of group.entries()) {
      if (place.kind !== 'recurrent') {
        for (const part of ['weight', 'bias']) {
          const parameter = parameters.get(`${place.name}.${part}`);
          if (parameter !== undefined) add(part, parameter);
        }
      }
      for (const suffix of place.suffixes) {
        const of = (part: string) => parameters.get(`rnn.${part}_l${place.layer}${suffix}`);
        const end = `_l${number}${suffix}`;
        for (const part of ['weight_ih', 'weight_hh', 'bias_ih']) add(`${part}${end}`, of(part)!);
        const { shape, data } = of('bias_ih')!;
        const second = data.slice().fill(0);
        const candidate = of('bias_hn');
        if (candidate !== undefined) second.set(candidate.data, second.length - candidate.data.length);
        add(`bias_hh${end}`, { shape, data: second });
      }
    }
  }
  return encodeSafetensors(tensors, { format: 'pt' });
}

/** The layers of a model that have parameters. */
function placesOf(model: Model): readonly Place[] {
  const counts = { recurrent: 0, embedding: 0, dense: 0 };
  const places: Place[] = [];
  for (const [index, layer] of (model.description.slice(1) as LayerDescription[]).entries()) {
    if (layer.kind === 'dropout' || layer.kind === 'activityRegularization') continue;
    if (layer.kind === 'embedding' || layer.kind === 'dense') {
      const number = counts[layer.kind]++;
      const name = `${layer.kind}${number === 0 ? '' : number}`;
      places.push({ kind: layer.kind, layer: 0, suffixes: [], alike: '', name });
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
      layer: counts.recurrent++,
      suffixes: both ? ['', '_reverse'] : [''],
      alike: chains ? `${cell.kind} ${cell.activation} ${cell.units} ${both}` : '',
      name: '',
    });
  }
  return places;
}

const wrong = (expected: string, got: string) =>
  new BpttError('invalid-shape', `state dict: expected ${expected}, got ${got}`);
const byName = <T extends { readonly name: string }>(all: readonly T[]): ReadonlyMap<string, T> =>
  new Map(all.map((one) => [one.name, one]));
/** Of shapes; two that are not there are the same. */
const same = (a: readonly number[] | undefined, b: readonly number[] | undefined) => a?.join() === b?.join();

/** All finite, as the model keeps them. */
function checkValues(model: Model, name: string, data: Float64Array): void {
  const kept = model.dtype === 'f32' ? Float32Array.from(data) : data;
  const at = kept.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const expected = `a finite number${model.dtype === 'f32' ? ' in f32' : ''}`;
  throw new BpttError('non-finite', `state dict, for ${name}[${at}]: expected ${expected}, got ${data[at]}`);
}
