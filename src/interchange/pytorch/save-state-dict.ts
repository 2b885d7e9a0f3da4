// A model's parameters as a state dict.
import { BpttError } from '../../base/errors.ts';
import { encodeSafetensors, type Tensor } from '../../formats/safetensors.ts';
import { checkModel } from '../../model/check-model.ts';
import type { Model } from '../../model/model.ts';
import type { Parameter } from '../../model/parameters.ts';
import { checkModules, type Place, placesOf, type StateDictOptions, statistics } from './state-dict.ts';

/**
 * The parameters of a model as a PyTorch `state_dict` in safetensors, for `safetensors.torch.load_file` and
 * `module.load_state_dict`. Recurrent layers of one kind, size and direction one after the other are one module of several layers.
 * An entry with a name is a module of its own of that name; a tied matrix is there under the names of both. The bias is `bias_ih`, and
 * `bias_hh` is zero but for the part of a GRU's n. Of a batch normalisation `num_batches_tracked` is 0.
 *
 * @throws BpttError `invalid-argument` for a model that is no stack or has layers that PyTorch does not have, and for `modules` that are not as many
 * as the modules.
 *
 * @example
 * await writeFile('state-dict.safetensors', saveStateDict(model)); // safetensors.torch.load_file reads it
 */
export function saveStateDict(model: Model, options: StateDictOptions = {}): Uint8Array<ArrayBuffer> {
  checkModel('saveStateDict', model);
  const names = checkModules('saveStateDict', options);
  const groups: Place[][] = [];
  for (const place of placesOf(model, 'saveStateDict')) {
    const last = groups.at(-1);
    if (last !== undefined && place.alike !== '' && last[0]!.alike === place.alike) last.push(place);
    else groups.push([place]);
  }
  const nameless = groups.filter(([place]) => place!.name === '');
  const own = groups.map((group) => {
    if (group[0]!.name !== '') return group[0]!.name;
    return nameless.length === 1 ? 'rnn' : `rnn${nameless.indexOf(group)}`;
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
        for (const part of ['weight', 'bias', ...statistics]) {
          const parameter = place.parameters.get(part);
          if (parameter !== undefined) add(part, parameter);
        }
        // PyTorch wants it, and reads it only where its momentum is None.
        if (place.kind === 'norm') {
          tensors.push({ name: `${prefix}num_batches_tracked`, shape: [], data: Int32Array.of(0) });
        }
      }
      for (const suffix of place.suffixes) {
        const of = (part: string) => place.parameters.get(`${part}${suffix}`);
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
