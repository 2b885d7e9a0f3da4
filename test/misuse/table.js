// @ts-check
/** A valid call of each public function: a row makes its arguments anew, and what it is called on. */

import { ofQueues } from './calls/bullmq.js';
import { core } from './calls/core.js';
import { descriptions } from './calls/descriptions.js';
import { goals } from './calls/goals.js';
import { hosts } from './calls/node.js';
import { rooms } from './calls/rooms.js';
import { soundsAndPairs } from './calls/sounds-and-pairs.js';
import { ofSpeech } from './calls/speech.js';
import { ofSweeps } from './calls/sweep.js';
import { pictures } from './calls/vision.js';

/**
 * @typedef {object} Call
 * @property {unknown[]} args
 * @property {object} [on] of a method: whose
 * @property {boolean} [slow] it starts a thread: a part of the values is enough
 *
 * @typedef {() => Call | Promise<Call>} Row
 */

/** By the function's name; several rows are several ways to call it. */
export const table = {
  ...core,
  ...descriptions,
  ...goals,
  ...rooms,
  ...ofSpeech,
  ...ofQueues,
  ...ofSweeps,
  ...soundsAndPairs,
  ...pictures,
  ...hosts,
};

/** By which words beside the names of its arguments a function's messages may call them. */
export const words = /** @type {Readonly<Record<string, readonly string[]>>} */ ({
  'bptt.createModel': ['model'],
  'bptt.Model.setParameter': ['dense.bias'],
  'bptt.evaluate': ['batch'],
  'bptt.fit': ['batch'],
  'bptt.train': ['batch'],
  'bptt.learningRateRange': ['batch'],
  'worker.trainInWorker': ['batch'],
  'pytorch.loadStateDict': ['state dict'],
  'diagnostics.gradientByLag': ['batch'],
  'diagnostics.saturation': ['input'],
  'diagnostics.truncationError': ['batch'],
  'onnx.importOnnx': ['net.onnx'],
  'plots.plotConnectivity': ['labels'],
  'bptt.glorotNormal': ['glorot-normal'],
  'bptt.glorotUniform': ['glorot-uniform'],
  'bptt.heNormal': ['he-normal'],
  'bptt.heUniform': ['he-uniform'],
  'losses.crossEntropy': ['cross-entropy'],
  'metrics.confusionMatrix': ['batch'],
  'metrics.labelErrorRate': ['ler'],
  'metrics.meanAbsoluteError': ['mae'],
  'metrics.rSquared': ['r2'],
  'metrics.wordErrorRate': ['wer'],
  'series.detectCsv': ['CSV'],
  'series.readCsv': ['CSV'],
  'vision.readImage': ['byte'],
  'series.readHistories': ['CSV'],
  'series.slice': ['series'],
  'series.splitByTime': ['series'],
  'speech.readWav': ['a.wav'],
  'vocabulary.loadVectors': ['vectors'],
});
