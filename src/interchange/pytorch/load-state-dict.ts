// A state dict into a model. Tensors are found by what PyTorch calls them inside their module, by their shapes and by the order of the
// layers.
import { checkBytes } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { checkFields } from '../../base/fields.ts';
import { decodeSafetensors } from '../../formats/decode-safetensors.ts';
import type { Tensor } from '../../formats/safetensors.ts';
import { checkModel } from '../../model/check-model.ts';
import type { Model } from '../../model/model.ts';
import type { Parameter } from '../../model/parameters.ts';
import { inOrderOf, ordersThatFit, type StateModule, stateModules } from '../module-order.ts';
import { byName, type LoadStateDictOptions, loadFields, type Place, placesOf, statistics } from './state-dict.ts';
import { isTorchFile, readTorchFile } from './torch-file.ts';

/**
 * Sets the parameters of a model from a PyTorch `state_dict` that was saved with `safetensors.torch.save_file` or, since PyTorch 1.6, with
 * `torch.save`, in F64, F32, F16 or BF16. Of a checkpoint that holds a `state_dict` beside other things the tensors are found where there is
 * one; `key` says which of several. What Python would run in such a file is not run: it is an error. The modules may have any names: recurrent tensors are known by `weight_ih_l0` and the like, the rest by `weight` and
 * `bias`; which module is which follows from shapes, and from numbers within names where these are all that differs (`lstm1`,
 * `lstm2`). Where several orders fit, as of `encoder` and `decoder` of one size, it is an error: `modules` then gives the order.
 *
 * nn.Conv1d and nn.Conv2d are `conv1d` and `conv2d`, nn.GroupNorm `groupNormalization`; their options are the model's. nn.BatchNorm1d, with its running statistics, is `batchNormalization`; how many batches it has seen is not taken.
 * PyTorch's two biases are added up; of a GRU's n the second is kept apart; modules without biases have zeros. A recurrent layer
 * after `tokens` is PyTorch's over one-hot vectors. nn.RNN does not save its activation: the model's must be the same.
 * Nothing is set when anything is wrong.
 *
 * @throws BpttError `bad-file` for a file that is neither, holds a whole module or is damaged, `invalid-shape` for tensors that are missing, left over, of
 * another shape or kind or fit in several ways, `non-finite`, and `invalid-argument` for a model that is no stack or has layers that
 * PyTorch does not have and for `modules` that are not those of the file.
 *
 * @example
 * loadStateDict(model, saveStateDict(model)); // or the bytes of a file of safetensors, or of torch.save
 */
export function loadStateDict(model: Model, bytes: Uint8Array, options: LoadStateDictOptions = {}): void {
  checkModel('loadStateDict', model);
  checkBytes('loadStateDict(bytes)', bytes);
  const { modules, key } = checkFields('loadStateDict', options, loadFields);
  const places = placesOf(model, 'loadStateDict');
  const file = new StateDictFile(tensorsOf(bytes, key), modules);
  if (places.every(({ kind }) => kind !== 'norm')) file.refuseNormalizations();
  const recurrent = places.filter(({ kind }) => kind === 'recurrent');
  const plain = places.filter(({ kind }) => kind !== 'recurrent');
  const named = [...recurrentValues(file, recurrent), ...plainValues(file, plain)];
  const values = new Map(named);
  file.expectNoneLeft();
  for (const [name, data] of named) checkValues(model, name, data);
  for (const [name, data] of named) {
    const at = values.get(name)!.findIndex((value, index) => value !== data[index]);
    if (at >= 0) throw wrong(`the same numbers wherever ${name} is tied`, `others from number ${at} on`);
  }
  for (const [name, data] of values) model.setParameter(name, data);
}

/** The tensors of a file of either format. */
function tensorsOf(bytes: Uint8Array, key: string | undefined): readonly Tensor[] {
  if (isTorchFile(bytes)) return readTorchFile(bytes, 'state dict', key);
  if (key !== undefined) {
    throw new BpttError('invalid-argument', `loadStateDict.key: expected a file of torch.save with it, got another`);
  }
  return decodeSafetensors(bytes, 'state dict').tensors;
}

/** The values of a parameter of the model. */
type Named = readonly [name: string, data: Float64Array];

/** The tensors of a file, of which none may be left over, and the modules that they belong to. */
class StateDictFile {
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #left: Set<string>;
  readonly #modules: readonly StateModule[];
  /** Whether the order of the modules was given. */
  readonly #ordered: boolean;

  constructor(tensors: readonly Tensor[], names: readonly string[] | undefined) {
    this.#tensors = byName(tensors);
    this.#left = new Set(this.#tensors.keys());
    const natural = stateModules(this.#tensors.keys());
    this.#modules = names === undefined ? natural : inOrderOf(names, natural);
    this.#ordered = names !== undefined;
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  shape(name: string): readonly number[] | undefined {
    return this.#tensors.get(name)?.shape;
  }

  modules(kind: StateModule['kind']): readonly StateModule[] {
    return this.#modules.filter((module) => module.kind === kind);
  }

  /** The modules in the one order in which they fit so many places, or in that which was given; undefined where they fit in none. */
  modulesAt(
    kind: StateModule['kind'],
    places: number,
    fits: (module: StateModule, place: number) => boolean,
  ): readonly StateModule[] | undefined {
    const modules = this.modules(kind);
    if (this.#ordered) return modules;
    const orders = ordersThatFit(places, modules, fits);
    if (orders.length < 2) return orders[0];
    const [one, other] = orders.map((order) => order.map(({ name }) => name).join(', '));
    throw wrong('one order of the modules that fits', `${one} and ${other}: give the order with the option modules`);
  }

  /** The values of a tensor, which has this shape. */
  take(name: string, shape: readonly number[]): Float64Array {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) {
      const got = [...this.#tensors.keys()].join(', ') || 'none';
      throw wrong(`a tensor ${name} [${shape}]`, `only ${got}`);
    }
    if (!same(tensor.shape, shape)) {
      throw new BpttError('invalid-shape', `state dict, ${name}: expected shape [${shape}], got [${tensor.shape}]`);
    }
    if (!(tensor.data instanceof Float64Array || tensor.data instanceof Float32Array)) {
      throw new BpttError('invalid-shape', `state dict, ${name}: expected real numbers, got integers`);
    }
    this.#left.delete(name);
    return Float64Array.from(tensor.data);
  }

  /** The same, or zeros where there is no such tensor. */
  takeOrZeros(name: string, shape: readonly number[]): Float64Array {
    return this.has(name)
      ? this.take(name, shape)
      : new Float64Array(shape.reduce((product, size) => product * size, 1));
  }

  /** Passes over a tensor that there may be. */
  pass(name: string): void {
    this.#left.delete(name);
  }

  /** What belongs to no layer that the model has. */
  refuseNormalizations(): void {
    const norm = [...this.#tensors.keys()].find((name) => /(^|\.)(num_batches_tracked|running_mean)$/.test(name));
    if (norm === undefined) return;
    const module = norm.replace(/\.?[^.]*$/, '') || 'the module';
    throw wrong('modules that the model has as layers', `${module}, a batch normalisation (${norm})`);
  }

  expectNoneLeft(): void {
    if (this.#left.size > 0) throw wrong('no more tensors', [...this.#left].join(', '));
  }
}

/** Finds the module and the number in it of each recurrent layer, and gives the layers' parameters. */
function recurrentValues(file: StateDictFile, places: readonly Place[]): readonly Named[] {
  const shapeOf = (place: Place, part: string, suffix: string) => place.parameters.get(`${part}${suffix}`)!.shape;
  const fits = ({ prefix, layers }: StateModule, first: number) =>
    first + layers <= places.length &&
    places.slice(first, first + layers).every((place, index) =>
      ['', '_reverse'].every((suffix) =>
        ['weight_ih', 'weight_hh'].every((part) => {
          const shape = place.suffixes.includes(suffix) ? shapeOf(place, part, suffix) : undefined;
          return same(file.shape(`${prefix}${part}_l${index}${suffix}`), shape);
        }),
      ),
    );
  // Where nothing fits, taking them as they come says what is wrong.
  const modules = file.modulesAt('recurrent', places.length, fits) ?? file.modules('recurrent');
  const layers = modules.flatMap(({ prefix, layers: count }) =>
    Array.from({ length: count }, (_, number) => ({ prefix, number })),
  );
  if (layers.length !== places.length) {
    const got = modules.map((module) => `${module.layers} in ${module.prefix}*`).join(', ') || 'none';
    throw wrong(`${places.length} recurrent layers`, `${layers.length}: ${got}`);
  }
  return places.flatMap((place, index) => {
    const { prefix, number } = layers[index]!;
    return place.suffixes.flatMap((suffix) =>
      directionValues(
        file,
        (part) => place.parameters.get(`${part}${suffix}`),
        (part) => `${prefix}${part}_l${number}${suffix}`,
      ),
    );
  });
}

/** The parameters of one direction of a layer. `own` gives them by their part of the name, `theirs` what they are called in the file. */
function directionValues(
  file: StateDictFile,
  own: (part: string) => Parameter | undefined,
  theirs: (part: string) => string,
): readonly Named[] {
  const weights = ['weight_ih', 'weight_hh'].map((part): Named => {
    const { name, shape } = own(part)!;
    return [name, file.take(theirs(part), shape)];
  });
  const bias = own('bias_ih')!;
  const candidate = own('bias_hn');
  const biased = file.has(theirs('bias_ih')) || file.has(theirs('bias_hh'));
  const [first, second] = ['bias_ih', 'bias_hh'].map((part) =>
    biased ? file.take(theirs(part), bias.shape) : new Float64Array(bias.data.length),
  ) as [Float64Array, Float64Array];
  // Of a GRU's n the second bias stands inside the reset gate's product.
  const apart = first.length - (candidate?.data.length ?? 0);
  for (let i = 0; i < apart; i++) first[i]! += second[i]!;
  const both: Named[] = [...weights, [bias.name, first]];
  return candidate === undefined ? both : [...both, [candidate.name, second.subarray(apart)]];
}

/** Finds the module of each embedding and dense layer, and gives the layers' parameters. */
function plainValues(file: StateDictFile, places: readonly Place[]): readonly Named[] {
  const weightOf = (place: Place) => place.parameters.get('weight')!;
  const fits = ({ prefix }: StateModule, at: number) =>
    at < places.length &&
    same(file.shape(`${prefix}weight`), weightOf(places[at]!).shape) &&
    (places[at]!.kind === 'norm') === file.has(`${prefix}running_mean`) &&
    (places[at]!.kind !== 'embedding' || !file.has(`${prefix}bias`));
  const modules = file.modulesAt('plain', places.length, fits);
  if (modules?.length !== places.length) throw noneFits(file, places, weightOf);
  return places.flatMap((place, index) => {
    const { prefix } = modules[index]!;
    const weight = weightOf(place);
    const bias = place.parameters.get('bias');
    const values: Named[] = [[weight.name, file.take(`${prefix}weight`, weight.shape)]];
    if (bias !== undefined) values.push([bias.name, file.takeOrZeros(`${prefix}bias`, bias.shape)]);
    for (const part of statistics) {
      const own = place.parameters.get(part);
      if (own !== undefined) values.push([own.name, file.take(`${prefix}${part}`, own.shape)]);
    }
    if (place.kind === 'norm') file.pass(`${prefix}num_batches_tracked`);
    return values;
  });
}

/** What embeddings and dense layers were looked for, and what there is. */
function noneFits(file: StateDictFile, places: readonly Place[], weightOf: (place: Place) => Parameter): BpttError {
  const expected = places.map((place) => {
    const without = { embedding: ' without bias', norm: ' of a batch normalisation' }[place.kind as string] ?? '';
    return `[${weightOf(place).shape}]${without} for ${place.name}.weight`;
  });
  const got = file.modules('plain').map(({ prefix }) => {
    const bias = file.has(`${prefix}running_mean`)
      ? ' of a batch normalisation'
      : file.has(`${prefix}bias`)
        ? ' with bias'
        : '';
    return `${prefix}weight [${file.shape(`${prefix}weight`)}]${bias}`;
  });
  return wrong(`tensors *.weight ${expected.join(', ') || 'of recurrent layers only'}`, got.join(', ') || 'none');
}

const wrong = (expected: string, got: string) =>
  new BpttError('invalid-shape', `state dict: expected ${expected}, got ${got}`);
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
