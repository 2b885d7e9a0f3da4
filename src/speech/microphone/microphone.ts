// A microphone in a page: opened here, heard wherever its port is sent.
import { show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { checkFields, number, type Options, optional, such, withDefault } from '../../base/fields.ts';
import type { SoundPort } from './hear.ts';
import { PROCESSOR, WORKLET } from './worklet.ts';

/** A MediaStream, whose types only pages have. */
export interface SoundSource {
  /** Its tracks with sound: at least one is needed. */
  getAudioTracks(): readonly object[];
}

/** A MessagePort, where its type is known. */
export type PagePort = typeof globalThis extends { MessagePort: { readonly prototype: infer Port } }
  ? Port & SoundPort
  : SoundPort;

const fields = {
  /** Where sound comes from. Default: the microphone, for which the browser asks the user. */
  stream: optional(such<SoundSource>('a MediaStream', (value) => typeof value.getAudioTracks === 'function')),
  /** Seconds of sound in a piece. Default 0.02. */
  piece: withDefault(number({ min: 0.003, max: 10 }), 0.02),
  /** Seconds of sound that may wait to be heard; what comes beyond is dropped, and counted. Default 2. */
  patience: withDefault(number({ exclusiveMin: 0, max: 600 }), 2),
};

/** Which sound `openMicrophone` gives, in pieces of which length, and how long they may wait. */
export interface MicrophoneOptions extends Options<typeof fields> {}

/** A microphone that is open. */
export interface Microphone {
  /** Where its sound comes out: for `hear`, here or, transferred, in a worker, so that nothing that the page does disturbs it. */
  readonly port: PagePort;
  /** Hz, as the device has them. */
  readonly sampleRate: number;
  /** Lets go of the device; whoever hears is at the end. */
  close(): Promise<void>;
}

/** What the browser's errors mean, and what helps. */
const reasons: Readonly<Record<string, string>> = {
  NotAllowedError:
    'permission to use it, got none; the user or the browser has denied it, which the page settings undo',
  SecurityError: 'permission to use it, got none; pages need https or localhost',
  NotFoundError: 'a device to record with, got none; one must be plugged in',
  NotReadableError: 'a device that is free, got one that another program uses or that does not answer',
};

/**
 * Opens a microphone at the device's own rate: Firefox refuses others, and `hear` resamples. Browsers let no sound through before the user has
 * done something, such as pressing a button.
 *
 * @example
 * const { port, sampleRate, close } = await openMicrophone();
 * worker.postMessage({ port, sampleRate }, [port]);
 *
 * @throws BpttError where there is no microphone, or the user has denied it, with what helps; for options that are wrong; `unsupported-engine`
 * where there are no audio worklets.
 */
export async function openMicrophone(options: MicrophoneOptions = {}): Promise<Microphone> {
  const { stream, piece, patience } = checkFields('openMicrophone', options, fields);
  if (typeof AudioContext !== 'function' || typeof AudioWorkletNode !== 'function') {
    throw new BpttError(
      'unsupported-engine',
      'openMicrophone: expected an engine with AudioWorklet, got one without; it is for pages',
    );
  }
  const heard = (stream as MediaStream | undefined) ?? (await askForMicrophone());
  const context = new AudioContext();
  const release = async () => {
    if (stream === undefined) for (const track of heard.getTracks()) track.stop();
    await context.close();
  };
  try {
    const url = URL.createObjectURL(new Blob([WORKLET], { type: 'text/javascript' }));
    await context.audioWorklet.addModule(url).finally(() => URL.revokeObjectURL(url));
    const samples = Math.max(1, Math.round(piece * context.sampleRate));
    const processorOptions = { piece: samples, most: Math.max(1, Math.ceil(patience / piece)) };
    const node = new AudioWorkletNode(context, PROCESSOR, { numberOfOutputs: 0, processorOptions });
    const { port1, port2 } = new MessageChannel();
    node.port.postMessage(port1, [port1]);
    // A device that is pulled out ends its track, and nothing else says so.
    for (const track of heard.getAudioTracks()) track.addEventListener('ended', () => node.port.postMessage('close'));
    context.createMediaStreamSource(heard).connect(node);
    // Not waited for: where the user has not done anything yet, sound comes when he has.
    void context.resume();
    const close = async () => {
      node.port.postMessage('close');
      await release();
    };
    return { port: port2 as PagePort, sampleRate: context.sampleRate, close };
  } catch (cause) {
    await release();
    throw cause;
  }
}

async function askForMicrophone(): Promise<MediaStream> {
  try {
    // Filters of the browser make other sound on each machine.
    const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (cause) {
    const { name, message } = Object(cause) as Partial<DOMException>;
    const expected = reasons[String(name)] ?? `a microphone, got ${show(message)}`;
    throw new BpttError('invalid-argument', `openMicrophone: expected ${expected}`, { cause });
  }
}
