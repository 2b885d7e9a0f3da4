// What a gradient is of: what is refused, and what each window says of itself.

import { describe, expect, it } from 'vitest';
import { checkFields } from '../../src/base/fields.ts';
import { Backpropagation } from '../../src/bptt/backpropagation.ts';
import { objectiveFields } from '../../src/bptt/objective.ts';
import { StateWriter } from '../../src/formats/record.ts';
import { StateReader } from '../../src/formats/state-reader.ts';
import {
  backpropagate,
  bidirectional,
  checkGradients,
  createModel,
  dense,
  elman,
  features,
  type Objective,
} from '../../src/index.ts';
import { codeOf } from '../support/error-code.ts';
import { nextBlock } from '../support/memory.ts';
import { describeModel, FEATURES, makeBatch, OUTPUTS, sliceSteps, truncations } from '../support/models.ts';

const create = () => createModel(describeModel('features', ['tanh']), { seed: 3, dtype: 'f64' });
const both = () =>
  createModel([features(FEATURES), bidirectional(elman({ units: 2 })), dense({ units: OUTPUTS })], { seed: 3 });
const batch = makeBatch('features', { T: 7, B: 2, seed: 5 });

const checked = (options: object) =>
  checkFields('backpropagate', { loss: 'cross-entropy', ...options }, objectiveFields);

describe('an objective is refused', () => {
  it.each<[object, string]>([
    [{ loss: 'crossentropy' }, '.loss: expected one of'],
    [{ reduction: 'max' }, '.reduction: expected one of "mean", "sum", got "max"'],
    [{ seed: -1 }, '.seed: expected an integer >= 0, got -1'],
    [{ memoryBudget: 0 }, '.memoryBudget: expected an integer >= 1, got 0'],
    [{ truncation: { k1: 0, k2: 1 } }, '.truncation.k1: expected an integer >= 1, got 0'],
    [{ truncation: { k1: 1, k2: 0 } }, '.truncation.k2: expected an integer >= 1, got 0'],
    [{ truncation: { k1: 1, k2: 1.5 } }, '.truncation.k2: expected an integer >= 1, got 1.5'],
    [{ truncation: { k1: 1 } }, '.truncation.k2: expected an integer >= 1, got undefined'],
    [{ truncation: { k1: 1, k2: 1, losses: 'old' } }, '.truncation.losses: expected one of "new", "window", got "old"'],
    [
      { truncation: { k1: 1, k2: 1, activations: 'new' } },
      '.truncation.activations: expected one of "stored", "recomputed", got "new"',
    ],
    [{ truncation: { k1: 1, k2: 1, k3: 1 } }, '.truncation: '],
    [
      { truncation: { k1: 1, k2: 1 }, memoryBudget: 1e6 },
      '.memoryBudget: expected full BPTT, got truncation an object, whose windows of max(k1, k2) steps are all that is kept',
    ],
    [{ los: 'cross-entropy' }, ': '],
  ])('%o', async (wrong, message) => {
    const model = await create();
    const objective = { loss: 'cross-entropy', ...wrong } as Objective;
    for (const [name, run] of [
      ['backpropagate', () => [...backpropagate(model, batch, objective)]],
      ['checkGradients', () => checkGradients(model, batch, objective)],
    ] as const) {
      expect(run).toThrow(`${name}${message}`);
      expect(codeOf(run)).toMatch(/^(invalid-argument|unknown-option)$/);
    }
  });

  it('with a model that is none', () => {
    expect(() => [...backpropagate({} as never, batch, { loss: 'cross-entropy' })]).toThrow(
      'backpropagate(model): expected a model, got an object',
    );
  });

  it('where gradients are to end at steps, and the model reads later ones', async () => {
    const model = await both();
    const run = (objective: Partial<Objective>, more: object = {}) => {
      return () => [...backpropagate(model, { ...batch, ...more }, { loss: 'cross-entropy', ...objective })];
    };
    expect(run({ truncation: { k1: 7, k2: 7 } })).toThrow(/^truncation: .*leave it out for full BPTT$/);
    expect(run({ memoryBudget: 1e6 })).toThrow(/^memoryBudget: .*leave it out$/);
    expect(run({}, { carry: true })).toThrow(/^batch\.carry: .*each batch must hold whole sequences$/);
    expect(run({}, { carry: false })()).toHaveLength(1);
  });

  it('with a batch that is none', async () => {
    const model = await create();
    expect(() => [...backpropagate(model, { ...batch, steps: 6 }, { loss: 'cross-entropy' })]).toThrow(
      'batch.inputs: ',
    );
  });
});

describe('a window', () => {
  it.each(truncations)('says which steps it read, and what its loss is over: %s', async (_, truncation) => {
    const model = await create();
    const masked = makeBatch('features', { T: 7, B: 2, seed: 5, mask: true });
    const { k1, k2 } = truncation ?? { k1: 7, k2: 7 };
    for (const reduction of ['mean', 'sum'] as const) {
      const windows = [
        ...backpropagate(model, masked, { loss: 'cross-entropy', reduction, ...(truncation && { truncation }) }),
      ];
      expect(windows).toHaveLength(Math.ceil(7 / k1));
      for (const [index, { from, to, backTo, loss, lossSum, counted, penalty }] of windows.entries()) {
        expect([from, to]).toEqual([index * k1, Math.min(7, (index + 1) * k1)]);
        expect(backTo).toBe(Math.max(k2 > k1 ? 0 : from, to - k2));
        expect(counted).toBe(masked.mask!.subarray(from * 2, to * 2).reduce((sum, flag) => sum + flag, 0));
        const { outputs } = model.forward(sliceSteps(masked, 0, to));
        let sum = 0;
        for (let i = from * 2; i < to * 2; i++) {
          const logits = [...outputs.subarray(i * OUTPUTS, (i + 1) * OUTPUTS)];
          const nats = Math.log(logits.reduce((total, y) => total + Math.exp(y), 0)) - logits[masked.targets[i]!]!;
          sum += masked.mask![i]! * nats;
        }
        expect(lossSum).toBeCloseTo(sum, 10);
        expect(loss).toBeCloseTo(reduction === 'sum' ? sum : sum / Math.max(1, counted), 10);
        expect(penalty).toBe(0);
      }
    }
  });

  it('goes back into the batch before when it carries on: below step 0', async () => {
    const model = await create();
    const bptt = new Backpropagation(model.network, checked({ truncation: { k1: 2, k2: 3 } }));
    const windows = [sliceSteps(batch, 0, 4), sliceSteps(batch, 4, 7, true)].flatMap((part) => [...bptt.windows(part)]);
    const reached = windows.map(({ backTo }) => backTo);
    expect(reached).toEqual([0, 1, -1, 0]);
    expect(bptt.state()).toEqual(model.forward(batch).state);
    bptt.release();
    expect(bptt.state()).toBeUndefined();
  });

  it('has as many rows as the one that it goes on from', async () => {
    const model = await create();
    const bptt = new Backpropagation(model.network, checked({ truncation: { k1: 2, k2: 3 } }));
    const [two, one] = [batch, makeBatch('features', { T: 7, B: 1, seed: 5 })];
    expect(() => [...bptt.windows(two, undefined, 1)]).toThrow(
      'batch.rows: expected a saved window, as when the batch was left, got 2',
    );
    const all = [...bptt.windows(two)];
    const carried = () => [...bptt.windows({ ...one, carry: true })];
    expect(carried).toThrow('batch.rows: expected 2, as the batch that it carries on, got 1');
    expect(codeOf(carried)).toBe('invalid-shape');
    const within = () => [...bptt.windows(one, undefined, 1)];
    expect(within).toThrow('batch.rows: expected 2, as when the batch was left, got 1');
    expect(codeOf(within)).toBe('invalid-shape');
    // Other rows that start anew are no matter.
    expect([...bptt.windows(one)]).toHaveLength(4);
    expect([...bptt.windows(two)]).toEqual(all);
  });

  it('of a shorter batch after a longer one knows nothing of the longer one', async () => {
    const model = await create();
    const fresh = await create();
    const long = makeBatch('features', { T: 12, B: 2, seed: 6, resets: true });
    const bptt = new Backpropagation(model.network, checked({}));
    for (const flags of [undefined, [0, 0, 0, 1, 1, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0]]) {
      const short = {
        ...makeBatch('features', { T: 4, B: 2, seed: 7 }),
        ...(flags && { mask: Uint8Array.from(flags) }),
      };
      for (const ends of [undefined, [4, 2]]) {
        const batch = { ...short, ...(ends && { lengths: ends }) };
        for (const _ of bptt.windows({ ...long, lengths: [12, 9] }));
        const after = [...bptt.windows(batch)];
        const gradients = model.gradients();
        expect(after).toEqual([...backpropagate(fresh, batch, { loss: 'cross-entropy' })]);
        expect(gradients).toEqual(fresh.gradients());
        expect(bptt.state()).toEqual(fresh.forward(batch).state);
      }
    }
  });

  it('goes on in the middle of a batch where it was saved', async () => {
    const model = await create();
    const objective = checked({ truncation: { k1: 2, k2: 3 } });
    const expected = [...new Backpropagation(model.network, objective).windows(batch)];
    const bptt = new Backpropagation(model.network, objective);
    const windows = bptt.windows(batch);
    expect([windows.next().value, windows.next().value]).toEqual(expected.slice(0, 2));
    const out = new StateWriter();
    bptt.save(out);
    const resumed = new Backpropagation(model.network, objective);
    resumed.load(new StateReader(out.values, new Map(out.tensors.map((tensor) => [tensor.name, tensor])), 'saved'));
    // What was loaded and not used yet is saved again as it was.
    const again = new StateWriter();
    resumed.save(again);
    expect([again.values, again.tensors]).toEqual([out.values, out.tensors]);
    expect([...resumed.windows(batch, undefined, 2)]).toEqual(expected.slice(2));
  });

  it('of a loss that is not finite names the layer and the step, and leaves no gradient to use', async () => {
    const model = await create();
    const windows = backpropagate(model, batch, { loss: 'cross-entropy', truncation: { k1: 2, k2: 2 } });
    windows.next();
    model.setParameter('rnn.bias_ih_l0', new Float64Array(5).fill(1));
    model.setParameter('dense.weight', new Float64Array(20).fill(1e308));
    model.setParameter('dense.bias', new Float64Array(4).fill(1.7e308));
    expect(() => windows.next()).toThrow(
      /^training step 2, layer 1 \(dense\): expected a finite loss, got (NaN|Infinity)/,
    );
  });
});

describe('memory', () => {
  it('is given back, also when the caller stops early or a state is refused', async () => {
    const model = await create();
    model.gradients(); // their block stays
    const before = nextBlock(model);
    for (const objective of [{ truncation: { k1: 2, k2: 3 } }, {}]) {
      for (const _ of backpropagate(model, batch, { loss: 'cross-entropy', ...objective })) break;
      expect(nextBlock(model)).toBe(before);
      const refused = () => [
        ...backpropagate(model, batch, { loss: 'cross-entropy', ...objective }, model.zeroState(3)),
      ];
      expect(refused).toThrow('state: expected');
      expect(nextBlock(model)).toBe(before);
    }
  });
});
