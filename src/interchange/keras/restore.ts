// A model from a configuration of Keras and its weights, whatever file they stood in.
import { BpttError } from '../../base/errors.ts';
import { kindsOf } from '../../layers/describe.ts';
import { moreKinds } from '../../layers/kinds.ts';
import { createGraph } from '../../model/create-graph.ts';
import { type Model, restoreModel } from '../../model/model.ts';
import type { Engine } from '../../model/network.ts';
import type { Parameter } from '../../model/parameters.ts';
import { type Converted, placesOf } from './convert-weights.ts';
import type { KerasOutput } from './describe.ts';
import { entriesOf } from './entries.ts';
import { graphOf, readLayers } from './layer-chain.ts';
import { groupsInOrder, type WeightGroups } from './weight-groups.ts';

/** What `importKeras` resolves to: the model, and what Keras makes of its outputs. */
export interface KerasModel {
  /** The model, with the weights of the file. */
  readonly model: Model;
  /** What the last activation of Keras makes of the model's outputs; here it belongs to the loss, and to what reads the outputs. Of several the first. */
  readonly output: KerasOutput;
  /** The same of each output by its name; of a model whose only output has none by `output`. */
  readonly outputs: Readonly<Record<string, KerasOutput>>;
}

/** What a file says. */
export interface KerasContent {
  /** The configuration of the model. */
  readonly model: unknown;
  /** Of the Keras that wrote it; '' where it does not say. */
  readonly version: string;
  weights(): WeightGroups;
}

/** @throws BpttError `bad-file` for what cannot be represented, and weights that do not fit. */
export async function restore(content: KerasContent, engine: Engine, where: string): Promise<KerasModel> {
  const config = readLayers(content.model, where);
  const graph = graphOf(config, where);
  const entries = entriesOf(graph, content.version);
  const order = graph.nodes.map(({ layer }) => layer);
  const chosen = groupsInOrder(content.weights(), order, config.listed, where);
  const chain = entries.outputs.length === 1 && entries.outputs[0]!.name === undefined;
  // Of a chain the weights nearest to the input tell how many features there are.
  const description = entries.description(chain ? chosen[0]?.arrays[0]?.shape[0] : undefined);
  const kinds = kindsOf(moreKinds);
  let parameters: readonly Converted[];
  try {
    const places = placesOf(createGraph(description, kinds), where);
    if (places.length !== chosen.length) {
      const names = chosen.map(({ name }) => name).join(', ');
      throw new BpttError('bad-file', `${where}: expected weights of ${places.length} layers, got ${names || 'none'}`);
    }
    parameters = places.flatMap((place, index) => place.convert(chosen[index]!));
  } catch (cause) {
    throw asBadFile(cause, where);
  }
  const model = await restoreModel(description, parameters as readonly Parameter[], engine, kinds).catch((cause) => {
    throw cause instanceof BpttError && cause.code === 'non-finite' ? asBadFile(cause, where) : cause;
  });
  const outputs = entries.outputs.map(({ name, output }) => [name ?? 'output', output] as const);
  return { model, output: outputs[0]![1], outputs: Object.fromEntries(outputs) };
}

/** What went wrong with the content of a file, as an error about the file. */
function asBadFile(cause: unknown, where: string): unknown {
  if (!(cause instanceof BpttError) || cause.code === 'bad-file') return cause;
  return new BpttError('bad-file', `${where}: ${cause.message}`, { cause });
}
