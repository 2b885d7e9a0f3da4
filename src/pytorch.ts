// PyTorch's state dicts, in safetensors: weights of nn.RNN, nn.LSTM, nn.GRU, nn.Embedding and nn.Linear, both ways, without a table
// of names. Tensors are found by what PyTorch calls them inside their module, by their shapes and by the order of the layers.
import { show } from './check.ts';
import { BpttError } from './errors.ts';
import type { LayerDescription } from './layers/registry.ts';
import type { Model, Parameter } from './model.ts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from './safetensors.ts';

/** What a model has that PyTorch has too. */
interface Module {
  readonly kind: 'recurrent' | 'embedding' | 'linear';
  /** Names of its parameters here begin so: `rnn.`, `dense1.`. */
  readonly prefix: string;
  /** Recurrent: the layer's number here, and its directions' suffixes. */
  readonly layer: number;
  readonly suffixes: readonly string[];
  /** Recurrent layers that are alike make one module of several layers in PyTorch. */
  readonly alike: string;
}

/**
 * Sets the parameters of a model from a PyTorch `state_dict` that was saved with `safetensors.torch.save_file`. The modules may
 * have any names: recurrent tensors are known by `weight_ih_l0` and the like, the rest by shape and order. PyTorch's two biases
 * are added up; of a GRU's n the second is kept apart; modules without biases have zeros. Nothing is set when anything is wrong.
 *
 * A recurrent layer behind `tokens` is PyTorch's over one-hot vectors.
 *
 * @throws BpttError `bad-file` for a file that is not safetensors, `invalid-shape` for tensors that are missing, left over, of
 * another shape or fit in several ways, `invalid-argument` for a model with layers that PyTorch does not have.
 */
export function loadStateDict(model: Model, bytes: Uint8Array): void {
  const tensors = new Map(decodeSafetensors(bytes, 'state dict').tensors.map((tensor) => [tensor.name, tensor]));
  const left = new Set(tensors.keys());
  const values = new Map<string, readonly number[]>();
  const parameters = new Map(model.parameters().map((parameter) => [parameter.name, parameter]));
  const modules = modulesOf(model);

  const take = (name: string, shape: readonly number[]): readonly number[] => {
    const tensor = tensors.get(name);
    if (tensor === undefined) {
      const names = [...tensors.keys()].join(', ');
      throw new BpttError('invalid-shape', `state dict: expected a tensor ${name} [${shape}], got only ${names}`);
    }
    if (!fits(tensor, shape)) {
      throw new BpttError('invalid-shape', `state dict, ${name}: expected shape [${shape}], got [${tensor.shape}]`);
    }
    left.delete(name);
    return Array.from(tensor.data);
  };
  /** Two biases, or zeros where the module has none. */
  const takeBiases = (first: string, second: string, length: number): readonly (readonly number[])[] => {
    if (!tensors.has(first) && !tensors.has(second)) return [new Array(length).fill(0), new Array(length).fill(0)];
    return [take(first, [length]), take(second, [length])];
  };

  const recurrent = modules.filter(({ kind }) => kind === 'recurrent');
  const theirs = recurrentModules([...tensors.keys()]);
  if (theirs.length !== recurrent.length) {
    const got = theirs.map(({ prefix, layer }) => `${prefix}*_l${layer}`).join(', ') || 'none';
    throw new BpttError(
      'invalid-shape',
      `state dict: expected ${recurrent.length} recurrent layers, got ${theirs.length}: ${got}`,
    );
  }
  for (const [index, { layer, suffixes }] of recurrent.entries()) {
    const { prefix, layer: number } = theirs[index]!;
    for (const suffix of suffixes) {
      const own = (part: string) => parameters.get(`rnn.${part}_l${layer}${suffix}`);
      const name = (part: string) => `${prefix}${part}_l${number}${suffix}`;
      for (const part of ['weight_ih', 'weight_hh']) values.set(own(part)!.name, take(name(part), own(part)!.shape));
      const bias = own('bias_ih')!;
      const [first, second] = takeBiases(name('bias_ih'), name('bias_hh'), bias.shape[0]!);
      const candidate = own('bias_hn');
      // Of a GRU's n the second bias stands inside the reset gate's product.
      const apart = bias.shape[0]! - (candidate?.shape[0] ?? 0);
      values.set(
        bias.name,
        first!.map((value, i) => (i < apart ? value + second![i]! : value)),
      );
      if (candidate !== undefined) values.set(candidate.name, second!.slice(apart));
    }
  }

  for (const { kind, prefix } of modules) {
    if (kind === 'recurrent') continue;
    const weight = parameters.get(`${prefix}weight`)!;
    const bias = parameters.get(`${prefix}bias`);
    // An embedding has no bias; a linear module without one fits where none with one does.
    const all = [...left].filter((name) => name.endsWith('weight') && fits(tensors.get(name)!, weight.shape));
    const withBias = all.filter((name) => tensors.has(biasOf(name)));
    const candidates =
      kind === 'embedding' ? all.filter((name) => !withBias.includes(name)) : withBias.length > 0 ? withBias : all;
    const alike = modules.filter(
      (other) => other.kind === kind && same(parameters.get(`${other.prefix}weight`)!.shape, weight.shape),
    );
    const open = alike.filter((other) => !values.has(`${other.prefix}weight`)).length;
    if (candidates.length === 0) {
      throw new BpttError(
        'invalid-shape',
        `state dict: expected a tensor *.weight [${weight.shape}] for ${weight.name}, got none`,
      );
    }
    if (candidates.length > open) {
      throw new BpttError(
        'invalid-shape',
        `state dict: expected ${open} tensors *.weight [${weight.shape}] for ${alike.map((other) => `${other.prefix}weight`).join(', ')}, got ${candidates.length}: ${candidates.join(', ')}`,
      );
    }
    const name = candidates.sort(natural)[0]!;
    values.set(weight.name, take(name, weight.shape));
    if (bias === undefined) continue;
    const theirBias = biasOf(name);
    values.set(bias.name, tensors.has(theirBias) ? take(theirBias, bias.shape) : new Array(bias.shape[0]!).fill(0));
  }

  if (left.size > 0) {
    throw new BpttError('invalid-shape', `state dict: expected no more tensors, got ${[...left].join(', ')}`);
  }
  for (const [name, data] of values) checkValues(name, data);
  for (const [name, data] of values) model.setParameter(name, data);
}

/**
 * The parameters of a model as a PyTorch `state_dict` in safetensors, for `safetensors.torch.load_file` and
 * `module.load_state_dict`. Recurrent layers of one kind, size and direction behind each other are one module, `rnn` (`rnn0`,
 * `rnn1`, ... where there are several); the others are `embedding` and `dense` (`dense1`, ...). The bias is `bias_ih`, and `bias_hh` is zero but
 * for the part of a GRU's n.
 *
 * @throws BpttError `invalid-argument` for a model with layers that PyTorch does not have.
 */
export function saveStateDict(model: Model): Uint8Array {
  const parameters = new Map(model.parameters().map((parameter) => [parameter.name, parameter]));
  const modules = modulesOf(model);
  const groups: Module[][] = [];
  for (const module of modules) {
    if (module.kind !== 'recurrent') continue;
    const last = groups.at(-1);
    if (last !== undefined && module.alike !== '' && last[0]!.alike === module.alike) last.push(module);
    else groups.push([module]);
  }
  const tensors: Tensor[] = [];
  for (const [group, layers] of groups.entries()) {
    const prefix = groups.length === 1 ? 'rnn.' : `rnn${group}.`;
    for (const [index, { layer, suffixes }] of layers.entries()) {
      for (const suffix of suffixes) {
        const own = (part: string) => parameters.get(`rnn.${part}_l${layer}${suffix}`);
        const add = (part: string, { shape, data }: Omit<Parameter, 'name'>) =>
          tensors.push({ name: `${prefix}${part}_l${index}${suffix}`, shape, data });
        for (const part of ['weight_ih', 'weight_hh', 'bias_ih']) add(part, own(part)!);
        const { shape, data } = own('bias_ih')!;
        const second = data.slice().fill(0);
        const candidate = own('bias_hn');
        if (candidate !== undefined) second.set(candidate.data, second.length - candidate.data.length);
        add('bias_hh', { shape, data: second });
      }
    }
  }
  for (const { name, shape, data } of parameters.values()) {
    if (!name.startsWith('rnn.')) tensors.push({ name, shape, data });
  }
  return encodeSafetensors(tensors, { format: 'pt' });
}

/** The modules of a model in the order of its layers. */
function modulesOf(model: Model): readonly Module[] {
  const counts = { recurrent: 0, embedding: 0, linear: 0 };
  const modules: Module[] = [];
  // Recurrent layers on both sides of another module are not one.
  let run = 0;
  for (const [index, layer] of (model.description.slice(1) as LayerDescription[]).entries()) {
    const plain = { layer: 0, suffixes: [], alike: '' };
    if (layer.kind === 'dropout') continue;
    if (layer.kind === 'embedding' || layer.kind === 'dense') {
      const kind = layer.kind === 'dense' ? 'linear' : 'embedding';
      const number = counts[kind]++;
      modules.push({ ...plain, kind, prefix: `${layer.kind}${number === 0 ? '' : number}.` });
      run++;
      continue;
    }
    const inner = layer.kind === 'residual' ? layer.layer : layer;
    const both = inner.kind === 'bidirectional';
    const cell = inner.kind === 'bidirectional' ? inner.layer : inner;
    const stranger = strangeness(cell);
    if (stranger !== undefined) {
      throw new BpttError(
        'invalid-argument',
        `state dict: expected layers that PyTorch has, got layer ${index} with ${stranger}`,
      );
    }
    const activation = cell.kind === 'elman' ? cell.activation : '';
    const concatenates = inner.kind !== 'bidirectional' || inner.merge === 'concat';
    const alike =
      layer.kind === 'residual' || !concatenates ? '' : `${cell.kind} ${activation} ${cell.units} ${both} ${run}`;
    modules.push({
      kind: 'recurrent',
      prefix: 'rnn.',
      layer: counts.recurrent++,
      suffixes: both ? ['', '_reverse'] : [''],
      alike,
    });
  }
  return modules;
}

type CellDescription = Extract<LayerDescription, { readonly kind: 'elman' | 'lstm' | 'gru' }>;

/** What a cell has that PyTorch's does not. */
function strangeness(cell: CellDescription): string | undefined {
  if (cell.layerNorm) return 'layerNorm';
  if (cell.kind === 'elman') {
    return ['tanh', 'relu'].includes(cell.activation) ? undefined : `activation ${show(cell.activation)}`;
  }
  if (cell.activation !== 'tanh') return `activation ${show(cell.activation)}`;
  if (cell.gateActivation !== 'sigmoid') return `gateActivation ${show(cell.gateActivation)}`;
  if (cell.kind === 'lstm' && cell.peepholes) return 'peepholes';
  if (cell.kind === 'gru' && cell.reset !== 'after') return `reset ${show(cell.reset)}`;
  return undefined;
}

/** The recurrent layers of a state dict: modules in the natural order of their names, their layers by number. */
function recurrentModules(names: readonly string[]): readonly { readonly prefix: string; readonly layer: number }[] {
  const found = new Map<string, { readonly prefix: string; readonly layer: number }>();
  for (const name of names) {
    const match = /^(.*?)weight_ih_l(\d+)$/.exec(name);
    if (match !== null) found.set(name, { prefix: match[1]!, layer: Number(match[2]) });
  }
  return [...found.values()].sort((a, b) => natural(a.prefix, b.prefix) || a.layer - b.layer);
}

const biasOf = (weight: string) => weight.replace(/weight$/, 'bias');
const fits = (tensor: Tensor, shape: readonly number[]) => same(tensor.shape, shape);
const same = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((size, i) => size === b[i]);

/** Numbers within names by their value: rnn2 before rnn10. */
function natural(a: string, b: string): number {
  const parts = (name: string) => name.split(/(\d+)/);
  const [first, second] = [parts(a), parts(b)];
  for (let i = 0; i < Math.min(first.length, second.length); i++) {
    const [x, y] = [first[i]!, second[i]!];
    if (x === y) continue;
    if (i % 2 === 1 && Number(x) !== Number(y)) return Number(x) - Number(y);
    return x < y ? -1 : 1;
  }
  return first.length - second.length;
}

function checkValues(name: string, data: readonly number[]): void {
  const at = data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  throw new BpttError('non-finite', `state dict, for ${name}[${at}]: expected a finite number, got ${data[at]}`);
}
