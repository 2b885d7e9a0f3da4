// Models that take a while to make: the command says what it does meanwhile.
import { createModel, type Model, type ModelDescription, type ModelOptions } from '../../index.ts';
import { kindsNamed } from '../../layers/later/kinds.ts';
import { createGraph } from '../../model/create-graph.ts';

/** Parameters that take about half a second to draw. */
const MANY = 8e6;

/** `createModel` that says on standard error what it does where it takes a while. */
export async function createLarge(description: ModelDescription, options: ModelOptions): Promise<Model> {
  const specs = createGraph(description, await kindsNamed(description)).layers.flatMap(({ layer }) => layer.parameters);
  const count = specs.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  if (count >= MANY) process.stderr.write(`drawing ${count.toLocaleString('en-US')} initial weights …\n`);
  return createModel(description, options);
}
