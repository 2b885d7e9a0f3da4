// @ts-check
// Classify texts by their words: spam or not. `node examples/recipes/spam.js`
import { adam, createModel, dense, embedding, fit, gru, tokens } from 'bptt';
import { accuracy, predict } from 'bptt/metrics';
import { words } from 'bptt/tokenizers';

// Templates make a few hundred short messages; put your own list here.
const fill = (/** @type {string} */ text, /** @type {number} */ i) =>
  text
    .replace('#', ['Anna', 'Boris', 'Chen', 'Dora', 'Emil'][i % 5] ?? '')
    .replace('@', ['today', 'tomorrow', 'tonight'][i % 3] ?? '');
const spam = [
  'win a free prize @',
  'hello #, claim your free money',
  'cheap offer ends @, buy now',
  'free, free, free: win now #',
];
const ham = [
  'see you @ #',
  'hello #, is the meeting @',
  'I will buy bread @',
  'the money is on the table, #',
  'free for lunch @',
];
const messages = [spam, ham].flatMap((texts, isHam) =>
  Array.from({ length: 150 }, (_, i) => ({ text: fill(texts[i % texts.length] ?? '', i), spam: 1 - isHam })),
);
const [learned, held] = [messages.filter((_, i) => i % 5 > 0), messages.filter((_, i) => i % 5 === 0)];

const vocabulary = words(learned.map(({ text }) => text).join('\n'), { lowercase: true, unknown: '<unk>' });
const model = await createModel([
  tokens(vocabulary.size),
  embedding({ units: 16 }),
  gru({ units: 16, returns: 'last' }),
  dense({ units: 2 }),
]);
const sequences = (/** @type {typeof messages} */ list) =>
  list.map(({ text, spam }) => ({ inputs: vocabulary.encode(text), targets: Int32Array.of(spam) }));
const { history } = await fit(model, {
  data: sequences(learned),
  validation: sequences(held),
  loss: 'cross-entropy',
  metrics: [accuracy()],
  optimizer: adam({ learningRate: 0.01 }),
  epochs: 8,
});
const last = history.findLast((event) => event.type === 'validation');
console.log(`accuracy on held-out messages: ${last?.metrics?.accuracy}`);
const texts = ['claim a free prize now', 'the meeting is tonight, Olga'];
const classes = predict(
  model,
  texts.map((text) => vocabulary.encode(text)),
  { as: 'classes' },
);
for (const [i, text] of texts.entries()) console.log(`${classes[i]?.[0] === 1 ? 'spam' : 'no spam'}: ${text}`);
