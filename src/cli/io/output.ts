// Standard output as the commands use it: a reader who goes away is not an error, and a slow one is waited for.
import { once } from 'node:events';

export class Output {
  readonly #stream: NodeJS.WriteStream;
  readonly #closed = new AbortController();
  #failure: Error | undefined;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') this.#failure ??= error;
      this.#closed.abort();
    });
  }

  /** Why nothing more can be written, when it is not that the reader has gone: a full disk, for example. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  get stream(): NodeJS.WriteStream {
    return this.#stream;
  }

  /** Whether somebody looks at a terminal, and not a file or another program reads. */
  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Aborts when the reader has gone, as `head` goes, or when writing failed. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  write(text: string): void {
    if (!this.closed.aborted) this.#stream.write(text);
  }

  line(text: string): void {
    this.write(`${text}\n`);
  }

  /** One JSON value a line. */
  json(value: unknown): void {
    this.line(JSON.stringify(value));
  }

  /** Resolves when what was written is on its way or the reader has gone, at the soonest in the next turn of the event loop. */
  async flushed(): Promise<void> {
    await new Promise(setImmediate);
    if (!this.#stream.writableNeedDrain || this.closed.aborted) return;
    try {
      await once(this.#stream, 'drain', { signal: this.closed });
    } catch {
      // The listener above has seen why.
    }
  }
}
