// Attention against PyTorch in float64: outputs, loss with label smoothing, and all gradients, with tied weights and lengths on both sides.
import { describe, expect, it } from 'vitest';
import {
  attention,
  backpropagate,
  createModel,
  dense,
  embedding,
  gru,
  lstm,
  type ModelDescription,
  tokens,
} from '../../src/index.ts';
import { crossEntropy } from '../../src/loss/index.ts';
import cases from './fixtures/attention.json' with { type: 'json' };

type Case = (typeof cases)[number];

function description({ score, cell, heads, M, Q, A, source, classes, E }: Case): ModelDescription {
  const kind = score as 'dot' | 'scaled-dot' | 'general' | 'additive';
  const decoder = { units: Q, name: 'decoder' };
  return [
    tokens(source, { name: 'source' }),
    embedding({ units: E, name: 'letters' }),
    gru({ units: M, name: 'encoder' }),
    tokens(classes, { name: 'target' }),
    embedding({ units: E, name: 'words' }),
    cell === 'gru' ? gru(decoder) : lstm(decoder),
    attention({
      from: ['decoder', 'encoder'],
      name: 'look',
      score: kind,
      heads,
      ...(kind === 'additive' && { units: A }),
    }),
    dense({ units: E, activation: 'tanh', name: 'mix' }),
    dense({ units: classes, tied: 'words.weight', name: 'out' }),
  ];
}

/** Float64 in base64. */
const decode = (text: string) =>
  new Float64Array(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer);

const far = (a: ArrayLike<number>, b: Float64Array) => {
  expect(a.length).toBe(b.length);
  return Math.max(0, ...Array.from(b, (value, i) => Math.abs(a[i]! - value)));
};

describe.each(cases.map((one, seed) => [`${seed}: ${one.score}, ${one.heads} heads, ${one.cell}`, one] as const))(
  '%s',
  (_, one) => {
    it('has the outputs, the loss and the gradients, to 1e-12', async () => {
      const model = await createModel(description(one), { dtype: 'f64' });
      const parameters: Readonly<Record<string, string>> = one.parameters;
      expect(
        model
          .parameters()
          .map(({ name }) => name)
          .sort(),
      ).toEqual(Object.keys(parameters).sort());
      for (const [name, values] of Object.entries(parameters)) model.setParameter(name, decode(values));
      const { rows, S, T, lengths, classes } = one;
      const input = {
        rows,
        steps: { source: S, target: T },
        inputs: { source: Int32Array.from(one.read), target: Int32Array.from(one.target) },
        lengths,
      };
      const { outputs } = model.forward(input);
      for (const [row, text] of one.outputs.entries()) {
        const expected = decode(text);
        const got = Array.from(
          expected,
          (_, i) => outputs[(Math.floor(i / classes) * rows + row) * classes + (i % classes)]!,
        );
        expect(far(got, expected)).toBeLessThan(1e-12);
      }
      const objective = { loss: crossEntropy({ smoothing: one.smoothing }) };
      const [window] = backpropagate(model, { ...input, targets: Int32Array.from(one.answer) }, objective);
      expect(Math.abs(window!.loss - one.loss)).toBeLessThan(1e-12);
      const gradients: Readonly<Record<string, string>> = one.gradients;
      for (const { name, data } of model.gradients())
        expect(far(data, decode(gradients[name]!)), name).toBeLessThan(1e-12);
    });
  },
);
