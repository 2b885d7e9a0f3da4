// The worklet's code, on a processor of its own, and what hears it. A real microphone: microphone.page.test.ts, in Chromium.
import { describe, expect, it } from 'vitest';
import { hear, openMicrophone, resample } from '../../../src/speech/index.ts';
import { WORKLET } from '../../../src/speech/microphone/worklet.ts';
import { noise } from '../../support/sound.ts';

interface Processor {
  process(inputs: readonly (readonly Float32Array[])[]): boolean;
}

/** The worklet's processor as an audio context makes it, and what it is sent. */
function processorOf(piece: number, most: number) {
  let Registered!: new (options: object) => Processor;
  const { port1, port2 } = new MessageChannel();
  class AudioWorkletProcessor {
    readonly port = port1;
  }
  const register = (_: string, given: typeof Registered) => {
    Registered = given;
  };
  new Function('AudioWorkletProcessor', 'registerProcessor', WORKLET)(AudioWorkletProcessor, register);
  const processor = new Registered({ processorOptions: { piece, most } });
  const sound = new MessageChannel();
  port2.postMessage(sound.port1, [sound.port1]);
  const close = () => {
    port1.close();
    port2.close();
    sound.port2.close();
  };
  return { processor, send: (message: unknown) => port2.postMessage(message), port: sound.port2, close };
}

const turn = () => new Promise((resolve) => setTimeout(resolve));
/** Waits until the processor has its port: the first sound then comes through. */
const settled = async () => {
  for (let i = 0; i < 20; i++) await turn();
};

describe('hear', () => {
  it('gives all samples at the rate that is asked for, the mean of the channels', async () => {
    const { processor, send, port, close } = processorOf(320, 1000);
    await settled();
    const [left, right] = [noise(1, 6400), noise(2, 6400)];
    for (let at = 0; at < 6400; at += 128)
      processor.process([[left.subarray(at, at + 128), right.subarray(at, at + 128)]]);
    expect(processor.process([[]])).toBe(true); // nothing is plugged in
    send('close');
    const parts: number[] = [];
    for await (const { samples, dropped } of hear(port, 48_000, 16_000)) {
      parts.push(...samples);
      expect(dropped).toBe(0);
    }
    const both = left.map((sample, i) => (sample + right[i]!) / 2);
    expect(parts.length).toBeGreaterThan(2100);
    expect(Float32Array.from(parts)).toEqual(resample(both, 48_000, 16_000).subarray(0, parts.length));
    expect(processor.process([[left.subarray(0, 128)]])).toBe(false);
    close();
  });

  it('says how much was dropped while nobody took what was there', async () => {
    const { processor, send, port, close } = processorOf(128, 3);
    await settled();
    const sound = noise(1, 128);
    for (let i = 0; i < 10; i++) processor.process([[sound]]);
    const heard = hear(port, 12_800, 12_800);
    const dropped: number[] = [];
    for (let i = 0; i < 3; i++) dropped.push((await heard.next()).value!.dropped);
    // The third counts as taken when the next is asked for.
    const fourth = heard.next();
    await settled();
    processor.process([[sound]]);
    dropped.push((await fourth).value!.dropped);
    expect(dropped).toEqual([0, 0, 0, 0.07]);
    send('close');
    expect((await heard.next()).done).toBe(true);
    close();
  });

  it('refuses what is no port and rates that are none', async () => {
    await expect(hear({} as never, 48_000, 16_000).next()).rejects.toThrow(
      'hear(port): expected a MessagePort, got an object',
    );
    const { port1, port2 } = new MessageChannel();
    await expect(hear(port1, 0, 16_000).next()).rejects.toThrow('hear(from): expected an integer >= 1, got 0');
    port1.close();
    port2.close();
  });
});

describe('openMicrophone', () => {
  it('refuses options that are wrong, and engines without worklets', async () => {
    await expect(openMicrophone({ piece: 0 })).rejects.toThrow(
      'openMicrophone.piece: expected a finite number >= 0.003',
    );
    await expect(openMicrophone({ stream: {} as never })).rejects.toThrow(
      'openMicrophone.stream: expected a MediaStream',
    );
    if (typeof AudioContext === 'function') return;
    await expect(openMicrophone()).rejects.toThrow('expected an engine with AudioWorklet, got one without');
  });
});
