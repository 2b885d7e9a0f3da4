// Keras files: what the model gave in Keras, the imported model gives too.
import { unzlibSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import type { Reals } from '../src/index.ts';
import { importKeras, type KerasOutput } from '../src/keras/index.ts';
import fixture from './fixtures/keras.json' with { type: 'json' };

const bytesOf = (base64: string) => unzlibSync(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));

/** What Keras makes of the outputs of a model, row by row of O numbers. */
function activate(outputs: Reals, O: number, kind: KerasOutput): number[] {
  if (kind === 'logits') return [...outputs];
  if (kind === 'sigmoid') return [...outputs].map((value) => 1 / (1 + Math.exp(-value)));
  return Array.from({ length: outputs.length / O }, (_, row) => {
    const powers = [...outputs.subarray(row * O, (row + 1) * O)].map(Math.exp);
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
  }).flat();
}

describe.each(fixture.cases)('$name', ({ steps, rows, reads, inputs, outputs, files }) => {
  const input = { steps, rows, inputs: reads === 'tokens' ? Int32Array.from(inputs) : Float32Array.from(inputs) };
  const wholes = Object.entries(files).filter(([kind]) => !kind.includes('weights'));

  it.each(wholes)('%s gives what Keras gives, to 1e-5', async (_, file) => {
    const { model, output } = await importKeras(bytesOf(file));
    const last = model.description.at(-1) as { units: number };
    const given = activate(model.forward(input).outputs, last.units, output);
    expect(given).toHaveLength(outputs.length);
    for (const [i, value] of outputs.entries()) expect(Math.abs(given[i]! - value)).toBeLessThan(1e-5);
  });
});

describe('what cannot be represented', () => {
  it.each<readonly [keyof typeof fixture.foreign, RegExp]>([
    ['convolution', /layer 'conv1d_1': Conv1D is not supported; supported: InputLayer, Embedding, SimpleRNN, /],
    ['masking', /layer 'masking': Masking is not supported/],
    ['mask-zero', /layer 'masked' \(Embedding\): expected mask_zero false, got true/],
    ['relu-within', /layer 'hidden' \(Dense\): expected activation linear, softmax, sigmoid, got "relu"/],
    ['elu', /layer 'rnn' \(SimpleRNN\): expected activation tanh, relu, linear, softsign, got "elu"/],
    ['backwards', /layer 'rnn' \(LSTM\): expected go_backwards false, got true/],
    ['average', /layer 'both' \(Bidirectional\): expected merge_mode concat or sum, got "ave"/],
    ['unlike', /layer 'both' \(Bidirectional\): expected two directions that are alike/],
    ['skip', /expected layers that each read the one before, got 'skip' \(Add\), which reads input_layer\w*, lstm/],
    ['two-inputs', /expected a model with one input and one output, got inputs input_layer\w*, input_layer/],
    ['flat', /\(InputLayer\): expected inputs \[batch, steps, 3\], got \[null,3\]/],
    ['nested', /Sequential is not supported/],
    ['softmax-within', /layer 'early' \(Dense\): expected softmax at the end only, got 'late' \(LSTM\) behind it/],
    ['hard-sigmoid', /\(LSTM\): expected the hard_sigmoid of Keras 3, .* got that of Keras 2\.6\.0/],
  ])('%s', async (name, message) => {
    const attempt = importKeras(bytesOf(fixture.foreign[name]), {}, 'net.keras');
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toMatchObject({ name: 'BpttError', code: 'bad-file' });
    await expect(attempt).rejects.toThrow(/^net\.keras/);
  });
});
