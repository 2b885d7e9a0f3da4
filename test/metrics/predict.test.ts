// predict: what forward gives for each sequence alone, in the order of the list.
import { describe, expect, it } from 'vitest';
import { createModel, dense, embedding, features, gru, type ModelDescription, tokens } from '../../src/index.ts';
import { predict } from '../../src/metrics/index.ts';

const O = 4;
const ofTokens: ModelDescription = [tokens(9), embedding({ units: 5 }), gru({ units: 6 }), dense({ units: O })];
const ofFeatures: ModelDescription = [features(3), gru({ units: 6, returns: 'last' }), dense({ units: O })];
const lengths = [5, 1, 9, 3, 3, 7];
const words = lengths.map((length, k) => Int32Array.from({ length }, (_, i) => (i * i + k) % 9));
const numbers = lengths.map((length, k) =>
  Float64Array.from({ length: 3 * length }, (_, i) => ((i * 7 + k) % 11) / 5 - 1),
);

describe.each([
  ['steps of tokens', ofTokens, words, 1],
  ['the last of features', ofFeatures, numbers, 3],
] as const)('of %s', (_, description, list, width) => {
  it.each([1, 2, 4, 32])('it gives what forward gives for each alone, %i at once', async (batch) => {
    const model = await createModel(description, { dtype: 'f64', seed: 3 });
    const given = predict(model, list, { batch });
    for (const [index, inputs] of list.entries()) {
      const { outputs } = model.forward({ steps: inputs.length / width, rows: 1, inputs });
      expect(given[index]).toEqual(outputs);
    }
    // What was learned from is taken as well.
    const labelled = list.map((inputs) => ({ inputs, targets: new Int32Array(1) }));
    expect(predict(model, labelled, { batch })).toEqual(given);
  });

  it('makes probabilities and classes of them', async () => {
    const model = await createModel(description, { dtype: 'f64', seed: 3 });
    const outputs = predict(model, list);
    const probabilities = predict(model, list, { as: 'probabilities' });
    const classes = predict(model, list, { as: 'classes' });
    for (const [index, values] of outputs.entries()) {
      for (let row = 0; row < values.length / O; row++) {
        const y = [...values.subarray(row * O, (row + 1) * O)];
        const e = y.map(Math.exp);
        const sum = e.reduce((a, b) => a + b, 0);
        for (const [c, one] of e.entries()) {
          expect(Math.abs(probabilities[index]![row * O + c]! - one / sum)).toBeLessThan(1e-15);
        }
        expect(classes[index]![row]).toBe(y.indexOf(Math.max(...y)));
      }
    }
  });
});

it('keeps probabilities that are small, of as many outputs as fill panels and of one more', async () => {
  for (const size of [8, 9]) {
    const model = await createModel([features(1), dense({ units: size })]);
    model.setParameter(
      'dense.bias',
      Array.from({ length: size }, (_, c) => -10 * c),
    );
    const [given] = predict(model, [new Float32Array(1)], { as: 'probabilities' });
    for (const [c, p] of given!.entries()) expect(Math.abs(p / Math.exp(-10 * c) - 1)).toBeLessThan(1e-4);
  }
});

it('refuses what does not fit, with its place', async () => {
  const model = await createModel(ofTokens);
  const refused = (list: unknown, options?: object) => expect(() => predict(model, list as never, options));
  refused([]).toThrow('predict(list): expected at least one sequence, got none');
  refused([words[0], new Int32Array()]).toThrow('predict(list)[1]: expected at least one step, got 0');
  refused([words[0], numbers[0]]).toThrow(
    /^predict\(list\)\[1\]: expected an Int32Array or array of tokens, got Float64Array/,
  );
  refused([Int32Array.of(1, 9)]).toThrow(/expected a token from 0 to 8, got 9/);
  refused(words, { as: 'class' }).toThrow(
    /^predict\.as: expected one of "numbers", "probabilities", "classes", got "class"/,
  );
  const wide = await createModel(ofFeatures);
  expect(() => predict(wide, [new Float32Array(4)])).toThrow(
    'predict(list)[0]: expected a multiple of F=3 numbers, at least one step, got 4',
  );
});
