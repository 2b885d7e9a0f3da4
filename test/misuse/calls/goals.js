// @ts-check
/** Valid calls of losses, metrics, and what reads sequences of labels. */

import * as speech from '../../../build/speech.js';
import { ids, reals, speaker } from './models.js';

const classes = { classWeights: [1, 2], ignore: -1 };
const own = { output: 'next' };
const logits = () => ({ steps: 4, rows: 2, logits: reals(24), lengths: Int32Array.of(4, 3) });
const labels = () => [Int32Array.of(1, 2), [2]];

/** @type {Readonly<Record<string, readonly import('../table.js').Row[]>>} */
export const goals = {
  'losses.crossEntropy': [() => ({ args: [{ ...classes, smoothing: 0.1 }] })],
  'losses.focal': [() => ({ args: [{ ...classes, gamma: 1.5 }] })],
  'losses.huber': [() => ({ args: [{ delta: 0.5 }] })],
  'losses.quantile': [() => ({ args: [{ quantiles: [0.1, 0.5] }] })],
  'metrics.accuracy': [() => ({ args: [{ ...own, top: 2 }] })],
  'metrics.f1': [() => ({ args: [{ ...own, of: 1 }] })],
  'metrics.precision': [() => ({ args: [{ ...own, of: 1 }] })],
  'metrics.recall': [() => ({ args: [{ ...own, of: 1 }] })],
  'metrics.meanAbsoluteError': [() => ({ args: [own] })],
  'metrics.rSquared': [() => ({ args: [own] })],
  'metrics.predict': [
    async () => ({ args: [await speaker(), [ids(), { inputs: ids(1) }], { as: 'probabilities', batch: 2 }] }),
  ],
  'speech.ctc': [() => ({ args: [{ blank: 1, infeasible: 'skip' }] })],
  'speech.align': [() => ({ args: [logits(), labels(), { blank: 0 }] })],
  'speech.decode': [
    () => ({
      args: [
        logits(),
        { blank: 0, beams: 3, results: 2, tokenMin: -9, pruneBelow: 9, score: [speech.wordScore([[1, 2]])] },
      ],
    }),
    () => ({ args: [logits(), { beams: 2, score: () => 0 }] }),
  ],
  'speech.errorRate': [() => ({ args: [[[Int32Array.of(1, 2), [1]]]] })],
  'speech.greedyStream': [() => ({ args: [3, { blank: 0 }] })],
  'speech.GreedyStream.push': [() => ({ on: speech.greedyStream(3), args: [reals(6)] })],
  // What users write, and `decode` calls.
  'speech.PrefixScore.next': [],
  'speech.PrefixScore.total': [],
  'speech.modelScore': [
    async () => ({ args: [await speaker(), { prompt: [0], tokens: [1, 2], weight: 0.5, bonus: 1 }] }),
  ],
  'speech.wordScore': [() => ({ args: [labels(), { separator: 0, known: 1, unknown: -1 }] })],
};
