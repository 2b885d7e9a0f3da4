// @ts-check
// Tag each word of a sentence: who acts, what is done, to whom; both sides of a word are read. `node examples/recipes/tagging.js`
import { adam, bidirectional, createModel, dense, embedding, fit, gru, tokens } from 'bptt';
import { accuracy, predict } from 'bptt/metrics';

const tags = ['other', 'actor', 'action', 'object'];
const nouns = ['dog', 'cat', 'whale', 'child', 'sailor', 'king'];
const verbs = ['sees', 'hears', 'follows', 'finds'];
// The same nouns act and are acted upon: only their place tells, and "was ... by" turns it round.
const sentences = nouns.flatMap((a) =>
  nouns.flatMap((b) =>
    verbs.flatMap((verb) => [
      { words: ['the', a, verb, 'the', b], tags: [0, 1, 2, 0, 3] },
      { words: ['the', a, 'is', 'what', 'the', b, verb], tags: [0, 3, 0, 0, 0, 1, 2] },
    ]),
  ),
);
const known = [...new Set(sentences.flatMap(({ words }) => words))];
const encode = (/** @type {readonly string[]} */ words) => Int32Array.from(words, (word) => known.indexOf(word));
const examples = sentences.map(({ words, tags }) => ({ inputs: encode(words), targets: Int32Array.from(tags) }));

const model = await createModel([
  tokens(known.length),
  embedding({ units: 12 }),
  bidirectional(gru({ units: 12 })),
  dense({ units: tags.length }),
]);
const { history } = await fit(model, {
  data: examples.filter((_, i) => i % 7 > 0),
  validation: examples.filter((_, i) => i % 7 === 0),
  loss: 'cross-entropy',
  metrics: [accuracy()],
  optimizer: adam({ learningRate: 0.02 }),
  epochs: 8,
});
const last = history.findLast((event) => event.type === 'validation');
console.log(`accuracy on held-out words: ${last?.metrics?.accuracy}`);
const sentence = ['the', 'whale', 'is', 'what', 'the', 'sailor', 'follows'];
const [found] = predict(model, [encode(sentence)], { as: 'classes' });
console.log(sentence.map((word, i) => `${word}/${tags[Number(found?.[i])]}`).join(' '));
