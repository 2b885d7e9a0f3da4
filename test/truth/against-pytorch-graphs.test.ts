// Random graphs against PyTorch in float64, to 1e-12: outputs, losses and the gradients of what is not frozen, with tied weights, several
// inputs and losses, started states, and everything that joins entries. fixtures/make_graphs.py made the figures.
import { describe, expect, it } from 'vitest';
import { backpropagate, type ModelDescription } from '../../src/index.ts';
import graphs from './fixtures/graphs.json' with { type: 'json' };
import { asJson, COUNT, digest, type GraphCase, graphCase } from './graph-cases.ts';

const numbersOf = (text: string) => new Float64Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);

/** The same in the order of the fixture: loss, losses, outputs, gradients. */
function computed({ model, batch, loss, frozen }: GraphCase): readonly number[] {
  const names = Object.keys(loss);
  const { targets: _, mask: __, ...input } = batch;
  const { named } = model.forward(input);
  model.network.freeze(frozen);
  const [window] = [...backpropagate(model, batch, { loss })];
  const losses = window!.outputs?.map((output) => output.loss) ?? [window!.loss / loss[names[0]!]!.weight];
  const gradients = model.gradients();
  for (const { name, data } of gradients)
    if (frozen.includes(name)) expect(data.every((value) => value === 0)).toBe(true);
  const learned = gradients.filter(({ name }) => !frozen.includes(name));
  return [
    window!.loss,
    ...losses,
    ...names.flatMap((name) => [...named[name]!]),
    ...learned.flatMap(({ data }) => [...data]),
  ];
}

describe('a random graph has the figures of PyTorch', () => {
  it.each(Array.from({ length: COUNT }, (_, seed) => seed))('%i', async (seed) => {
    const one = await graphCase(seed);
    const [known, text] = graphs[seed] as [string, string];
    expect(digest(asJson(one)), 'another graph than that of the fixture, which is to be made anew').toBe(known);
    const expected = numbersOf(text);
    const got = computed(one);
    expect(got.length).toBe(expected.length);
    const furthest = got.reduce((most, value, i) => {
      return Math.max(most, Math.abs(value - expected[i]!) / Math.max(1, Math.abs(expected[i]!)));
    }, 0);
    expect(furthest).toBeLessThan(1e-12);
  });
});

/** What is kept of a case to count what it holds. */
type Sketch = Pick<GraphCase, 'frozen' | 'loss'> & { readonly model: Pick<GraphCase['model'], 'description'> };

it('has enough of what graphs can hold', async () => {
  // One after the other: a page has no room for all of them at a time.
  const cases: Sketch[] = [];
  for (let seed = 0; seed < COUNT; seed++) {
    const { model, frozen, loss } = await graphCase(seed);
    cases.push({ model: { description: model.description }, frozen, loss });
  }
  const inputs = (description: ModelDescription) => description.filter(({ kind }) => /^(tokens|features)$/.test(kind));
  const some: Readonly<Record<string, (one: Sketch) => boolean>> = {
    'tied weights': ({ model }) => model.description.some((entry) => 'tied' in entry && entry.tied !== undefined),
    'frozen parameters': ({ frozen }) => frozen.length > 0,
    'two inputs': ({ model }) => inputs(model.description).length > 1,
    'two losses': ({ loss }) => Object.keys(loss).length > 1,
    'started states': ({ model }) => model.description.some((entry) => 'start' in entry && entry.start !== undefined),
    ...Object.fromEntries(
      ['concat', 'add', 'repeat', 'last', 'residual', 'bidirectional', 'elman', 'gru', 'lstm', 'indrnn'].map((kind) => [
        kind,
        ({ model }: Sketch) => model.description.some((entry) => entry.kind === kind),
      ]),
    ),
  };
  const counts = Object.entries(some).map(([what, is]) => [what, cases.filter(is).length] as const);
  expect(counts.filter(([, count]) => count < 15)).toEqual([]);
});
