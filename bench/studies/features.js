// @ts-check
// What features cost: milliseconds for one second of sound; of features they may be 2. The time is that of the processor.
//
//   npm run build && node bench/studies/features.js [--json]
import { parseArgs } from 'node:util';
import { frontEnd, resampler, varied } from 'bptt/speech';
import { median, takeTurns } from '../turns.js';
import { processorTime } from './trainings.js';

const [ALLOWED, ROUNDS, REPEATS] = [2, 21, 10];
const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });

/** A second of teeth of a saw. @param {number} rate */
const second = (rate) => Float32Array.from({ length: rate }, (_, i) => (i % 57) / 57 - 0.5);

const kaldi = frontEnd({ convention: 'kaldi', sampleRate: 16_000, mels: 40, normalize: 'running' });
const mfcc = frontEnd({ convention: 'kaldi', sampleRate: 16_000, output: 'mfcc', deltas: 2 });
const librosa = frontEnd({ convention: 'librosa', sampleRate: 16_000, fftSize: 512, hop: 160, mels: 40 });
const vary = varied(kaldi, {
  speed: [0.9, 1.1],
  warp: [0.9, 1.1],
  noise: { ratio: 20 },
  masks: { steps: 2, features: 2 },
});
const device = resampler(48_000, 16_000);

/** @type {Readonly<Record<string, (sound: Float32Array, round: number) => unknown>>} */
const forms = {
  'Kaldi, 40 filters': (sound) => kaldi.extract(sound),
  'Kaldi, 13 coefficients, Δ and ΔΔ': (sound) => mfcc.extract(sound),
  'librosa, 512 samples, 40 filters': (sound) => librosa.extract(sound),
  '48 to 16 kHz, as a microphone needs it': () => device.push(second48),
  'Kaldi, varied': (sound, round) => vary(sound, round),
};
const second16 = second(16_000);
const second48 = second(48_000);
const names = Object.keys(forms);
const times = await takeTurns(
  names.map((name) => () => {
    const start = processorTime();
    for (let i = 0; i < REPEATS; i++) forms[name]?.(second16, i);
    return (processorTime() - start) / REPEATS;
  }),
  { rounds: ROUNDS, warm: 3 },
);
const results = names.map((name, index) => ({ name, milliseconds: median(times[index] ?? []) }));
if (values.json) console.log(JSON.stringify(results));
else for (const { name, milliseconds } of results) console.log(`${milliseconds.toFixed(2)} ms  ${name}`);
// The promise is of features; the others stand beside them.
process.exitCode = results.slice(0, 3).every(({ milliseconds }) => milliseconds <= ALLOWED) ? 0 : 1;
