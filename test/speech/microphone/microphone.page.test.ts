// A real audio context in Chromium, with a tone in place of a microphone.
import { describe, expect, it } from 'vitest';
import { frontEnd, hear, openMicrophone } from '../../../src/speech/index.ts';

describe('openMicrophone', () => {
  it('lets a tone through, at the rate that is asked for, and ends when it is closed', async () => {
    const context = new AudioContext();
    const tone = context.createOscillator();
    const out = context.createMediaStreamDestination();
    tone.frequency.value = 1000;
    tone.connect(out);
    tone.start();
    await context.resume();
    const { port, sampleRate, close } = await openMicrophone({ stream: out.stream });
    expect(sampleRate).toBeGreaterThan(8000);
    const front = frontEnd({ convention: 'kaldi', sampleRate: 8000 });
    const stream = front.stream();
    const frames: number[] = [];
    let heard = false;
    for await (const { samples } of hear(port, sampleRate, 8000)) {
      // The context may begin with silence.
      heard ||= samples.some((sample) => Math.abs(sample) > 0.5);
      if (heard) frames.push(...stream.push(samples));
      if (frames.length >= 30 * front.size) await close();
    }
    const last = frames.slice(-front.size);
    const mel = (hertz: number) => 1127 * Math.log(1 + hertz / 700);
    const place = (24 * (mel(1000) - mel(20))) / (mel(4000) - mel(20)) - 1;
    expect(Math.abs(last.indexOf(Math.max(...last)) - place)).toBeLessThan(1);
    await context.close();
  });

  it('hears what the browser calls its microphone', async () => {
    const { port, sampleRate, close } = await openMicrophone({ piece: 0.05 });
    let loudest = 0;
    let seconds = 0;
    for await (const { samples } of hear(port, sampleRate, 16_000)) {
      seconds += samples.length / 16_000;
      loudest = samples.reduce((max, sample) => Math.max(max, Math.abs(sample)), loudest);
      // Chromium's beeps twice a second.
      if (loudest > 0.1) await close();
    }
    expect(seconds).toBeGreaterThan(0.04);
    expect(loudest).toBeGreaterThan(0.1);
  });
});
