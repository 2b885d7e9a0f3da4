// Generation, ours and in plain JavaScript: the same LSTM, one character after the other, each drawn from its softmax; ours also
// from the nucleus, which the others are spared.

import { createModel, dense, generate, lstm, type Model, type SamplingOptions, tokens } from '../../src/index.ts';
import { softmax } from '../../test/truth/reference/activations.ts';
import { createNetwork, forward, setParameters } from '../../test/truth/reference/network.ts';
import type { Contender } from '../measure.ts';
import { generation } from './workloads.ts';

/** Characters of one sample: one is too short for the clock. */
const CHARACTERS = 100;

export async function generationPair(
  sampling: SamplingOptions,
  relaxed: boolean,
): Promise<{ ours: Contender; js: Contender }> {
  const { size, units } = generation;
  const model = await createModel([tokens(size), lstm({ units }), dense({ units: size })], { seed: 1, relaxed });
  const characters = generate(model, { prompt: [1], temperature: 0.9, ...sampling });
  const ours = () => {
    let sum = 0;
    for (let i = 0; i < CHARACTERS; i++) sum += characters.next().value!;
    return sum;
  };
  return {
    ours: { name: 'Wasm', step: ours, repeat: CHARACTERS },
    js: { name: 'pure JS', step: plain(model), repeat: CHARACTERS },
  };
}

/** The reference, with the same parameters: one step, whose last state goes back to the first slot. */
function plain(model: Model): () => number {
  const { size, units } = generation;
  const input = { kind: 'tokens', size } as const;
  const layers = [{ cell: 'lstm' as const, units }];
  const network = createNetwork({ input, layers, outputs: size, loss: 'cross-entropy' }, 'f32', 1, 1);
  setParameters(network, model.parameters());
  const { h, c } = network.layers[0];
  const inputs = Int32Array.of(1);
  const stream = { inputs, targets: inputs, mask: null, resets: null };
  const { outputs } = network;
  let seed = 1;
  return () => {
    let sum = 0;
    for (let i = 0; i < CHARACTERS; i++) {
      forward(network, stream, 0, 1);
      h.copyWithin(0, units);
      c.copyWithin(0, units);
      for (let j = 0; j < size; j++) outputs[j] /= 0.9;
      softmax(outputs, outputs, 1, size);
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      let rest = seed / 2 ** 32;
      let character = 0;
      while (character < size - 1) {
        rest -= outputs[character];
        if (rest < 0) break;
        character++;
      }
      inputs[0] = character;
      sum += character;
    }
    return sum;
  };
}
