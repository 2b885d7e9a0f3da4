// The guides, in the order in which they are read, and in which the tests run them.

/** @type {readonly { readonly text: string, readonly pages: readonly (readonly [name: string, title: string])[] }[]} */
export const guides = [
  {
    text: 'First steps',
    pages: [
      ['train-on-text', 'Train on a text, and resume'],
      ['generate', 'Load it, and let it write'],
      ['sequences', 'Sequences, early stopping'],
      ['truncation', 'Truncated BPTT(k1, k2)'],
      ['command-line', 'Command line'],
      ['browser', 'In the browser'],
    ],
  },
  {
    text: 'Tasks',
    pages: [
      ['networks', 'Networks beyond a stack'],
      ['forecast', 'Forecast a series'],
      ['speech', 'Hear what is said'],
      ['translate', 'Translate, or rewrite'],
      ['sweeps', 'Find the best of many trainings'],
      ['gradients', 'See how gradients flow'],
      ['own-layers', 'Layers and losses of your own'],
    ],
  },
  {
    text: 'Speed and size',
    pages: [
      ['workers', 'In a worker, or in several'],
      ['threads', 'On every core'],
      ['large-texts', 'Texts larger than memory'],
      ['same-bits', 'The same bits everywhere'],
    ],
  },
  {
    text: 'From and to others',
    pages: [
      ['coming-from', 'Coming from Keras, PyTorch, brain.js, TensorFlow.js'],
      ['pytorch', 'PyTorch and back'],
      ['onnx-and-keras', 'ONNX and Keras'],
    ],
  },
  {
    text: 'All of it',
    pages: [
      ['features', 'What it does'],
      ['examples', 'Examples'],
      ['figures', 'Figures'],
    ],
  },
];

/** The files of the guides, from docs/, in their order. */
export const guideFiles = guides.flatMap(({ pages }) => pages.map(([name]) => `guides/${name}.md`));
