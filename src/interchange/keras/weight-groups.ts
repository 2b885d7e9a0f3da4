// The weights of a Keras file, layer by layer, in the layouts that Keras has had.
//
// Keras 3 and `.keras` of Keras 2:        Keras 1 and 2, and `.h5` of Keras 3:
//   layers/lstm/cell/vars/0                 model_weights/                 attribute layer_names; just the root where
//   layers/lstm/cell/vars/1                   lstm_1/                      attribute weight_names       only weights were saved
//   layers/lstm/vars                            lstm_1/lstm_cell/kernel:0
//
// In the first, groups are called by class and number, and their order is not kept; in the second, by the names of the layers.
import { BpttError } from '../../base/errors.ts';
import type { Hdf5, RealArray } from './hdf5.ts';
import type { KerasLayer } from './layer-chain.ts';

/** The weights of one layer. */
export interface WeightGroup {
  /** In the first layout by class and number, such as `simple_rnn_1`; in the second the name of the layer. */
  readonly name: string;
  /** In Keras's order: kernel, recurrent kernel, bias; forward before backward. */
  readonly arrays: readonly RealArray[];
}

export interface WeightGroups {
  /** Whether groups are called by class and number, so that they have no order. */
  readonly byClass: boolean;
  /** Those that have weights. */
  readonly groups: readonly WeightGroup[];
}

const CONTAINERS = ['layers', '_layer_checkpoint_dependencies'];
/** The objects inside a layer that may have weights, in Keras's order. */
const PARTS = ['cell', 'layer', 'forward_layer', 'backward_layer'];
/** Holds the state of random numbers, which is not a weight. */
const SEEDS = 'seed_generator';

/**
 * All weights of layers in a file. The state of an optimizer is not read.
 *
 * @throws BpttError `bad-file` for a file in neither layout, and for weights in other places than layers of these kinds have them.
 */
export function readWeightGroups(file: Hdf5): WeightGroups {
  const container = CONTAINERS.find((name) => file.has(name));
  if (container !== undefined) {
    const all = file.names(container).map((name) => ({ name, arrays: arraysIn(file, `${container}/${name}`) }));
    return { byClass: true, groups: all.filter(({ arrays }) => arrays.length > 0) };
  }
  const root = file.has('model_weights') ? 'model_weights' : '';
  const names = list(file, root, 'layer_names');
  if (names === undefined) throw file.bad(root, 'weights in the layout of Keras', 'neither layers nor layer_names');
  const top = 'top_level_model_weights';
  const all = [...names, ...(file.has(join(root, top)) ? [top] : [])].map((name) => {
    const path = join(root, name);
    const weights = list(file, path, 'weight_names');
    if (weights === undefined) throw file.bad(path, 'weight_names', 'a group without them');
    return { name, arrays: weights.map((weight) => file.array(join(path, weight))) };
  });
  return { byClass: false, groups: all.filter(({ arrays }) => arrays.length > 0) };
}

/** The groups of weights in the order of the layers; Keras numbers those of a class as `listed` has them. @throws BpttError for groups of no layer. */
export function groupsInOrder(
  { byClass, groups }: WeightGroups,
  chain: readonly KerasLayer[],
  listed: readonly KerasLayer[],
  where: string,
): readonly WeightGroup[] {
  const counts = new Map<string, number>();
  const names = new Map(
    listed.map((layer) => {
      if (!byClass) return [layer, layer.name];
      const name = snakeCase(layer.className);
      const count = counts.get(name) ?? 0;
      counts.set(name, count + 1);
      return [layer, count === 0 ? name : `${name}_${count}`];
    }),
  );
  const left = new Map(groups.map((group) => [group.name, group]));
  const found = chain.flatMap((layer) => {
    const group = left.get(names.get(layer)!);
    left.delete(names.get(layer)!);
    return group ?? [];
  });
  if (left.size === 0) return found;
  const got = [...left.keys()].join(', ');
  throw new BpttError('bad-file', `${where}: expected weights of the layers of the model only, got some of ${got}`);
}

/** What Keras calls the group of a class: SimpleRNN is simple_rnn. */
function snakeCase(name: string): string {
  return name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** The arrays of a layer in the first layout. */
function arraysIn(file: Hdf5, path: string): readonly RealArray[] {
  const inside = file.names(path);
  const stranger = inside.find((name) => name !== 'vars' && name !== SEEDS && !PARTS.includes(name));
  if (stranger !== undefined && holdsArrays(file, join(path, stranger))) {
    throw file.bad(
      path,
      `weights in vars, ${PARTS.join(', ')}`,
      `some in ${stranger}, of a layer that is not supported`,
    );
  }
  const own = [...file.names(join(path, 'vars'))].sort((a, b) => Number(a) - Number(b));
  return [
    ...own.map((name) => file.array(join(path, `vars/${name}`))),
    ...PARTS.filter((part) => inside.includes(part)).flatMap((part) => arraysIn(file, join(path, part))),
  ];
}

function holdsArrays(file: Hdf5, path: string): boolean {
  return file.names(path).some((name) => {
    const inner = join(path, name);
    return name !== SEEDS && (file.isArray(inner) || holdsArrays(file, inner));
  });
}

/** Names in an attribute, or in several that are numbered, where they are too many for one. */
function list(file: Hdf5, path: string, attribute: string): readonly string[] | undefined {
  const whole = file.texts(path, attribute);
  if (whole !== undefined) return whole;
  const parts: string[] = [];
  for (let number = 0; ; number++) {
    const part = file.texts(path, `${attribute}${number}`);
    if (part === undefined) return number === 0 ? undefined : parts;
    parts.push(...part);
  }
}

const join = (path: string, name: string) => (path === '' ? name : `${path}/${name}`);
