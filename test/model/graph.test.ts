// The planner: nodes, clocks, names, what is whole; and what it refuses.
import { describe, expect, it } from 'vitest';
import {
  add,
  BpttError,
  backpropagate,
  bidirectional,
  concat,
  createModel,
  dense,
  deserialize,
  embedding,
  evaluate,
  features,
  type GraphBatch,
  gru,
  last,
  lstm,
  type ModelDescription,
  repeat,
  residual,
  serialize,
  tokens,
} from '../../src/index.ts';
import { createGraph } from '../../src/model/create-graph.ts';

const plain = (description: ModelDescription) => JSON.parse(JSON.stringify(description)) as ModelDescription;

/** A sequence of tokens with features at the same steps, and static features; two outputs. */
const two: ModelDescription = [
  tokens(5, { name: 'text' }),
  features(3, { name: 'pen', clock: 'text' }),
  features(2, { name: 'person', clock: 'row' }),
  embedding({ units: 4, from: 'text', name: 'letters' }),
  repeat({ clock: 'text', from: 'person', name: 'who' }),
  concat({ from: ['letters', 'pen', 'who'] }),
  lstm({ units: 6, name: 'reader' }),
  dense({ units: 5, name: 'next' }),
  last({ from: 'reader' }),
  dense({ units: 2, name: 'mood' }),
];

describe('createGraph', () => {
  it('has a node for each entry, on the clock of what it reads', () => {
    const { nodes, inputs, outputs, clocks, whole, stack } = createGraph(two);
    expect(nodes.map(({ clock }) => clock.name)).toEqual([
      'text',
      'text',
      'row',
      'text',
      'text',
      'text',
      'text',
      'text',
      'row',
      'row',
    ]);
    expect(nodes.map(({ output }) => output.size)).toEqual([5, 3, 2, 4, 2, 9, 6, 5, 6, 2]);
    expect(inputs.map(({ name }) => name)).toEqual(['text', 'pen', 'person']);
    expect(outputs.map(({ name }) => name)).toEqual(['next', 'mood']);
    expect(clocks.map(({ name }) => name)).toEqual(['text']);
    expect(whole).toBeUndefined();
    expect(stack).toBeUndefined();
  });

  it('computes what has one output a row at the end where it follows from steps, or is an output', () => {
    const { nodes } = createGraph([
      features(2, { name: 'x' }),
      features(3, { name: 'r', clock: 'row' }),
      dense({ units: 2, from: 'r', name: 'inside' }),
      repeat({ clock: 'x', name: 'steps' }),
      gru({ units: 2, from: 'steps', name: 'cell' }),
      concat({ from: ['x', 'cell'] }),
      dense({ units: 1, name: 'y' }),
      dense({ units: 2, from: 'inside', name: 'rows' }),
    ]);
    expect(nodes.filter(({ complete }) => complete).map(({ name }) => name)).toEqual(['rows']);
  });

  it('is a stack where each layer reads the one before, with names or without', () => {
    const stack = createGraph([tokens(4, { name: 'x' }), gru({ units: 3, from: 'x' }), dense({ units: 4, name: 'y' })]);
    expect(stack.stack?.nodes.map(({ kind }) => kind)).toEqual(['gru', 'dense']);
    const returns = createGraph([tokens(4), gru({ units: 3, returns: 'last' }), dense({ units: 4 })]);
    const entry = createGraph([tokens(4), gru({ units: 3 }), last(), dense({ units: 4 })]);
    expect([returns.stack?.last, entry.stack?.last]).toEqual([true, true]);
  });

  it.each<[string, ModelDescription, RegExp]>([
    [
      'both directions',
      [features(1), bidirectional(gru({ units: 2 })), dense({ units: 1 })],
      /model\[1\] \(bidirectional\) reads later steps/,
    ],
    [
      'a start',
      [features(1, { name: 'x' }), gru({ units: 2, name: 'a' }), gru({ units: 2, name: 'b', from: 'x', start: 'a' })],
      /'b' \(gru\) starts from model\[1\] 'a'/,
    ],
    [
      'an autoencoder',
      [features(1, { name: 'x' }), gru({ units: 2 }), last(), repeat({ clock: 'x', name: 'again' }), gru({ units: 2 })],
      /'again' \(repeat\) reads what is known at the end/,
    ],
    [
      'the last step of no state',
      [features(2), dense({ units: 2 }), last()],
      /\(last\) takes steps of model\[1\] \(dense\), which are no state/,
    ],
    [
      'the last step of a sum',
      [features(2), residual(gru({ units: 2 })), last()],
      /\(last\) takes steps of model\[1\] \(residual\), which are no state/,
    ],
    [
      'a second time axis',
      [
        features(1, { name: 'x' }),
        features(1, { name: 'z' }),
        gru({ units: 2, from: 'x', name: 'a' }),
        gru({ units: 2, from: 'z', name: 'b' }),
      ],
      /'b' \(gru\) has the steps of 'z', not of 'x'/,
    ],
  ])('is whole with %s, and says why', async (_, description, why) => {
    expect(createGraph(description).whole).toMatch(why);
    const model = await createModel(description);
    const { graph } = model.network;
    const names = graph.outputs.map(({ name }) => name!);
    const by = <A>(
      all: readonly { readonly name: string | undefined; readonly clock: { kind: string } }[],
      make: (size: number) => A,
    ) => (all.length === 1 ? make(2) : Object.fromEntries(all.map(({ name }) => [name, make(2)])));
    const batch = {
      rows: 1,
      steps: 2,
      inputs: by(graph.inputs, () => new Float32Array(2 * graph.inputs[0]!.output.size)),
      targets: Object.fromEntries(
        graph.outputs.map(({ name, clock, output }) => [
          name ?? '',
          new Float32Array((clock.kind === 'row' ? 1 : 2) * output.size),
        ]),
      ),
    };
    const loss =
      names.length === 1
        ? ('mean-squared-error' as const)
        : Object.fromEntries(names.map((name) => [name, 'mean-squared-error' as const]));
    const targets = names.length === 1 ? Object.values(batch.targets)[0]! : batch.targets;
    const steps = graph.clocks.length === 1 ? 2 : { x: 2, z: 2 };
    const learn =
      (more: object, of: Partial<GraphBatch> = {}) =>
      () => [...backpropagate(model, { ...batch, steps, targets, ...of } as GraphBatch, { loss, ...more })];
    expect(learn({})).not.toThrow();
    expect(learn({ truncation: { k1: 1, k2: 1 } })).toThrow(new RegExp(`^truncation: .*${why.source}`));
    expect(learn({ memoryBudget: 1e6 })).toThrow(new RegExp(`^memoryBudget: .*${why.source}`));
    expect(learn({}, { carry: true })).toThrow(new RegExp(`^batch.carry: .*${why.source}`));
  });

  const x = features(2, { name: 'x' });
  const z = features(2, { name: 'z' });
  const r = features(3, { name: 'r', clock: 'row' });
  it.each<[string, readonly object[], RegExp]>([
    [
      'an unknown from',
      [x, dense({ units: 1, from: 'y' })],
      /^model\[1\]\.from: expected the name of an entry before it, got 'y': known are 'x'/,
    ],
    ['a misspelt from', [features(2, { name: 'signal' }), dense({ units: 1, from: 'singal' })], /is it 'signal'\?/],
    [
      'an unknown start',
      [x, gru({ units: 1, start: 'y' })],
      /^model\[1\]\.start: expected the name of an entry before it, got 'y'/,
    ],
    [
      'an unknown clock',
      [x, r, repeat({ clock: 'y' })],
      /^model\[2\]\.clock: expected the name of an entry before it, got 'y'/,
    ],
    [
      'a circle',
      [x, gru({ units: 2, name: 'a', from: 'b' }), gru({ units: 2, name: 'b', from: 'a' })],
      /^model\[1\] 'a'\.from: expected the name of an entry before it, got 'b', which .* stands after it; .* circle/,
    ],
    [
      'an entry that reads itself',
      [x, gru({ units: 2, name: 'a', from: 'a' })],
      /^model\[1\] 'a'\.from: .* got 'a', which is itself/,
    ],
    [
      'two of one name',
      [x, dense({ units: 1, name: 'x' })],
      /^model\[1\] 'x'\.name: expected a name that no other entry has, got 'x'/,
    ],
    [
      'several entries for one port',
      [x, z, dense({ units: 1, from: ['x', 'z'] })],
      /^model\[2\]\.from: expected one entry, got 2 \(x, z\); concat or add/,
    ],
    ['the same entry twice', [x, add({ from: ['x', 'x'] })], /^model\[1\]\.from: expected each entry once, got x, x/],
    [
      'two time axes at a concat',
      [x, z, concat({ from: ['x', 'z'], name: 'c' })],
      /^model\[2\] 'c'\.from: expected entries on one clock, got model\[0\] 'x' with the steps of 'x' and model\[1\] 'z' with the steps of 'z'$/,
    ],
    [
      'a row and steps at a concat',
      [x, r, concat({ from: ['r', 'x'] })],
      /expected entries on one clock, got model\[1\] 'r' with one output a row and .*; repeat\(\{ clock: 'x' \}\)/,
    ],
    [
      'two sizes at an add',
      [x, features(3, { name: 'y', clock: 'x' }), add({ from: ['x', 'y'] })],
      /^model\[2\]\.from: expected entries of one size, got 2 features from model\[0\] 'x' and 3 from model\[1\] 'y'/,
    ],
    [
      'tokens at a concat',
      [x, tokens(4, { name: 't', clock: 'x' }), concat({ from: ['x', 't'] })],
      /^model\[2\]\.from: expected features, got 4 tokens from model\[1\] 't'; embedding/,
    ],
    [
      'a repeat of steps',
      [x, repeat({ clock: 'x', name: 'again' })],
      /^model\[1\] 'again': expected features with one output a row as input, got the steps of 'x' from model\[0\] 'x'; last\(\)/,
    ],
    [
      'a repeat on no steps',
      [x, r, repeat({ clock: 'r' }), concat({ from: ['x'] })],
      /^model\[2\]\.clock: expected the name of an input with steps, got 'r'/,
    ],
    [
      'a last of rows',
      [x, r, last({ from: 'r' })],
      /^model\[2\]: expected features at every step as input, got one output a row from model\[1\] 'r'/,
    ],
    [
      'a recurrent layer on rows',
      [x, r, gru({ units: 2, from: 'r' })],
      /^model\[2\]: expected something with steps to read, got model\[1\] 'r' \(features\), which gives one output a row/,
    ],
    [
      'a start of another size',
      [x, gru({ units: 3, name: 'a' }), gru({ units: 2, start: 'a', from: 'x' })],
      /^model\[2\]\.start: expected an entry with the states h \[B,2\], got 'a' with h \[B,3\]/,
    ],
    [
      'a start without a state',
      [x, dense({ units: 2, name: 'a' }), gru({ units: 2, start: 'a' })],
      /^model\[2\]\.start: expected an entry with the states h \[B,2\], got 'a' with none/,
    ],
    ['a start of what has none', [x, gru({ units: 2, name: 'a' }), dense({ units: 2, start: 'a' } as never)], /start/],
    [
      'an input that nobody reads',
      [x, z, dense({ units: 1, from: 'x' })],
      /^model\[1\] 'z': expected a layer that reads this input, got none/,
    ],
    [
      'outputs without names',
      [x, dense({ units: 1, from: 'x' }), dense({ units: 1, from: 'x' })],
      /^model\[1\]: expected a name, since the model has 2 outputs, got none/,
    ],
    ['inputs without names', [features(1), z, dense({ units: 1, from: 'z' })], /expected a (name|layer)/],
    ['rows alone', [r, dense({ units: 1 })], /^model: expected an input with steps/],
    [
      'an unknown kind',
      [x, { kind: 'attend' }],
      /^model\[1\]\.kind: expected one of 'embedding', .*, got "attend".* handed in/,
    ],
  ])('refuses %s', (_, description, message) => {
    const plan = () => createGraph(description);
    expect(plan).toThrow(BpttError);
    expect(plan).toThrow(message);
  });
});

describe('kinds that not every page has', () => {
  const functions = [concat, repeat];

  it('come along with entries, and are handed in where descriptions are plain data', async () => {
    const model = await createModel(two, { seed: 2 });
    const again = await createModel(plain(two), { seed: 2, kinds: functions });
    expect(again.parameters()).toEqual(model.parameters());
    expect(again.description).toEqual(model.description);
    await expect(createModel(plain(two), { kinds: [concat] })).rejects.toThrow(
      /^model\[4\] 'who'\.kind: expected one of .*'concat', got "repeat".*handed in/,
    );
    await expect(createModel(two, { kinds: [() => ({})] })).rejects.toThrow(
      /^createModel\.kinds\[0\]: expected a function/,
    );
  });

  it('are handed in where files are read', async () => {
    const model = await createModel(two, { seed: 2 });
    const bytes = serialize(model);
    await expect(deserialize(bytes)).rejects.toThrow(/model\[4\] 'who'\.kind: .*got "repeat"/);
    const { model: again } = await deserialize(bytes, { kinds: functions });
    expect(again.parameters()).toEqual(model.parameters());
  });
});

describe('batches and losses of a graph', () => {
  const T = 2;
  const batch: GraphBatch = {
    rows: 1,
    steps: T,
    inputs: { text: new Int32Array(T), pen: new Float32Array(3 * T), person: new Float32Array(2) },
    targets: { next: new Int32Array(T), mood: new Int32Array(1) },
  };
  const loss = { next: 'cross-entropy', mood: 'cross-entropy' } as const;
  const { pen: _, ...without } = batch.inputs as Record<string, never>;

  it.each<[string, object, object, RegExp]>([
    [
      'one loss for two outputs',
      {},
      { loss: 'cross-entropy' },
      /^loss: expected a loss for each output, as in \{ next: 'cross-entropy', mood/,
    ],
    [
      'an output that no loss names',
      {},
      { loss: { next: 'cross-entropy' } },
      /^loss: expected a loss for output model\[9\] 'mood', got none/,
    ],
    [
      'a loss for an output that is not there',
      {},
      { loss: { ...loss, reader: 'cross-entropy' } },
      /^loss\.reader: expected the name of an output \(next, mood\), got 'reader'/,
    ],
    [
      'a batch without one of its inputs',
      { inputs: without },
      { loss },
      /^batch\.inputs\.pen: expected what belongs to 'pen', got none/,
    ],
    [
      'a batch with an input that is not there',
      { inputs: { ...(batch.inputs as object), ink: new Float32Array(2) } },
      { loss },
      /^batch\.inputs.*ink/,
    ],
    [
      'inputs without names',
      { inputs: new Float32Array(2) },
      { loss },
      /^batch\.inputs: expected one for each of 'text', 'pen', 'person', as an object/,
    ],
    [
      'targets without one of its outputs',
      { targets: { next: new Int32Array(T) } },
      { loss },
      /^batch\.targets\.mood: expected what belongs to 'mood', got none/,
    ],
    [
      'a static input with steps',
      { inputs: { ...(batch.inputs as object), person: new Float32Array(4) } },
      { loss },
      /^batch\.inputs\.person: .*\[B=1, F=2\]/,
    ],
    ['a mask of more rows', { mask: { mood: new Uint8Array(2) } }, { loss }, /^batch\.mask\.mood: expected .*\[B=1\]/],
    [
      'losses of whole windows for two outputs',
      {},
      { loss, truncation: { k1: 1, k2: 2, losses: 'window' } },
      /^truncation\.losses: expected 'new' with several outputs/,
    ],
  ])('refuse %s', async (_, of, objective, message) => {
    const model = await createModel(two);
    const learn = () => [...backpropagate(model, { ...batch, ...of } as GraphBatch, objective as never)];
    expect(learn).toThrow(BpttError);
    expect(learn).toThrow(message);
  });

  it('give each output its loss, and the sum of them with their weights', async () => {
    const model = await createModel(two, { seed: 1 });
    const weights = {
      next: { loss: 'cross-entropy', weight: 0.5 },
      mood: { loss: 'cross-entropy', weight: 2 },
    } as const;
    const { loss: sum, outputs } = evaluate(model, batch, { loss: weights });
    expect(outputs?.map(({ name }) => name)).toEqual(['next', 'mood']);
    expect(sum).toBe(0.5 * outputs![0]!.loss + 2 * outputs![1]!.loss);
    const [window] = backpropagate(model, batch, { loss: weights });
    expect(window).toMatchObject({ loss: sum, outputs });
  });
});
