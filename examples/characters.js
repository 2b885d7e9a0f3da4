// @ts-check
// Ten minutes with a text: a GRU learns to predict the next character of the first nine tenths of a file and then says, once,
// how well it predicts the last tenth (in nats per character), and writes some text of its own. The last tenth stops nothing
// and keeps nothing: how many updates are made is fixed before, and the learning rate goes down to 0 over them.
//
//   node examples/characters.js FILE [--units 256] [--dropout 0.1] [--updates 10000] [--seed 1]
//
// The whole of Moby-Dick: node scripts/embed-text.js --whole moby-dick.txt
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  adam,
  characters,
  createModel,
  dense,
  dropout,
  evaluate,
  generate,
  gru,
  linear,
  split,
  textStream,
  tokens,
  train,
  uniform,
} from 'bptt';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    units: { type: 'string', default: '256' },
    dropout: { type: 'string', default: '0.1' },
    updates: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
  },
});
if (positionals.length !== 1) {
  console.error('usage: node examples/characters.js FILE [--units 256] [--dropout 0.1] [--updates 10000] [--seed 1]');
  process.exit(1);
}
const [units, rate, updates, seed] = [values.units, values.dropout, values.updates, values.seed].map(Number);
const [ROWS, WINDOW] = [16, 32];

const text = readFileSync(/** @type {string} */ (positionals[0]), 'utf8');
const vocabulary = characters(text);
const { training, validation } = split(vocabulary.encode(text), 0.1);
const model = await createModel(
  [
    tokens(vocabulary.size),
    // One row of V is all that a character adds: wider than Glorot's uniform, it is heard from the first update on.
    gru({ units, inputInitializer: uniform({ low: -0.3, high: 0.3 }) }),
    dropout({ rate }),
    dense({ units: vocabulary.size }),
  ],
  { seed },
);
const passes = (updates * ROWS * WINDOW) / training.length;
console.log(`${text.length} characters, ${model.parameterCount} parameters, ${passes.toFixed(1)} passes`);

const loss = 'cross-entropy';
const begin = performance.now();
const seconds = () => ((performance.now() - begin) / 1000).toFixed(0);
const every = Math.ceil(updates / 20);
let sum = 0;
const events = train(model, {
  data: textStream(training, { batch: ROWS }),
  loss,
  truncation: { k1: WINDOW, k2: WINDOW },
  optimizer: adam({ learningRate: linear({ from: 6e-3, to: 0, steps: updates }) }),
  clip: { norm: 0.5 },
  steps: updates,
  seed,
});
for await (const event of events) {
  if (event.type !== 'step') continue;
  sum += event.loss;
  if (event.step % every !== 0) continue;
  const speed = event.tokensPerSecond.toFixed(0);
  console.log(`${event.step} updates, ${seconds()} s: ${(sum / every).toFixed(4)} nats, ${speed} characters/s`);
  sum = 0;
}
const trained = seconds();
const nats = evaluate(model, textStream(validation, { batch: 1 }), { loss }).loss;
const sample = generate(model, { prompt: validation.slice(0, 100), length: 300, temperature: 0.7, seed });
console.log(`\n${vocabulary.decode([...sample])}\n`);
console.log(`last tenth: ${nats.toFixed(4)} nats per character, after ${trained} s of training`);
