// Sounds for the bit fixture, and features of them by all that makes and varies features.
import type { LabelBatch } from '../../../src/index.ts';
import { frontEnd, resample, varied } from '../../../src/speech/index.ts';

/** Two batches of four sounds, as a front end hears them after all that may be done to sounds, and what they say. */
export function heard(convention: 'kaldi' | 'librosa'): LabelBatch[] {
  const after = { sampleRate: 8000, mels: 9, warp: 1.1, normalize: 'running', deltas: 2 } as const;
  const front =
    convention === 'kaldi'
      ? frontEnd({ convention, output: 'mfcc', coefficients: 7, ...after })
      : frontEnd({ convention, fftSize: 256, output: 'mfcc', coefficients: 7, lifter: 22, topDb: 40, ...after });
  const vary = varied(front, {
    speed: [0.9, 1.1],
    warp: [0.9, 1.1],
    gain: [-3, 3],
    echo: { decay: 0.2 },
    noise: { ratio: 20 },
    masks: { steps: 1, features: 1 },
  });
  return [0, 1].map((batch) => {
    const labels = [0, 1, 2, 3].map((row) => Int32Array.of(1 + row, 1 + ((row + batch) % 4)));
    const sequences = labels.map((said, row) => vary(resample(spoken(said), 11_025, 8000), 4 * batch + row));
    const lengths = Int32Array.from(sequences, ({ length }) => length / front.size);
    const steps = Math.max(...lengths);
    const inputs = new Float32Array(steps * 4 * front.size);
    for (const [row, sequence] of sequences.entries()) {
      for (const [i, value] of sequence.entries()) {
        inputs[(Math.floor(i / front.size) * 4 + row) * front.size + (i % front.size)] = value;
      }
    }
    return { steps, rows: 4, inputs, lengths, targets: labels };
  });
}

/** Teeth of a saw, of another height for each label, in integer arithmetic and divisions. */
function spoken(labels: Int32Array): Float32Array {
  const [length, silence] = [2000, 600];
  const samples = new Float32Array(labels.length * (length + silence));
  for (const [place, label] of labels.entries()) {
    for (let i = 0; i < length; i++) {
      const noise = (Math.imul(i + 1, 2654435761) >>> 16) / 65_536 - 0.5;
      samples[place * (length + silence) + silence + i] =
        ((i % (17 + 12 * label)) / (17 + 12 * label) - 0.5) / 2 + noise / 16;
    }
  }
  return samples;
}
