// What holds of full and truncated BPTT whatever the numbers are, bit for bit.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backpropagation } from '../../src/bptt/backpropagation.ts';
import {
  adagrad,
  adam,
  adamw,
  type Batch,
  backpropagate,
  createModel,
  type Dtype,
  type Model,
  rmsprop,
  sgd,
  type TrainOptions,
  train,
} from '../../src/index.ts';
import {
  describeModel,
  inputKinds,
  lossesAndGradients,
  makeBatch,
  OUTPUTS,
  objectiveOf,
  sliceRow,
  sliceSteps,
  truncations,
  VOCABULARY,
} from '../support/models.ts';

const cases = {
  T: fc.integer({ min: 1, max: 12 }),
  B: fc.integer({ min: 1, max: 6 }),
  seed: fc.nat(1000),
  kind: fc.constantFrom(...inputKinds),
  loss: fc.constantFrom('cross-entropy', 'mean-squared-error', 'binary-cross-entropy'),
  truncation: fc.constantFrom(...truncations.map(([, truncation]) => truncation)),
  mask: fc.boolean(),
  resets: fc.boolean(),
} as const;
type Case = { [Name in keyof typeof cases]: (typeof cases)[Name] extends fc.Arbitrary<infer Value> ? Value : never };

/** 40 cases; `at` is a number to choose a place by. */
function always(property: (model: Model, given: Case & { readonly at: number }) => Promise<void> | void, dtype: Dtype) {
  return fc.assert(
    fc.asyncProperty(fc.record({ ...cases, at: fc.nat() }), async (given) => {
      const { kind, seed } = given;
      const activations = seed % 2 === 0 ? (['tanh'] as const) : (['relu', 'tanh'] as const);
      await property(await createModel(describeModel(kind, activations), { seed, dtype }), given);
    }),
    { numRuns: 40 },
  );
}

async function trained(model: Model, options: Omit<TrainOptions, 'epochs'>) {
  const losses: number[] = [];
  for await (const event of train(model, { ...options, epochs: 1 })) if (event.type === 'step') losses.push(event.loss);
  return { losses, parameters: model.parameters() };
}

describe.each(['f32', 'f64'] as const)('in %s, bit for bit', (dtype) => {
  it('truncated BPTT with k1 = k2 = T, or longer, is full BPTT', () =>
    always((model, given) => {
      const { kind, T, loss } = given;
      const batch = makeBatch(kind, given);
      const full = lossesAndGradients(model, batch, objectiveOf(loss, 'mean', undefined));
      for (const truncation of [
        { k1: T, k2: T },
        { k1: T + 3, k2: T + 5 },
        { k1: T, k2: T + 1 },
        // Memory for a million steps would be more than there is: what the batch can hold is enough.
        { k1: 1e6, k2: 1e6 },
        { k1: 1e6, k2: 2e6 },
      ]) {
        expect(lossesAndGradients(model, batch, objectiveOf(loss, 'mean', truncation))).toEqual(full);
      }
    }, dtype));

  it('stored and recomputed activations are the same as long as the parameters are', () =>
    always((model, given) => {
      const { kind, T, loss, at } = given;
      const batch = makeBatch(kind, given);
      const truncation = { k1: 1 + (at % T), k2: 1 + (at % 7), losses: at % 2 === 0 ? 'new' : 'window' } as const;
      const stored = lossesAndGradients(model, batch, objectiveOf(loss, 'sum', truncation));
      const recomputed = objectiveOf(loss, 'sum', { ...truncation, activations: 'recomputed' });
      expect(lossesAndGradients(model, batch, recomputed)).toEqual(stored);
    }, dtype));

  it('two stretches with the state carried are one long forward', () =>
    always((model, given) => {
      const whole = makeBatch(given.kind, { ...given, T: given.T + 1 });
      const cut = 1 + (given.at % given.T);
      const one = model.forward(whole);
      const first = model.forward(sliceSteps(whole, 0, cut));
      const second = model.forward(sliceSteps(whole, cut, whole.steps), first.state);
      expect([...first.outputs, ...second.outputs]).toEqual([...one.outputs]);
      expect(second.state).toEqual(one.state);
    }, dtype));

  it('a stream cut into batches that carry on is trained as the stream is, windows that reach back included', () =>
    always(async (model, given) => {
      const { kind, seed, loss, at } = given;
      const { k1, ...rest } = given.truncation ?? { k1: 3, k2: 8 };
      const truncation = { k1, ...rest, ...(at % 3 === 0 && { k2: 1e6 }) };
      const windows = 2 + (at % 4);
      const whole = makeBatch(kind, { ...given, T: windows * k1 + (at % 2) });
      const cut = k1 * (1 + (at % (windows - 1)));
      const parts = [sliceSteps(whole, 0, cut), sliceSteps(whole, cut, whole.steps, true)];
      const other = await createModel(model.description, { seed, dtype });
      const options = { loss, truncation, optimizer: adam({ learningRate: 0.05 }), clip: { norm: 0.5 } };
      expect(await trained(other, { ...options, data: parts })).toEqual(
        await trained(model, { ...options, data: [whole] }),
      );
    }, dtype));

  it('rows of a batch do not see each other: outputs', () =>
    always((model, given) => {
      const batch = makeBatch(given.kind, given);
      const row = given.at % given.B;
      const { outputs } = model.forward(batch);
      const alone = model.forward(sliceRow(batch, row)).outputs;
      expect(alone).toEqual(outputs.filter((_, i) => Math.floor(i / OUTPUTS) % given.B === row));
    }, dtype));

  it('rows of a batch do not see each other: the gradient of one row is that of the row alone', () =>
    always((model, given) => {
      const { kind, T, B, loss, truncation, at } = given;
      const batch = makeBatch(kind, given);
      const row = at % B;
      const mask = Uint8Array.from({ length: T * B }, (_, i) => (i % B === row ? (batch.mask?.[i] ?? 1) : 0));
      const objective = objectiveOf(loss, 'sum', truncation);
      expect(lossesAndGradients(model, { ...batch, mask }, objective)).toEqual(
        lossesAndGradients(model, sliceRow(batch, row), objective),
      );
    }, dtype));

  it('rows that are reset are fresh sequences', () =>
    always((model, { kind, T, B, seed, at }) => {
      const start = at % T;
      const batch = makeBatch(kind, { T, B, seed });
      const resets = new Uint8Array(T * B).fill(1, start * B, (start + 1) * B);
      const { outputs, state } = model.forward({ ...batch, resets });
      const fresh = model.forward(sliceSteps(batch, start, T));
      expect([...outputs.subarray(start * B * OUTPUTS)]).toEqual([...fresh.outputs]);
      expect(state).toEqual(fresh.state);
    }, dtype));

  it('no gradient goes through a reset', () =>
    always((model, { kind, T, B, seed, loss, at }) => {
      const start = at % T;
      const batch = makeBatch(kind, { T, B, seed, loss });
      const resets = new Uint8Array(T * B).fill(1, start * B, (start + 1) * B);
      const mask = new Uint8Array(T * B).fill(1, start * B);
      const objective = objectiveOf(loss, 'mean', undefined);
      expect(lossesAndGradients(model, { ...batch, resets, mask }, objective)).toEqual(
        lossesAndGradients(model, sliceSteps(batch, start, T), objective),
      );
    }, dtype));

  it('targets of steps that do not count change nothing', () =>
    always((model, given) => {
      const { kind, loss, truncation } = given;
      const batch = makeBatch(kind, { ...given, mask: true });
      const width = batch.targets.length / batch.mask!.length;
      const targets = batch.targets.map((target, i) => {
        if (batch.mask![Math.floor(i / width)] === 1) return target;
        return loss === 'cross-entropy' ? (target + 1) % OUTPUTS : 1 - target;
      }) as Batch['targets'];
      for (const reduction of ['mean', 'sum'] as const) {
        const objective = objectiveOf(loss, reduction, truncation);
        expect(lossesAndGradients(model, { ...batch, targets }, objective)).toEqual(
          lossesAndGradients(model, batch, objective),
        );
      }
    }, dtype));

  it('steps after the last that counts change nothing', () =>
    always((model, given) => {
      const { kind, T, B, loss, at } = given;
      const end = 1 + (at % T);
      const batch = makeBatch(kind, given);
      const mask = (batch.mask ?? new Uint8Array(T * B).fill(1)).slice();
      mask.fill(0, end * B);
      for (const reduction of ['mean', 'sum'] as const) {
        const objective = objectiveOf(loss, reduction, undefined);
        const cut = sliceSteps({ ...batch, mask }, 0, end);
        expect(lossesAndGradients(model, { ...batch, mask }, objective)).toEqual(
          lossesAndGradients(model, cut, objective),
        );
      }
    }, dtype));

  it('nothing of a gradient is left in the next one, not even where no step counts', () =>
    always((model, given) => {
      const { kind, T, B, loss, truncation } = given;
      const batch = makeBatch(kind, { ...given, mask: false });
      const objective = objectiveOf(loss, 'sum', truncation);
      const first = lossesAndGradients(model, batch, objective);
      expect(lossesAndGradients(model, batch, objective)).toEqual(first);
      const uncounted = lossesAndGradients(model, { ...batch, mask: new Uint8Array(T * B) }, objective);
      expect(uncounted.gradients.flat().every((gradient) => gradient === 0)).toBe(true);
      expect(first.gradients.flat().some((gradient) => gradient !== 0)).toBe(true);
    }, dtype));

  it('a first state of zeros that is handed over is none that is handed over, and one beside it is another', () =>
    always((model, given) => {
      const { kind, B, loss } = given;
      const batch = makeBatch(kind, given);
      const objective = objectiveOf(loss, 'sum', undefined);
      const zero = model.zeroState(B);
      expect(lossesAndGradients(model, batch, objective, zero)).toEqual(lossesAndGradients(model, batch, objective));
      // A state so small that its products are lost in the sums, but each of them is taken.
      const tiny = { ...zero, layers: zero.layers.map((layer) => layer.map(() => 1e-30)) };
      const without = lossesAndGradients(model, batch, objective);
      const { losses, gradients } = lossesAndGradients(model, batch, objective, tiny);
      expect(losses).toEqual(without.losses);
      const differences = gradients.flat().map((gradient, i) => Math.abs(gradient - without.gradients.flat()[i]!));
      expect(Math.max(...differences)).toBeLessThan(1e-25);
    }, dtype));

  it('with k2 <= k1 windows stand side by side, also the last, which is shorter: as windows cut by hand, with the state carried', () =>
    always(async (model, given) => {
      const { kind, T, loss, at } = given;
      const k1 = 1 + (at % T);
      const k2 = 1 + (at % k1);
      const batch = makeBatch(kind, given);
      const inOne = lossesAndGradients(model, batch, objectiveOf(loss, 'mean', { k1, k2 }));
      const windows = Array.from({ length: Math.ceil(T / k1) }, (_, index) => index * k1);
      const byHand = windows.map((from) => {
        const { state } = from === 0 ? { state: undefined } : model.forward(sliceSteps(batch, 0, from));
        const window = sliceSteps(batch, from, Math.min(T, from + k1));
        return lossesAndGradients(model, window, objectiveOf(loss, 'mean', { k1, k2 }), state);
      });
      expect(inOne.losses).toEqual(byHand.flatMap(({ losses }) => losses));
      expect(inOne.gradients).toEqual(byHand.flatMap(({ gradients }) => gradients));
    }, dtype));

  it('with k1 > k2 the loss is that of all k1 steps, and older ones have no gradient', () =>
    always((model, given) => {
      const { kind, T, B, loss, at } = given;
      const k2 = 1 + (at % T);
      const batch = makeBatch(kind, { ...given, mask: false });
      const truncated = lossesAndGradients(model, batch, objectiveOf(loss, 'sum', { k1: T, k2 }));
      expect(truncated.losses).toEqual(lossesAndGradients(model, batch, objectiveOf(loss, 'sum', undefined)).losses);
      const { state } = k2 < T ? model.forward(sliceSteps(batch, 0, T - k2)) : { state: model.zeroState(B) };
      const newest = lossesAndGradients(
        model,
        sliceSteps(batch, T - k2, T),
        objectiveOf(loss, 'sum', undefined),
        state,
      );
      expect(truncated.gradients).toEqual(newest.gradients);
    }, dtype));

  describe('tokens that do not occur change nothing, however many there are', () => {
    const large = 200; // rows: so many that those of other tokens are left out of clearing, clipping and updates
    const optimizers = {
      sgd: sgd({ learningRate: 0.3 }),
      momentum: sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
      rmsprop: rmsprop({ learningRate: 0.01 }),
      adagrad: adagrad({ learningRate: 0.1 }),
      adam: adam({ learningRate: 0.05 }),
      adamw: adamw({ learningRate: 0.05, weightDecay: 0.1 }),
    };
    const updates: readonly (readonly [string, Partial<TrainOptions>])[] = [
      ['', {}],
      [' with values clipped', { clip: { value: 0.03 } }],
      [' with penalties', { regularization: { l1: 0.01, l2: 0.05 } }],
    ];
    for (const [name, optimizer] of Object.entries(optimizers)) {
      for (const [how, more] of updates) {
        it.each(['tokens', 'embedding'] as const)(`${name}${how}, %s`, async (kind) => {
          const small = await createModel(describeModel(kind, ['tanh']), { seed: 4, dtype });
          const model = await createModel(describeModel(kind, ['tanh'], large), { seed: 5, dtype });
          const table = kind === 'tokens' ? 'rnn.weight_ih_l0' : 'embedding.weight';
          // weight_ih is [H, V], an embedding [V, E].
          const used = (i: number) => (kind === 'tokens' ? i % large : Math.floor(i / 3)) < VOCABULARY;
          const before = model.parameters().find((parameter) => parameter.name === table)!.data;
          for (const { name: parameter, data } of small.parameters()) {
            const values = [...data];
            const grown = before.map((w, i) => (used(i) ? values.shift()! : w));
            model.setParameter(parameter, parameter === table ? grown : data);
          }
          // Few tokens a window, and others in the next: what a window leaves behind must not come back.
          const batch = makeBatch(kind, { T: 30, B: 2, seed: 8 });
          const options = {
            data: [batch],
            loss: 'cross-entropy',
            truncation: { k1: 1, k2: 3 },
            optimizer,
            ...more,
          } as const;
          const [expected, got] = [await trained(small, options), await trained(model, options)];
          expect(got.losses).toEqual(expected.losses);
          for (const [index, { data }] of got.parameters.entries()) {
            const all = expected.parameters[index]!;
            expect(all.name === table ? data.filter((_, i) => used(i)) : data).toEqual(all.data);
          }
          const rest = before.filter((_, i) => !used(i));
          const after = got.parameters.find((parameter) => parameter.name === table)!.data.filter((_, i) => !used(i));
          // Penalties and weight decay are there for all tokens.
          const changed = after.filter((w, i) => w !== rest[i]).length;
          expect(changed).toBe(how === ' with penalties' || name === 'adamw' ? rest.length : 0);
        });
      }
    }

    it('and the norm of the gradient is the same up to rounding', async () => {
      const norms = await Promise.all(
        [VOCABULARY, large].map(async (vocabulary) => {
          const model = await createModel(describeModel('embedding', ['tanh'], vocabulary), { dtype });
          for (const { name, data } of model.parameters())
            model.setParameter(
              name,
              data.map((_, i) => Math.fround(0.1 + (i % 3) / 10)),
            );
          const options = { data: [makeBatch('embedding', { T: 9, B: 2, seed: 8 })], loss: 'cross-entropy' } as const;
          const found: number[] = [];
          for await (const event of train(model, {
            ...options,
            optimizer: sgd({ learningRate: 0.5 }),
            truncation: { k1: 1, k2: 3 },
            epochs: 1,
          }))
            if (event.type === 'step') found.push(event.gradientNorm);
          return found;
        }),
      );
      const tolerance = dtype === 'f32' ? 1e-6 : 1e-14;
      for (const [i, norm] of norms[0]!.entries()) expect(Math.abs(norms[1]![i]! / norm - 1)).toBeLessThan(tolerance);
    });
  });
});

describe('full BPTT over batches that carry on', () => {
  it.each([
    ['longer', 3, 8],
    ['shorter', 8, 3],
  ])('starts a %s batch where the one before ended', async (_, first, second) => {
    const model = await createModel(describeModel('features', ['tanh']), { seed: 3, dtype: 'f64' });
    const whole = makeBatch('features', { T: first + second, B: 2, seed: 4 });
    const [one, two] = [sliceSteps(whole, 0, first), sliceSteps(whole, first, first + second)];
    const { state } = model.forward(one);
    const alone = lossesAndGradients(model, two, objectiveOf('cross-entropy', 'mean', undefined), state);
    const bptt = new Backpropagation(model.network, { loss: 'cross-entropy', reduction: 'mean', seed: 0 });
    for (const window of bptt.windows(one)) expect(window.loss).not.toBe(alone.losses[0]);
    const losses = [...bptt.windows({ ...two, carry: true })].map(({ loss }) => loss);
    expect(losses).toEqual(alone.losses);
    expect(() => [...bptt.windows({ ...sliceRow(two, 0), carry: true })]).toThrow(
      'batch.rows: expected 2, as the batch that it carries on, got 1',
    );
    bptt.release();
  });
});

it('a loop over windows that is left gives its memory back', async () => {
  const model = await createModel(describeModel('tokens', ['tanh']), { dtype: 'f64' });
  const batch = makeBatch('tokens', { T: 400, B: 20, seed: 1 });
  const leave = () => {
    for (const _ of backpropagate(model, batch, { loss: 'cross-entropy', truncation: { k1: 100, k2: 200 } })) break;
  };
  leave();
  const { memoryBytes } = model;
  for (let i = 0; i < 10; i++) leave();
  expect(model.memoryBytes).toBe(memoryBytes);
});
