// Speech, handwriting and other sequences of labels: `import { ctc, decode, frontEnd } from 'bptt/speech'`.
export { type CtcDescription, type CtcOptions, ctc } from '../loss/kinds/ctc.ts';
export { type Edit, type ErrorCounts, type ErrorRate, errorRate, type PairErrors } from '../metrics/error-rate.ts';
export {
  type FeatureStream,
  type FrontEnd,
  type FrontEndOptions,
  frontEnd,
  type KaldiOptions,
  type LibrosaOptions,
} from './audio/front-end.ts';
export { type Resampler, resample, resampler } from './audio/resample.ts';
export { mono, type Sound } from './audio/sound.ts';
export { type Vary, type VaryOptions, varied } from './audio/vary.ts';
export { readWav, type WriteWavOptions, writeWav } from './audio/wav.ts';
export { type AlignOptions, align, type DecodeOptions, decode, type Transcript } from './decode.ts';
export { type GreedyStream, type GreedyStreamOptions, greedyStream, type HeardLabel } from './greedy.ts';
export type { Alignment, Span } from './lattice.ts';
export type { Logits } from './logits.ts';
export { hear, type Piece, type SoundPort } from './microphone/hear.ts';
export {
  type Microphone,
  type MicrophoneOptions,
  openMicrophone,
  type PagePort,
  type SoundSource,
} from './microphone/microphone.ts';
export { type ModelScoreOptions, modelScore } from './model-score.ts';
export type { PrefixScore, Score } from './prefix-score.ts';
export {
  type Heard,
  type Recognizer,
  type RecognizerOptions,
  readSpeechMetadata,
  recognizer,
  speechMetadata,
  type TimedLabel,
} from './recognizer.ts';
export { type WordScoreOptions, wordScore } from './word-score.ts';
