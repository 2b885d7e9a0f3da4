// The sound of a microphone that was opened, in pieces at another rate.
import { checkInteger, show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { resampler } from '../audio/resample.ts';

/** Sound, and what was lost before it. */
export interface Piece {
  /** At the rate that was asked for. */
  readonly samples: Float32Array<ArrayBuffer>;
  /** Seconds that were dropped before these samples because those before them were not taken in time: 0 where nothing is missing. */
  readonly dropped: number;
}

/** The part of a MessagePort that is used: the types of this package need neither those of the DOM nor those of Node. */
export interface SoundPort {
  /** Tells the microphone which sound was taken. */
  postMessage(message: unknown): void;
  /** Calls back for each message from the microphone. */
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  /** Ends that. */
  removeEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  /** Lets messages through that have been waiting. */
  start(): void;
}

/** What the worklet sends. */
type Message = 'end' | { readonly samples: Float32Array<ArrayBuffer>; readonly dropped: number };

/**
 * Pieces of sound as they come, until the microphone is closed or vanishes, at a rate. Whoever goes through them too slowly loses sound, and
 * is told how much: a stream of features is best begun anew then. Leaving the loop does not close the microphone.
 *
 * @param port That of `openMicrophone`.
 * @param from The rate of the device, in Hz.
 * @param to The rate that is wanted.
 *
 * @example
 * const stream = front.stream();
 * for await (const { samples, dropped } of hear(port, sampleRate, front.sampleRate)) {
 *   if (dropped > 0) console.warn(`${dropped.toFixed(2)} s were lost`);
 *   const frames = stream.push(samples);
 * }
 *
 * @throws BpttError for what is no port, and rates that are no whole numbers from 1.
 */
export async function* hear(port: SoundPort, from: number, to: number): AsyncGenerator<Piece, void, undefined> {
  if (typeof port?.postMessage !== 'function' || typeof port.start !== 'function') {
    throw new BpttError('invalid-argument', `hear(port): expected a MessagePort, got ${show(port)}`);
  }
  checkInteger('hear(from)', from, 1);
  const { push } = resampler(from, checkInteger('hear(to)', to, 1));
  const queue: Message[] = [];
  let wake = () => {};
  const take = ({ data }: { readonly data: unknown }) => {
    queue.push(data as Message);
    wake();
  };
  port.addEventListener('message', take);
  port.start();
  try {
    for (;;) {
      const message = queue.shift();
      if (message === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      } else if (message === 'end') return;
      else {
        yield { samples: push(message.samples), dropped: message.dropped / from };
        // Only now: what is being worked on has been taken, and still waits.
        port.postMessage('taken');
      }
    }
  } finally {
    port.removeEventListener('message', take);
  }
}
