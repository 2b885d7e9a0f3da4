// @ts-check
// Dates in twenty written forms, English and Russian, to ISO 8601: an encoder reads the letters, a decoder writes the digits, and attention says
// which letters each digit comes from. Every twentieth day from 1900 to 2100 is held out, in all forms.
//
//   node examples/dates.js [--updates 1250] [--units 64] [--test 2000] [--seed 1] [--json]
import { parseArgs } from 'node:util';
import {
  adam,
  attention,
  bidirectional,
  characters,
  createModel,
  dense,
  embedding,
  gru,
  linear,
  tokens,
  train,
  warmup,
} from 'bptt';
import { datePairs, pairs, translate } from 'bptt/translation';

const { values } = parseArgs({
  options: {
    updates: { type: 'string', default: '1250' },
    units: { type: 'string', default: '64' },
    test: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const [updates, units, tested, seed] = [values.updates, values.units, values.test, values.seed].map(Number);
const begin = performance.now();

const isHeld = (/** @type {readonly string[]} */ [, iso]) => (Date.parse(`${iso}T00:00Z`) / 86_400_000) % 20 === 0;
const all = datePairs({ count: 40_000 + 25 * tested, seed });
const learned = all.filter((pair) => !isHeld(pair)).slice(0, 40_000);
const held = all.filter(isHeld).slice(0, tested);
const letters = characters(all.map(([text]) => text).join(''));
const digits = characters('-0123456789');

const data = pairs(learned, { source: letters, target: digits, batch: 64, shuffle: seed });
const model = await createModel(
  [
    tokens(data.sourceSize, { name: 'source' }),
    embedding({ units: 32 }),
    bidirectional(gru({ units: units / 2 }), { name: 'encoder' }),
    tokens(data.targetSize, { name: 'target' }),
    embedding({ units: 16 }),
    gru({ units, name: 'decoder', start: 'encoder' }),
    attention({ from: ['decoder', 'encoder'] }),
    dense({ units, activation: 'tanh' }),
    dense({ units: data.targetSize }),
  ],
  { seed },
);
const rise = Math.ceil(updates / 20);
const falling = linear({ from: 8e-3, to: 0, steps: updates - rise });
const options = { clip: { norm: 5 }, optimizer: adam({ learningRate: warmup({ steps: rise, schedule: falling }) }) };
for await (const event of train(model, { data, loss: 'cross-entropy', steps: updates, seed, ...options })) {
  if (event.type !== 'step' || event.step % 125 > 0 || values.json) continue;
  console.log(`update ${event.step}: ${event.loss.toFixed(4)} nats a character`);
}

const sources = held.map(([text]) => letters.encode(text));
const found = await translate(model, sources, { length: 12, batch: 256, attention: true });
const written = found.map(([best]) => digits.decode(best?.tokens ?? []));
const right = held.filter(([, iso], i) => written[i] === iso).length;
const seconds = (performance.now() - begin) / 1000;

/** Under each character that was written the letter that was looked at most. */
function looked(/** @type {number} */ index) {
  const text = held[index]?.[0] ?? '';
  const weights = found[index]?.[0]?.attention ?? [];
  return weights.slice(0, -1).map((row) => text[row.indexOf(Math.max(...row))]);
}

if (values.json) console.log(JSON.stringify({ updates, tested: held.length, right, parameters: model.parameterCount }));
else {
  for (const [i, [text]] of held.slice(0, 5).entries())
    console.log(`${text} → ${written[i]}  looked at ${looked(i).join('')}`);
  const share = ((100 * right) / held.length).toFixed(2);
  console.log(`${share} % of ${held.length} dates of days that were held out are exact; ${seconds.toFixed(0)} s`);
}
