// @ts-check
// Go on from a model with a little text of another kind: first the head alone, then all with a small rate. `node examples/recipes/fine-tuning.js`
// On the command line: `bptt train new.txt --from model.safetensors --freeze 'rnn.*'`.
import { adam, characters, createModel, dense, evaluate, fit, gru, textStream, tokens } from 'bptt';

const much = 'The ship sails to the sea, and the sea is wide; the wind is cold and the sail is white. '.repeat(60);
const little = 'the wheel turns on the road, and the road is long; '.repeat(6);
const vocabulary = characters(much + little); // or a model from a file, with the vocabulary in its metadata
const model = await createModel([tokens(vocabulary.size), gru({ units: 48 }), dense({ units: vocabulary.size })]);
const learn = (/** @type {import('bptt').Model} */ from, /** @type {string} */ text, /** @type {object} */ more) =>
  fit(from, {
    data: textStream(vocabulary.encode(text), { batch: 4 }),
    loss: 'cross-entropy',
    truncation: { k1: 20, k2: 20 },
    optimizer: adam({ learningRate: 0.01 }),
    ...more,
  });
const lossOf = (/** @type {import('bptt').Model} */ of) =>
  evaluate(of, textStream(vocabulary.encode('the road is long, and the wheel turns; '), { batch: 1 }), {
    loss: 'cross-entropy',
  }).loss;

await learn(model, much, { epochs: 6 });
console.log(`before: ${lossOf(model).toFixed(3)} nats a character of the new text`);
const names = model.parameters().map(({ name }) => name);
await learn(model, little, {
  epochs: 10,
  groups: [{ match: names.filter((name) => name.startsWith('rnn.')), frozen: true }],
});
console.log(`the head alone: ${lossOf(model).toFixed(3)}`);
await learn(model, little, { epochs: 10, optimizer: adam({ learningRate: 0.002 }) });
console.log(`all of it: ${lossOf(model).toFixed(3)}`);
