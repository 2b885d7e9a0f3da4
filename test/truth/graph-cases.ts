// The random graphs that are compared with PyTorch, as plain data: fixtures/make_graphs.py reads the same. Some have parameters that are
// frozen.
import { checksum } from '../../src/base/crc32.ts';
import { createModel, type Model } from '../../src/index.ts';
import { type RandomGraph, randomGraph } from '../support/graphs.ts';
import { numbers } from '../support/models.ts';

export const COUNT = 200;

export interface GraphCase extends RandomGraph {
  readonly model: Model;
  readonly frozen: readonly string[];
}

/** Graph `seed` of them. */
export async function graphCase(seed: number): Promise<GraphCase> {
  const graph = randomGraph(seed, { whole: true, noise: false });
  const model = await createModel(graph.description, { seed, dtype: 'f64' });
  const next = numbers(seed + 1000);
  const share = next() < 0.5 ? 0 : 0.4;
  const names = model.parameters().map(({ name }) => name);
  const frozen = names.filter((_, index) => index > 0 && next() < share);
  return { ...graph, model, frozen };
}

/** What says all of it. */
export function asJson({ model, loss, batch, frozen }: GraphCase): string {
  const parameters = Object.fromEntries(
    model.parameters().map(({ name, shape, data }) => [name, { shape, data: [...data] }]),
  );
  const plain = (_: string, value: unknown) => (ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value);
  return JSON.stringify({ description: model.description, parameters, loss, batch, frozen }, plain);
}

/** By which a fixture is known to be of the same graph. */
export function digest(json: string): string {
  return checksum(new TextEncoder().encode(json));
}
