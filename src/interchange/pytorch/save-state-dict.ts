// A model's parameters as a state dict.
import { BpttError } from '../../base/errors.ts';
import { encodeSafetensors, type Tensor } from '../../formats/safetensors.ts';
import { checkModel } from '../../model/check-model.ts';
import type { Model } from '../../model/model.ts';
import type { Parameter } from '../../model/parameters.ts';
import { byName, checkModules, type Place, placesOf, type StateDictOptions } from './state-dict.ts';

/**
 * The parameters of a model as a PyTorch `state_dict` in safetensors, for `safetensors.torch.load_file` and
 * `module.load_state_dict`. Recurrent layers of one kind, size and direction one after the other are one module of several layers.
 * A tied weight stands there under the name of each module that has it. The bias is `bias_ih`, and `bias_hh` is zero but for the part of a GRU's n.
 *
 * @throws BpttError `invalid-argument` for a model with layers that PyTorch does not have, and for `modules` that are not as many
 * as the modules.
 */
export function saveStateDict(model: Model, options: StateDictOptions = {}): Uint8Array<ArrayBuffer> {
  checkModel('saveStateDict', model);
  const names = checkModules('saveStateDict', options);
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
          const parameter = parameters.get(place.parameter(part));
          if (parameter !== undefined) add(part, parameter);
        }
      }
      for (const suffix of place.suffixes) {
        const of = (part: string) => parameters.get(place.parameter(part, suffix));
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
