// Gives the event loop a turn, so that a page stays responsive and signals and messages arrive during training.

/** Resolves in a later turn of the event loop: after input, timers and, in a page, painting had their chance. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve);
      return;
    }
    // setTimeout is held back to 4 ms when nested; a message is not. Workers of Cloudflare before 2025-08-15 and jsdom have none.
    if (typeof MessageChannel !== 'function') {
      setTimeout(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Milliseconds of work between two turns of the event loop: less than a frame at 60 per second. */
const SLICE = 12;

/** Tells when it is time to yield. */
export class TimeSlice {
  readonly #milliseconds: number;
  #start = performance.now();

  constructor(milliseconds = SLICE) {
    this.#milliseconds = milliseconds;
  }

  /** Yields when the slice is used up. */
  async rest(): Promise<void> {
    if (performance.now() - this.#start < this.#milliseconds) return;
    await yieldToEventLoop();
    this.#start = performance.now();
  }
}
