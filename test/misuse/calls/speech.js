// @ts-check
/** Valid calls of `bptt/speech`. */
import * as speech from '../../../build/speech.js';

const samples = () => Float32Array.from({ length: 400 }, (_, i) => ((i * 7) % 23) / 46 - 0.25);
const sound = () => ({ sampleRate: 2000, channels: [samples(), samples()] });
const after = { deltas: 1, normalize: 'running', normalizeFrames: 5, stack: 2 };
const kaldi = /** @type {import('../../../build/types/speech/index.js').KaldiOptions} */ ({
  convention: 'kaldi',
  sampleRate: 2000,
  output: 'mfcc',
  frameLength: 25,
  frameShift: 10,
  snipEdges: true,
  scale: 1,
  preemphasis: 0.97,
  window: 'povey',
  mels: 6,
  lowFrequency: 0,
  highFrequency: 1000,
  energy: true,
  coefficients: 5,
  lifter: 22,
  floor: 1e-6,
  warp: 1.1,
  ...after,
});
const librosa = {
  convention: 'librosa',
  sampleRate: 2000,
  output: 'mfcc',
  fftSize: 64,
  hop: 16,
  windowLength: 60,
  window: 'hann',
  center: true,
  mels: 6,
  lowFrequency: 0,
  highFrequency: 1000,
  scale: 'htk',
  norm: 'none',
  topDb: 60,
  coefficients: 5,
  lifter: 22,
  warp: 1.1,
  ...after,
};
const variations = {
  speed: [0.9, 1.1],
  warp: 1.1,
  gain: [-3, 3],
  echo: { decay: 0.1, ratio: 6 },
  noise: { ratio: [5, 20], recording: samples() },
  masks: { steps: 1, longest: 3, features: 1, widest: 2, value: 0 },
};
const named = () => ({ front: kaldi, labels: ['a', 'b'], between: /** @type {const} */ ('') });

/** @type {Readonly<Record<string, readonly import('../table.js').Row[]>>} */
export const ofSpeech = {
  'speech.frontEnd': [() => ({ args: [kaldi] }), () => ({ args: [librosa] })],
  // Both ask for a microphone, which only pages have.
  'speech.openMicrophone': [],
  'speech.hear': [],
  // Of a MessagePort, which pages and workers have.
  'speech.SoundPort.addEventListener': [],
  'speech.SoundPort.postMessage': [],
  'speech.SoundPort.removeEventListener': [],
  'speech.mono': [() => ({ args: [sound()] })],
  'speech.readSpeechMetadata': [() => ({ args: [speech.speechMetadata(speech.recognizer(named()))] })],
  'speech.readWav': [() => ({ args: [speech.writeWav(sound()), 'a.wav'] })],
  'speech.recognizer': [() => ({ args: [named()] })],
  'speech.resample': [() => ({ args: [samples(), 2000, 1500] })],
  'speech.resampler': [() => ({ args: [2000, 1500] })],
  'speech.speechMetadata': [() => ({ args: [speech.recognizer(named())] })],
  'speech.varied': [() => ({ args: [speech.frontEnd(kaldi), variations] })],
  'speech.writeWav': [() => ({ args: [sound(), { bits: 24 }] })],
  'metrics.labelErrorRate': [() => ({ args: [{ output: 'a', name: 'b' }] })],
  'metrics.wordErrorRate': [() => ({ args: [{ output: 'a', name: 'b', separator: 2 }] })],
};
