// The layers of a Keras model's configuration, in the order in which they compute.
import { show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';

/** Fields of an object in JSON. */
export type Fields = Readonly<Record<string, unknown>>;

/** A layer as Keras describes it. */
export interface KerasLayer {
  readonly className: string;
  readonly name: string;
  readonly config: Fields;
  /** What messages call it: `Keras file, layer 'lstm_1'`. */
  readonly where: string;
}

/** The configuration of a model that is open. */
export interface ModelConfig {
  /** In the order of the file, by which Keras numbers those of a class. */
  readonly listed: readonly KerasLayer[];
  readonly className: unknown;
  readonly config: Fields;
  /** The layers as they stand in the file. */
  readonly entries: readonly unknown[];
}

/**
 * The layers of a model, in the order of the file.
 *
 * @throws BpttError `bad-file` for a configuration without layers, and for names that come twice.
 */
export function readLayers(model: unknown, where: string): ModelConfig {
  const bad = (expected: string, got: string) =>
    new BpttError('bad-file', `${where}: expected ${expected}, got ${got}`);
  const { class_name: className, config: given } = fields(model, `${where}, configuration`);
  // Before Keras 2.2.3 the configuration of a Sequential model was its list of layers.
  const config = Array.isArray(given) ? { layers: given } : fields(given, `${where}, configuration`);
  const { layers: entries } = config;
  if (!Array.isArray(entries)) throw bad('a list of layers in the configuration', show(entries));
  const listed = entries.map((entry, index) => layerOf(entry, `${where}, layers[${index}]`, where));
  const twice = listed.find(({ name }, index) => listed.findIndex((other) => other.name === name) !== index);
  if (twice !== undefined) throw bad('names of layers that differ', `${show(twice.name)} twice`);
  return { listed, className, config, entries };
}

/** A layer of a model, and what it reads. */
export interface KerasNode {
  readonly layer: KerasLayer;
  /** In their order; none of an input, or of the first layer of a Sequential model. */
  readonly sources: readonly KerasLayer[];
}

export interface KerasGraph {
  /** Each after those that it reads. */
  readonly nodes: readonly KerasNode[];
  readonly outputs: readonly KerasLayer[];
}

/**
 * The layers of a Sequential or a Functional model in an order in which they compute.
 *
 * @throws BpttError `bad-file` for another class of model, layers that are called several times or give several outputs, and circles.
 */
export function graphOf({ listed, className, config, entries }: ModelConfig, where: string): KerasGraph {
  const bad = (expected: string, got: string) =>
    new BpttError('bad-file', `${where}: expected ${expected}, got ${got}`);
  if (className === 'Sequential') {
    const nodes = listed.map((layer, index) => ({ layer, sources: listed.slice(Math.max(0, index - 1), index) }));
    return { nodes, outputs: listed.slice(-1) };
  }
  // Functional models were of class Model before Keras 2.4.
  if (className !== 'Functional' && className !== 'Model') {
    throw bad('a Sequential or a Functional model', `class ${show(className)}`);
  }
  const layerOf = ({ layer: name, output }: Source) => {
    const found = listed.find((layer) => layer.name === name);
    if (found === undefined) throw bad(`a layer ${show(name)}`, 'a configuration without it');
    if (output !== '0 0') throw bad(`the only output of '${name}'`, `output ${output}`);
    return found;
  };
  const left = new Map(
    listed.map((layer, index) => {
      const calls = sourcesOf((entries[index] as Fields).inbound_nodes);
      if (calls.length > 1) {
        throw bad('layers that are called once', `'${layer.name}' (${layer.className}) called ${calls.length} times`);
      }
      return [layer, (calls[0] ?? []).map(layerOf)];
    }),
  );
  const outputs = tensorsIn(config.output_layers).map(layerOf);
  const nodes: KerasNode[] = [];
  while (left.size > 0) {
    const ready = [...left].find(([, sources]) => sources.every((source) => !left.has(source)));
    if (ready === undefined) throw bad('layers without a circle', [...left.keys()].map(({ name }) => name).join(', '));
    const [layer, sources] = ready;
    left.delete(layer);
    nodes.push({ layer, sources });
  }
  const read = new Set([...outputs, ...nodes.flatMap(({ sources }) => sources)]);
  const aside = nodes.find(({ layer }) => !read.has(layer));
  if (aside !== undefined) {
    throw bad('layers that lead to an output', `'${aside.layer.name}' (${aside.layer.className}), which nobody reads`);
  }
  if (outputs.length === 0) throw bad('an output', 'none');
  return { nodes, outputs };
}

/** An object with named fields. */
export function fields(value: unknown, where: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new BpttError('bad-file', `${where}: expected an object, got ${show(value)}`);
}

/** A layer of a list, or one inside another. `file` is what messages call the file. */
export function layerOf(entry: unknown, where: string, file: string): KerasLayer {
  const { class_name: className, config: inner } = fields(entry, where);
  const config = fields(inner, `${where}.config`);
  if (typeof className !== 'string' || typeof config.name !== 'string') {
    throw new BpttError(
      'bad-file',
      `${where}: expected class_name and config.name, got ${show(className)} and ${show(config.name)}`,
    );
  }
  return { className, name: config.name, config, where: `${file}, layer '${config.name}'` };
}

/** A tensor: an output of a layer. */
interface Source {
  readonly layer: string;
  /** The numbers of the call and of the output. */
  readonly output: string;
}

/** What each call of a layer reads: in Keras 3 tensors among the arguments, in Keras 2 lists of [name, call, output, arguments]. */
function sourcesOf(nodes: unknown): readonly (readonly Source[])[] {
  return Array.isArray(nodes) ? nodes.map((node) => tensorsIn(node)) : [];
}

/** All tensors in a part of a configuration. */
function tensorsIn(value: unknown): readonly Source[] {
  if (Array.isArray(value)) {
    const [layer, call, output, more] = value;
    if (typeof layer === 'string' && Number.isInteger(call) && Number.isInteger(output)) {
      return [{ layer, output: `${call} ${output}` }, ...tensorsIn(more)];
    }
    return value.flatMap(tensorsIn);
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(tensorsIn) : [];
}
