// Files that `exportOnnx` wrote: the description stands in their metadata, and the graph must be the one that it gives.
import { BpttError } from '../../../base/errors.ts';
import { checkFields } from '../../../base/fields.ts';
import { parseJson } from '../../../base/parse-json.ts';
import { kindsOf } from '../../../layers/describe.ts';
import { moreKinds } from '../../../layers/kinds.ts';
import type { ModelDescription } from '../../../layers/registry.ts';
import { createGraph } from '../../../model/create-graph.ts';
import type { Graph } from '../../../model/graph.ts';
import type { ModelProto } from '../format/schema.ts';
import type { Parameter } from '../write/context.ts';
import {
  buildGraph,
  byName,
  type CheckedOptions,
  encodeModel,
  exportFields,
  MODEL_KEY,
  OPTIONS_KEY,
} from '../write/export.ts';
import { readTensor } from './tensor.ts';

export interface OwnModel {
  readonly description: ModelDescription;
  readonly parameters: readonly Parameter[];
  readonly options: CheckedOptions;
}

/**
 * The model of a file that `exportOnnx` wrote, or undefined for any other: then the graph itself says what it is.
 *
 * Where each number of each initializer belongs is found by building the graph with the places of the parameters instead of their
 * values; with the values, it must be the file's to the last byte.
 */
export function readOwn(model: ModelProto, bytes: Uint8Array, where: string): OwnModel | undefined {
  const entry = (key: string) => model.metadataProps.find((one) => one.key === key)?.value;
  const [text, settings] = [entry(MODEL_KEY), entry(OPTIONS_KEY)];
  if (text === undefined || settings === undefined) return undefined;
  let graph: Graph;
  let options: CheckedOptions;
  try {
    graph = createGraph(parseJson(text) as readonly unknown[], kindsOf(moreKinds));
    options = checkFields(where, parseJson(settings), exportFields);
  } catch (error) {
    if (error instanceof BpttError || error instanceof SyntaxError) return undefined;
    throw error;
  }
  const parameters = valuesOf(model, graph, options, bytes.length, where);
  if (parameters === undefined) return undefined;
  const again = encodeModel(graph, byName(parameters), options);
  const same = again.length === bytes.length && again.every((byte, index) => byte === bytes[index]);
  return same ? { description: graph.description, parameters, options } : undefined;
}

/** The parameters of the initializers; undefined where one is missing or does not fit. */
function valuesOf(model: ModelProto, graph: Graph, options: CheckedOptions, bytes: number, where: string) {
  const specs = graph.layers.flatMap(({ layer }) => layer.parameters);
  const count = specs.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  if (count * Float32Array.BYTES_PER_ELEMENT > bytes) return undefined;
  const values = new Float32Array(count);
  let first = 1;
  const places = specs.map(({ name, shape, rows, columns }): Parameter => {
    const start = first;
    first += rows * columns;
    return { name, shape, data: Float64Array.from({ length: rows * columns }, (_, index) => start + index) };
  });
  const initializers = new Map(model.graph?.initializer.map((tensor) => [tensor.name, tensor]));
  for (const { name, dims, data } of buildGraph(graph, byName(places), options).tensors) {
    const found = initializers.get(name);
    if (found === undefined || found.dims.join() !== dims.join()) return undefined;
    const numbers = readTensor(found, `${where}, ${name}`).data;
    for (const [index, place] of data.entries()) if (place > 0) values[place - 1] = numbers[index]!;
  }
  return places.map(({ name, shape, data }) => {
    return { name, shape, data: values.subarray(data[0]! - 1, data[0]! - 1 + data.length) };
  });
}
