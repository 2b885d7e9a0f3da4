// Groups of parameters: what is frozen stays as it is and costs no gradient, and the others learn as they are told.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adam,
  adamw,
  type Batch,
  backpropagate,
  createModel,
  dense,
  dropout,
  elman,
  embedding,
  exponential,
  fit,
  gru,
  learningRateRange,
  lstm,
  type Model,
  type ModelDescription,
  normal,
  type Optimizer,
  plateau,
  rmsprop,
  sgd,
  type TrainEvent,
  type TrainOptions,
  tokens,
  train,
} from '../../src/index.ts';
import { numbers } from '../support/models.ts';

const V = 7;
const loss = 'cross-entropy';
const init = { inputInitializer: normal({ deviation: 0.5 }), biasInitializer: normal({ deviation: 0.5 }) };

const description: ModelDescription = [
  tokens(V),
  embedding({ units: 5, name: 'words', initializer: normal({ deviation: 1 }) }),
  lstm({ units: 6, name: 'below', ...init }),
  gru({ units: 6, name: 'above', ...init }),
  dense({ units: V, name: 'head', weightInitializer: normal({ deviation: 0.5 }) }),
];
const tied: ModelDescription = [
  tokens(V),
  embedding({ units: 5, name: 'words', initializer: normal({ deviation: 1 }) }),
  lstm({ units: 5, name: 'below', ...init }),
  dense({ units: V, name: 'head', tied: 'words.weight' }),
];

function batchOf(seed: number, steps = 8, rows = 3): Batch {
  const next = numbers(seed);
  const draw = () => Int32Array.from({ length: steps * rows }, () => Math.floor(next() * V));
  return { steps, rows, inputs: draw(), targets: draw() };
}

const data = [batchOf(1), batchOf(2), batchOf(3, 5)];
const optimizers: readonly Optimizer[] = [
  sgd({ learningRate: 0.1 }),
  sgd({ learningRate: 0.1, momentum: 0.9 }),
  rmsprop({ learningRate: 0.01 }),
  adam({ learningRate: 0.01 }),
  adamw({ learningRate: 0.01, weightDecay: 0.1 }),
  adamw({ learningRate: 0.01, weightDecay: 0.1, decayBiases: true }),
];

const base = { data, loss, optimizer: adam({ learningRate: 0.01 }), steps: 7 } as const;

type Values = Readonly<Record<string, ArrayLike<number>>>;
const valuesOf = (all: ReturnType<Model['parameters']>): Values =>
  Object.fromEntries(all.map(({ name, data }) => [name, data]));

async function trained(options: Partial<TrainOptions>, model: ModelDescription = description, dtype = 'f32' as const) {
  const one = await createModel(model, { seed: 4, dtype });
  const before = valuesOf(one.parameters());
  const events: TrainEvent[] = [];
  for await (const event of train(one, { ...base, ...options })) events.push(event);
  return { before, after: valuesOf(one.parameters()), events: withoutSpeed(events), model: one };
}

const withoutSpeed = (events: readonly TrainEvent[]) =>
  events.map((event) => (event.type === 'step' ? { ...event, tokensPerSecond: 0 } : event));

describe('frozen parameters', () => {
  const choices = [
    ['head.*'],
    ['words.*'],
    ['words.*', 'below.*'],
    ['words.*', 'below.*', 'above.*'],
    ['above.*'],
    ['below.weight_hh_l0', 'head.bias'],
    ['*.bias*'],
    ['*.weight*'],
  ];
  it.each(choices.flatMap((match) => optimizers.map((optimizer) => ({ match, optimizer }))))(
    'stay as they are, and the others learn as if their gradient were thrown away: $match, $optimizer',
    async ({ match, optimizer }) => {
      const { before, after } = await trained({ groups: [{ match, frozen: true }], optimizer });
      // Without penalties and clipping nothing of one gradient reaches another parameter, so that one update from the same place shows all.
      const once = await trained({ groups: [{ match, frozen: true }], optimizer, steps: 1 });
      const whole = await trained({ optimizer, steps: 1 });
      const frozen = Object.keys(before).filter((name) =>
        match.some((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name)),
      );
      expect(frozen.length).toBeGreaterThan(0);
      for (const name of Object.keys(before)) {
        if (frozen.includes(name)) expect(after[name], name).toEqual(before[name]);
        else {
          expect(after[name], name).not.toEqual(before[name]);
          expect(once.after[name], name).toEqual(whole.after[name]);
        }
      }
    },
  );

  it.each([
    ['untied', description],
    ['tied', tied],
  ] as const)('learn over many updates as where what has changed is put back: %s', async (_, model) => {
    const match = ['words.*', 'below.weight_ih_l0', 'below.bias_ih_l0'];
    const { after } = await trained({ groups: [{ match, frozen: true }] }, model);
    const one = await createModel(model, { seed: 4 });
    const before = one.parameters();
    for await (const _ of train(one, base)) {
      for (const { name, data } of before)
        if (/^words|below\.(weight|bias)_ih/.test(name)) one.setParameter(name, data);
    }
    expect(after).toEqual(valuesOf(one.parameters()));
  });

  it.each<Partial<TrainOptions>>([
    { truncation: { k1: 3, k2: 3 } },
    { truncation: { k1: 2, k2: 5 } },
    { truncation: { k1: 5, k2: 2 } },
    { truncation: { k1: 2, k2: 5, losses: 'window' } },
    { accumulate: 2 },
    { memoryBudget: 20000 },
    { clip: { value: 0.01 } },
    { regularization: { l1: 0.01, l2: 0.1, biases: true } },
    { average: { decay: 0.9 } },
  ])('stay as they are with %j', async (options) => {
    const { before, after } = await trained({
      ...options,
      groups: [{ match: ['below.*', 'head.bias'], frozen: true }],
    });
    for (const name of Object.keys(before)) {
      if (/^below|^head.bias/.test(name)) expect(after[name], name).toEqual(before[name]);
      else expect(after[name], name).not.toEqual(before[name]);
    }
  });

  it('are in neither the norm nor the penalty', async () => {
    const frozen = await trained({
      groups: [{ match: ['words.*', 'below.*', 'above.*'], frozen: true }],
      regularization: { l1: 0.01, l2: 0.1 },
      steps: 1,
    });
    const [step] = frozen.events.filter((event) => event.type === 'step');
    const weights = Array.from(frozen.before['head.weight']!);
    const penalty = weights.reduce((sum, w) => sum + 0.01 * Math.abs(w) + 0.05 * w * w, 0);
    expect(step!.penalty).toBeCloseTo(penalty, 5);
    const model = await createModel(description, { seed: 4 });
    for (const _ of backpropagate(model, data[0]!, { loss })) break;
    const gradients = valuesOf(model.gradients());
    const head = Array.from(gradients['head.weight']!, (g, i) => g + 0.01 * Math.sign(weights[i]!) + 0.1 * weights[i]!);
    const all = [...head, ...Array.from(gradients['head.bias']!)];
    expect(step!.gradientNorm).toBeCloseTo(Math.hypot(...all), 5);
  });

  it('have a gradient of zero while training goes on and after it, and one again after that', async () => {
    const model = await createModel(description, { seed: 4 });
    const isFrozen = (name: string) => /^words|^below|^head.bias/.test(name);
    const expectZero = () => {
      for (const { name, data } of model.gradients())
        expect(
          data.some((g) => g !== 0),
          name,
        ).toBe(!isFrozen(name));
    };
    // Whatever was there before.
    for (const _ of backpropagate(model, data[0]!, { loss }));
    const match = ['words.*', 'below.*', 'head.bias'];
    for await (const event of train(model, { ...base, groups: [{ match, frozen: true }] })) {
      if (event.type === 'step') expectZero();
    }
    expectZero();
    for (const _ of backpropagate(model, data[0]!, { loss }));
    for (const { name, data } of model.gradients())
      expect(
        data.some((g) => g !== 0),
        name,
      ).toBe(true);
  });

  it.each(['break', 'fail'])('are no longer so after a training that ends by a %s', async (how) => {
    const model = await createModel(description, { seed: 4 });
    const other = await createModel(description, { seed: 4 });
    const groups = [{ match: 'words.*', frozen: true }];
    const bad = { ...data[0]!, inputs: Int32Array.from(data[0]!.inputs as Int32Array, () => V) };
    const loop = async () => {
      for await (const _ of train(model, { ...base, data: how === 'fail' ? [bad] : data, groups })) break;
    };
    if (how === 'fail') await expect(loop()).rejects.toThrow(/expected/);
    else await loop();
    for (const { name, data } of other.parameters()) model.setParameter(name, data);
    for (const one of [model, other]) for await (const _ of train(one, base));
    expect(model.parameters()).toEqual(other.parameters());
  });
});

describe('groups that learn', () => {
  it.each(optimizers)('have the bits of none where they say what the optimizer says: %o', async (optimizer) => {
    const group = {
      match: ['above.*', 'words.weight'],
      learningRate: optimizer.learningRate,
      ...(optimizer.kind === 'adamw' ? { weightDecay: optimizer.weightDecay } : {}),
    };
    const plain = await trained({ optimizer, clip: { norm: 0.5 } });
    const grouped = await trained({ optimizer, clip: { norm: 0.5 }, groups: [group] });
    expect(grouped.after).toEqual(plain.after);
    expect(grouped.events).toEqual(plain.events);
  });

  it('learn as with an optimizer for each, in f64', async () => {
    const { after } = await trained(
      {
        optimizer: adamw({ learningRate: 0.01, weightDecay: 0.1 }),
        groups: [
          { match: 'below.*', learningRate: exponential({ from: 0.1, factor: 0.5 }), weightDecay: 0.5 },
          { match: 'head.*', weightDecay: 0 },
          { match: 'words.*', frozen: true },
        ],
        steps: 4,
      },
      description,
      'f64' as never,
    );
    const model = await createModel(description, { seed: 4, dtype: 'f64' });
    const own = (name: string, step: number) => {
      if (name.startsWith('below')) return { rate: 0.1 * 0.5 ** (step - 1), decay: 0.5 };
      return { rate: 0.01, decay: name.startsWith('head') ? 0 : 0.1 };
    };
    const slots = model.parameters().map(({ data }) => [new Float64Array(data.length), new Float64Array(data.length)]);
    for (let step = 1; step <= 4; step++) {
      for (const _ of backpropagate(model, data[(step - 1) % 3]!, { loss }));
      const gradients = model.gradients();
      for (const [index, { name, data: w }] of model.parameters().entries()) {
        if (name.startsWith('words')) continue;
        const { rate, decay } = own(name, step);
        const [m, v] = slots[index]! as [Float64Array, Float64Array];
        const next = w.map((value, i) => {
          const g = gradients[index]!.data[i]!;
          m[i] = 0.9 * m[i]! + 0.1 * g;
          v[i] = 0.999 * v[i]! + 0.001 * g * g;
          const kept = /bias/.test(name) ? value : value - rate * decay * value;
          return kept - (rate * (m[i]! / (1 - 0.9 ** step))) / (Math.sqrt(v[i]! / (1 - 0.999 ** step)) + 1e-8);
        });
        model.setParameter(name, next);
      }
    }
    for (const { name, data } of model.parameters()) {
      for (const [index, value] of data.entries()) expect(after[name]![index], name).toBeCloseTo(value, 11);
    }
  });

  it('hear of validations', async () => {
    const { after } = await trained({
      optimizer: sgd({ learningRate: 0 }),
      groups: [{ match: 'head.bias', learningRate: plateau({ from: 0.5, factor: 0, patience: 0, threshold: 0.9 }) }],
      validation: data,
      validateEvery: 1,
      steps: 6,
    });
    const short = await trained({
      optimizer: sgd({ learningRate: 0 }),
      groups: [{ match: 'head.bias', learningRate: 0.5 }],
      steps: 2,
    });
    expect(after).toEqual(short.after);
  });

  it('are taken by fit', async () => {
    const model = await createModel(description, { seed: 4 });
    const { 'words.weight': before } = valuesOf(model.parameters());
    await fit(model, { data, loss, steps: 3, groups: [{ match: 'words.*', frozen: true }] });
    expect(valuesOf(model.parameters())['words.weight']).toEqual(before);
  });
});

describe('a training with groups goes on to the same bits', () => {
  const groups = [
    { match: 'words.*', frozen: true },
    { match: ['above.*', 'head.bias'], learningRate: exponential({ from: 0.05, factor: 0.9 }) },
  ];
  const options = { groups, truncation: { k1: 3, k2: 5 }, steps: 12, checkpoint: { every: 5 } };

  it('from a checkpoint', async () => {
    const never = await trained(options);
    const [first] = never.events.filter((event) => event.type === 'checkpoint');
    const { after } = await trained({ ...options, resume: first!.bytes });
    expect(after).toEqual(never.after);
  });

  it('with other learning rates, and is refused with other groups', async () => {
    const { events } = await trained(options);
    const [first] = events.filter((event) => event.type === 'checkpoint');
    const faster = groups.map((group) => (group.frozen ? group : { ...group, learningRate: 0.5 }));
    await trained({ ...options, groups: faster, resume: first!.bytes });
    for (const others of [undefined, groups.slice(1), [{ match: 'words.*', learningRate: 1 }, groups[1]!]]) {
      const changed = { ...options, groups: others, resume: first!.bytes };
      await expect(trained(changed as Partial<TrainOptions>)).rejects.toThrow(
        /^train\.groups: expected .*as in the training/,
      );
    }
  });
});

describe('what is refused', () => {
  it.each<[TrainOptions['groups'], RegExp]>([
    [
      [{ match: 'wordz.*', frozen: true }],
      /^train\.groups\[0\]\.match: expected a name or pattern of words\.weight.*got "wordz\.\*", which matches none/,
    ],
    [[{ match: ['head.*', 'x'], frozen: true }], /^train\.groups\[0\]\.match: .*got "x", which matches none/],
    [[{ match: 'ead.bias', frozen: true }], /which matches none/],
    [[{ match: 'headxbias', frozen: true }], /which matches none/],
    [
      [
        { match: 'head.*', frozen: true },
        { match: '*.bias', learningRate: 1 },
      ],
      /^train\.groups\[1\]\.match: expected parameters of no other group, got head\.bias, which train\.groups\[0\] has/,
    ],
    [
      [{ match: '*', frozen: true }],
      /^train\.groups: expected a parameter that is left to learn, got all frozen: words\.weight/,
    ],
    [[{ match: 'head.*' }], /^train\.groups\[0\]: expected frozen: true, a learningRate or a weightDecay, got none/],
    [
      [{ match: 'head.*', frozen: true, learningRate: 1 }],
      /^train\.groups\[0\]\.learningRate: expected none of parameters that are frozen/,
    ],
    [
      [{ match: 'head.*', weightDecay: 1 }],
      /^train\.groups\[0\]\.weightDecay: expected the optimizer adamw, .*got adam/,
    ],
    [[{ match: 'head.*', learningRate: -1 }], /^train\.groups\[0\]\.learningRate: expected/],
    [
      [{ match: 'head.*', learningRate: plateau({ from: 1 }) }],
      /^train\.groups\[0\]\.learningRate: expected validation and validateEvery with plateau/,
    ],
    [[], /^train\.groups: expected an array of groups with at least one/],
    [
      [{ match: [], frozen: true }],
      /^train\.groups\[0\]\.match: expected an array of names or patterns with at least one/,
    ],
    [[{ match: 'head.*', forzen: true } as never], /forzen/],
  ])('%j', async (groups, message) => {
    await expect(trained({ groups: groups! })).rejects.toThrow(message);
  });

  it('own rates in a learning-rate range test, which goes on with what is frozen', async () => {
    const model = await createModel(description, { seed: 4 });
    const options = { data, loss, optimizer: sgd({ learningRate: 1 }), steps: 5 } as const;
    const before = model.parameters();
    await learningRateRange(model, { ...options, groups: [{ match: 'words.*', frozen: true }] });
    expect(model.parameters()).toEqual(before);
    await expect(
      learningRateRange(model, { ...options, groups: [{ match: 'words.*', learningRate: 1 }] }),
    ).rejects.toThrow(/^learningRateRange\.groups\[0\]\.learningRate: expected none/);
  });
});

it('penalties on gradients of what is not gone back through have no terms', async () => {
  const model: ModelDescription = [
    tokens(V),
    elman({ units: 5, name: 'below', vanishingRegularization: 0.5 }),
    dropout({ rate: 0.2 }),
    dense({ units: V, name: 'head' }),
  ];
  const { events } = await trained({ groups: [{ match: 'below.*', frozen: true }] }, model);
  for (const event of events) if (event.type === 'step') expect(event.penalty).toBe(0);
});

it('any choice of frozen parameters leaves the others the gradients that they had, in f64', async () => {
  const model = await createModel(tied, { seed: 4, dtype: 'f64' });
  for (const _ of backpropagate(model, data[0]!, { loss }));
  const all = model.gradients();
  const names = all.map(({ name }) => name);
  fc.assert(
    fc.property(fc.subarray(names), (frozen) => {
      model.network.freeze(frozen);
      for (const _ of backpropagate(model, data[0]!, { loss }));
      for (const [index, { name, data }] of model.gradients().entries()) {
        expect(data, name).toEqual(frozen.includes(name) ? all[index]!.data.map(() => 0) : all[index]!.data);
      }
      model.network.freeze([]);
    }),
  );
});
